import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(__dirname, '../../../..');

/** Runs the check with both settings; prints the refusal and the metrics. */
const script = `
  const { loadConfig } = require('./libs/config/index.ts');
  const { RestraintCheck } = require('./services/worker/sandbox/index.ts');
  const { register } = require('prom-client');
  const check = (SANDBOX) => new RestraintCheck(loadConfig({ ...process.env, SANDBOX })).onModuleInit();
  (async () => {
    const refusal = await check('required').then(() => 'started', ({ message }) => message);
    await check('auto');
    await new Promise(setImmediate);
    console.log(JSON.stringify({ refusal, metrics: await register.metrics() }));
  })();`;

it('the probe of the restraints ends when its worker was killed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'probe-'));
  const loader = ['--require', join(root, 'libs/testing/run-typescript.cjs')];
  const probe = spawn(process.execPath, [...loader, join(__dirname, 'probe.child.ts'), join(dir, 'secret'), dir]);
  probe.stdin.end(); // as the pipe from a worker that has ended
  const [code] = (await once(probe, 'exit')) as [number];
  await rm(dir, { recursive: true });
  expect(code).toBe(1);
});

it('a worker without perl, setpriv and unshare reports both and refuses to start when they are required', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'unrestrained-'));
  for (const program of ['sh', 'true']) await symlink('/bin/sh', join(dir, program));
  for (const program of ['ffmpeg', 'ffprobe']) {
    await writeFile(join(dir, program), '#!/bin/sh\n');
    await chmod(join(dir, program), 0o700);
  }
  const { stdout } = await run(process.execPath, ['--require', join(root, 'libs/testing/run-nest.cjs'), '-e', script], {
    cwd: root,
    env: { ...process.env, PATH: dir, DATA_DIR: dir },
  });
  await rm(dir, { recursive: true });
  expect(stdout).toMatch(/WARN.*restraints/s);
  const { refusal, metrics } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { refusal: string; metrics: string };
  expect(refusal).toMatch(/^SANDBOX=required, but .*\(network, privileges, files\): .*setpriv/);
  for (const restraint of ['network', 'privileges', 'files'])
    expect(metrics).toContain(`snapstream_sandbox_restraint{restraint="${restraint}"} 0`);
});
