import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#config';
import { SandboxPool } from './sandbox-pool';

describe('Sandboxes', () => {
  it('let who has to be alone go before those who came later, and alone', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandboxes-'));
    const sandboxes = new SandboxPool(loadConfig({ DATA_DIR: dir, WORKER_CONCURRENCY: '2' }));
    const order: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = gates.map((gate) => sandboxes.use(false, () => gate.promise));
    const alone = sandboxes.use(true, async () => void order.push('alone'));
    const later = [1, 2, 3].map((at) => sandboxes.use(false, async () => void order.push(`later ${at}`)));
    gates[0]!.resolve();
    await first[0];
    expect(order).toEqual([]); // one is free, and kept for it
    gates[1]!.resolve();
    await Promise.all([...first, alone, ...later]);
    expect(order).toEqual(['alone', 'later 1', 'later 2', 'later 3']);
    await sandboxes.beforeApplicationShutdown();
    await rm(dir, { recursive: true, force: true });
  });
});
