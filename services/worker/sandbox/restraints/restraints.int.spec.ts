import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultLimits } from '../limits';
import { makeToolbox, type Toolbox } from '../toolbox';

const run = promisify(execFile);

/** What code that took over the analysis process would try. Prints the result of each attempt. */
const attacks = `
  const fs = require('node:fs');
  const net = require('node:net');
  const { execFileSync } = require('node:child_process');
  const [dataDir, input, output, port, socket] = process.argv.slice(1);
  const results = {};
  const attempt = (name, act) => {
    try { act(); results[name] = 'done'; } catch (error) { results[name] = error.code ?? error.message; }
  };
  attempt('read a secret', () => fs.readFileSync(dataDir + '/session-secret'));
  attempt('list the data folder', () => fs.readdirSync(dataDir));
  attempt('read /etc/passwd', () => fs.readFileSync('/etc/passwd'));
  attempt('read the environment of its parent', () => fs.readFileSync('/proc/' + process.ppid + '/environ'));
  attempt('read the memory of its parent', () => fs.openSync('/proc/' + process.ppid + '/mem'));
  attempt('signal its parent', () => process.kill(process.ppid, 'SIGCONT'));
  attempt('write to the data folder', () => fs.writeFileSync(dataDir + '/new', ''));
  attempt('write to its input', () => fs.appendFileSync(input + '/original', 'x'));
  attempt('replace its tools', () => fs.writeFileSync(input + '/../ffmpeg', ''));
  attempt('link to a secret', () => fs.symlinkSync(dataDir + '/session-secret', output + '/thumbnail.webp'));
  attempt('run a program it wrote', () => {
    fs.writeFileSync(output + '/program', '#!/bin/sh\\n', { mode: 0o700 });
    execFileSync(output + '/program');
  });
  attempt('regain privileges', () => {
    const status = fs.readFileSync('/proc/self/status', 'latin1');
    if (/^NoNewPrivs:\\s*1$/m.test(status) && /^CapEff:\\s*0+$/m.test(status) && /^CapPrm:\\s*0+$/m.test(status))
      throw new Error('none');
  });
  attempt('do its work', () => {
    fs.writeFileSync(output + '/result', fs.readFileSync(input + '/original'));
    fs.rmSync(output + '/result');
  });
  const connect = (name, target) => new Promise((resolve) => {
    const connection = net.connect(target);
    connection.once('connect', () => resolve(results[name] = 'done', connection.destroy()));
    connection.once('error', (error) => resolve(results[name] = error.code));
  });
  (async () => {
    await connect('connect by TCP', { port, host: '127.0.0.1' });
    await connect('connect by a Unix socket', { path: socket });
    console.log(JSON.stringify(results));
  })();`;

describe('the restraints of the analysis process', () => {
  let dataDir: string;
  let toolbox: Toolbox;
  const byTcp = createServer((connection) => void connection.destroy());
  const bySocket = createServer((connection) => void connection.destroy());

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'restraints-'));
    await writeFile(join(dataDir, 'session-secret'), 'secret');
    await mkdir(join(dataDir, 'work'));
    toolbox = await makeToolbox(defaultLimits, join(dataDir, 'work'));
    await Promise.all([
      once(byTcp.listen(0, '127.0.0.1'), 'listening'),
      once(bySocket.listen(join(dataDir, 'socket')), 'listening'),
    ]);
  });
  afterAll(async () => {
    byTcp.close();
    bySocket.close();
    await toolbox.erase();
    await rm(dataDir, { recursive: true });
  });

  it('leave code inside it nothing but its job', async () => {
    const stored = join(dataDir, 'stored');
    await writeFile(stored, 'original bytes');
    await link(stored, join(toolbox.input, 'original'));
    const { port } = byTcp.address() as { port: number };
    const targets = [dataDir, toolbox.input, toolbox.output, String(port), join(dataDir, 'socket')];
    const { stdout } = await run(toolbox.node, ['-e', attacks, ...targets], { cwd: '/', env: {} });
    expect(JSON.parse(stdout)).toEqual({
      'read a secret': 'EACCES',
      'list the data folder': 'EACCES',
      'read /etc/passwd': 'EACCES',
      'read the environment of its parent': 'EACCES',
      'read the memory of its parent': 'EACCES',
      'signal its parent': 'EPERM',
      'write to the data folder': 'EACCES',
      'write to its input': 'EACCES',
      'replace its tools': 'EACCES',
      'link to a secret': 'EACCES',
      'run a program it wrote': 'EACCES',
      'regain privileges': 'none',
      'do its work': 'done',
      'connect by TCP': 'EPERM',
      'connect by a Unix socket': 'EPERM',
    });
    expect(await readFile(stored, 'utf8')).toBe('original bytes');
  });
});
