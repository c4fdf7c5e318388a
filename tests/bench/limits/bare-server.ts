import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server in a process of its own that does nothing but store bodies: the limit of an upload. */
export interface BareServer {
  url: string;
  /** Removes what it has stored. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBareServer(): Promise<BareServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const child = fork(join(__dirname, 'bare-server.child.ts'), [folder], {
    execArgv: ['--require', join(__dirname, '../../../libs/testing/run-typescript.cjs')],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}/`,
    clear: async () => {
      await rm(folder, { recursive: true });
      await mkdir(folder);
    },
    stop: async () => {
      child.kill();
      await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}
