import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#config';
import { SandboxPool } from './sandbox-pool';

describe('SandboxPool', () => {
  it('runs exclusive work before work that was queued later, and with no other work', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandboxes-'));
    const pool = new SandboxPool(loadConfig({ DATA_DIR: dir, WORKER_CONCURRENCY: '2' }));
    const order: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = gates.map((gate) => pool.use(false, () => gate.promise));
    const exclusive = pool.use(true, async () => void order.push('exclusive'));
    const later = [1, 2, 3].map((at) => pool.use(false, async () => void order.push(`later ${at}`)));
    gates[0]!.resolve();
    await first[0];
    expect(pool.isExclusive).toBe(true); // no picture is to be taken beside it
    expect(order).toEqual([]); // one sandbox is free, but reserved for the exclusive work
    gates[1]!.resolve();
    await Promise.all([...first, exclusive, ...later]);
    expect(pool.isExclusive).toBe(false);
    expect(order).toEqual(['exclusive', 'later 1', 'later 2', 'later 3']);
    await pool.beforeApplicationShutdown();
    await rm(dir, { recursive: true, force: true });
  });
});
