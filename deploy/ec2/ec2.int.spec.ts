import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = __dirname;
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const units = globSync('*.service', { cwd: join(here, 'systemd') });

describe('the installation on one machine', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ec2-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const run = (script: string, ...args: string[]) =>
    spawnSync('sh', [join(here, script), ...args], { env: { ...process.env, ROOT: root }, encoding: 'utf8' });

  it('keeps releases beside each other, upgrades, and rolls back', () => {
    const source = join(root, 'checkout');
    for (const part of ['node_modules', 'dist', '.tools', 'deploy']) mkdirSync(join(source, part), { recursive: true });
    writeFileSync(join(source, 'package.json'), '{}');
    const current = () => readlinkSync(join(root, 'opt/snapstream/current'));
    for (const version of ['1', '2', '2']) expect(run('install.sh', source, version).stderr).toBe('');
    expect(current()).toBe('releases/2');
    expect(run('switch.sh', '1').status).toBe(0);
    expect(current()).toBe('releases/1');
    expect(run('switch.sh', '3').stderr).toBe('there is no release 3\n');
    expect(current()).toBe('releases/1');
    expect(statSync(join(root, 'etc/snapstream/environment')).mode & 0o777).toBe(0o600);
    for (const unit of units) expect(existsSync(join(root, 'etc/systemd/system', unit))).toBe(true);
  });

  it('configures nginx as in containers, with the services of this machine', () => {
    const folder = join(root, 'nginx');
    mkdirSync(folder);
    execFileSync('sh', [join(here, 'nginx.sh'), join(here, '../local/nginx'), folder]);
    const conf = readFileSync(join(folder, 'nginx.conf'), 'utf8');
    for (const name of ['auth', 'media', 'notification']) {
      const [, port] = /PORT=(\d+)/.exec(readFileSync(join(here, 'systemd', `snapstream-${name}.service`), 'utf8'))!;
      expect(conf).toContain(`set $${name} 127.0.0.1:${port};`);
    }
    expect(conf).not.toMatch(/resolver|:3000;/);
  });

  (hasSystemd ? it : it.skip)('has units that systemd accepts, with an exposure of at most 3', () => {
    const folder = join(root, 'units');
    cpSync(join(here, 'systemd'), folder, { recursive: true });
    for (const unit of units) {
      const path = join(folder, unit);
      const text = readFileSync(path, 'utf8').replaceAll(
        '/opt/snapstream/current/.tools/node/bin/node',
        process.execPath,
      );
      writeFileSync(path, text);
      const file = unit.replace('@', '@1');
      if (file !== unit) cpSync(path, join(folder, file));
      const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_LOG_LEVEL: 'warning' };
      const analyze = (...args: string[]) =>
        spawnSync('systemd-analyze', [...args, join(folder, file)], { env, encoding: 'utf8' });
      expect([
        unit,
        analyze('verify', '--man=no')
          .stderr.split('\n')
          .filter((line) => line.includes('snapstream')),
      ]).toEqual([unit, []]);
      const security = analyze('security', '--offline=true', '--threshold=30');
      expect([unit, security.status, security.stdout.split('\n').slice(-4)]).toEqual([unit, 0, expect.anything()]);
    }
  });
});
