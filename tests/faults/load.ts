import { setTimeout as sleep } from 'node:timers/promises';
import type { Sent } from './client';
import { settle } from './oracle';
import type { Scenario, Trial } from './scenario';

/** All at the same moment: most as one POST, every tenth resumable, every tenth with an Idempotency-Key. */
export const parallelUploads = (count: number): Scenario => ({
  name: `${count} parallel uploads`,
  options: { workers: 2, bypassDynamoProxy: true },
  async run(rig, [trial]) {
    const { client, files } = trial!;
    const chosen = await Promise.all(Array.from({ length: count }, () => files.good()));
    const startedAt = Date.now();
    await Promise.all(
      chosen.map((file, at) => client.send(file, at % 10 === 0 ? 'resumable' : at % 10 === 1 ? 'keyed' : 'plain')),
    );
    await settle(rig, client, 60_000 + count * 200);
    return [(Date.now() - startedAt) / 1_000];
  },
});

const RACERS = 10;
const RACE_MS = 2_500;

/** Retries and deletes a medium at random moments; only the listed status codes are allowed, whatever the order. */
async function interfere({ client: { api, wrong }, random }: Trial, sent: Sent): Promise<void> {
  const act = async (method: string, path: string, allowed: readonly number[]) => {
    await sleep(random() * RACE_MS);
    const { status } = await api.call(method, path);
    if (!allowed.includes(status)) wrong.push(`${method} ${sent.filename} was answered with ${status}`);
    return status;
  };
  const path = `/api/media/${sent.id}`;
  const deletions = random() < 0.6 ? [1, 2] : [];
  const retries = [1, 2, 3].map(() => act('POST', `${path}/retry`, [202, 404, 409]));
  const deleted = await Promise.all(deletions.map(() => act('DELETE', path, [204, 404])));
  await Promise.all(retries);
  sent.isDeleted = deleted.includes(204);
  if (deletions.length > 0 && !sent.isDeleted)
    wrong.push(`two deletions of ${sent.filename} were answered with ${deleted.join(' and ')}`);
}

export const races: Scenario = {
  name: 'delete racing process racing retry',
  options: { workers: 2 },
  async run(rig, [trial]) {
    const { client, files } = trial!;
    const race = async (at: number) => {
      const sent = await client.send(await (at % 2 === 0 ? files.broken() : files.some(at)), 'plain');
      await interfere(trial!, sent);
    };
    await Promise.all(Array.from({ length: RACERS }, (_, at) => race(at)));
    const startedAt = Date.now();
    await settle(rig, client);
    return [(Date.now() - startedAt) / 1_000];
  },
};
