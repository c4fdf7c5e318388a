import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { Redis } from 'ioredis';
import { childEnv, runningInstallation, type RunningInstallation } from '#config';
import { eventually, freePort } from '#testing';
import { cpuByRole, usageByRole } from './process-usage';

const START_MS = 60_000;

/** Measured values by name: memory and descriptors by role, keys of Redis, files and bytes by folder. */
export type Sample = Record<string, number>;

/** The product as `npm start` runs it, with its own Redis and emulator, in a data folder of its own. */
export class Product {
  private constructor(
    private readonly supervisor: ChildProcess,
    private readonly dataDir: string,
    readonly installation: RunningInstallation,
    private readonly redis: Redis,
  ) {}

  /** Starts the build in `dist/`. @param settings environment variables */
  static async start(settings: Record<string, string> = {}): Promise<Product> {
    const dataDir = await mkdtemp(join(tmpdir(), 'soak-'));
    const main = join(__dirname, '..', '..', 'dist', 'deploy', 'local', 'supervisor.js');
    const ports = { PORT: String(await freePort()), OPS_PORT: String(await freePort()) };
    const env = childEnv({ DATA_DIR: dataDir, ...ports, ...settings });
    const supervisor = spawn(process.execPath, [main], { env, stdio: 'inherit' });
    const installation = await eventually(
      () => Promise.resolve(runningInstallation(dataDir)),
      (found) => found !== null,
      START_MS,
    );
    return new Product(supervisor, dataDir, installation!, new Redis(installation!.redisUrl!));
  }

  get url(): string {
    return this.installation.url;
  }

  async sample(): Promise<Sample> {
    const sample: Sample = { 'redis keys': await this.redis.dbsize() };
    for (const [role, { pssMib, descriptors }] of await usageByRole(this.supervisor.pid!)) {
      sample[`${role} MiB`] = pssMib;
      sample[`${role} descriptors`] = descriptors;
    }
    for (const [folder, { files, bytes }] of await this.folders()) {
      sample[`${folder} files`] = files;
      sample[`${folder} MiB`] = bytes / 1024 ** 2;
    }
    return sample;
  }

  /** CPU seconds by role since the start. */
  cpuSeconds(): Promise<Map<string, number>> {
    return cpuByRole(this.supervisor.pid!);
  }

  /** Proportional set size of all processes, in MiB. */
  async memoryMib(): Promise<number> {
    const usage = await usageByRole(this.supervisor.pid!);
    return [...usage.values()].reduce((sum, { pssMib }) => sum + pssMib, 0);
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    const ended = once(this.supervisor, 'exit');
    this.supervisor.kill('SIGTERM');
    await ended;
    await rm(this.dataDir, { recursive: true });
  }

  private async folders(): Promise<Map<string, { files: number; bytes: number }>> {
    const sums = new Map<string, { files: number; bytes: number }>();
    for (const path of await filesIn(this.dataDir)) {
      const found = await stat(path).catch(() => null);
      if (!found) continue;
      const folder = `DATA_DIR/${relative(this.dataDir, path).split(sep)[0]}`;
      const sum = sums.get(folder) ?? { files: 0, bytes: 0 };
      sums.set(folder, { files: sum.files + 1, bytes: sum.bytes + found.size });
    }
    return sums;
  }
}

/** Not `readdir(…, { recursive })`: that fails when a folder is erased meanwhile. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.map((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)])),
  );
  return nested.flat();
}
