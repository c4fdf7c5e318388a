import { setTimeout as sleep } from 'node:timers/promises';
import type { User } from '#contracts';
import type { Rig } from './rig';
import type { Scenario } from './scenario';

interface ReceiptRow {
  counts: { media: Record<string, number>; notification: Record<string, number> };
}

const FILES = 5;

/**
 * Finds rows and files that a deleted account left behind. The quota row, which rejects late uploads, is deleted a day
 * later and does not count.
 */
async function findRemains(rig: Rig, userId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { userId: owner, id } of rig.table.scan<{ userId: string; id: string }>('media')) {
    if (owner.split('#', 1)[0] === userId && id !== 'quota')
      found.push(`the row ${owner}/${id} of a deleted account is there`);
  }
  for await (const { userId: owner, id } of rig.table.scan<{ userId: string; id: string }>('notifications'))
    if (owner === userId) found.push(`the notification ${id} of a deleted account is there`);
  for await (const { pk } of rig.table.scan<{ pk: string }>('users'))
    if (pk === `user#${userId}`) found.push(`the account ${pk} is there`);
  for (const root of ['originals', 'resumable'])
    for await (const { key } of rig.storage.list(`${root}/${userId}/`))
      found.push(`${key} of a deleted account is there`);
  return found;
}

/** Kills the API and a worker while the account is being deleted. */
export const accountDeletion: Scenario = {
  name: 'account deletion, API and worker killed meanwhile',
  async run(rig, [trial]) {
    const { client, files, random } = trial!;
    const { id: userId } = await client.request<User>('GET', '/api/auth/me');
    await Promise.all(Array.from({ length: FILES }, async (_, at) => client.send(await files.some(at), 'keyed')));
    let startedAt = 0;
    await client.deleteAndRegisterAgain(async () => {
      await sleep(random() * 500);
      const [worker] = rig.workers;
      await Promise.all([rig.killApi(), rig.killWorker(worker!)]);
      startedAt = Date.now();
      await Promise.all([rig.startApi(), rig.startWorker()]);
    });
    const seconds = (Date.now() - startedAt) / 1_000;
    client.wrong.push(...(await findRemains(rig, userId)));
    const receipt = await rig.table.get<ReceiptRow>('users', { pk: `receipt#${userId}` });
    if (receipt?.counts.media.media !== FILES)
      client.wrong.push(`the receipt of ${userId} should count ${FILES} media: ${JSON.stringify(receipt)}`);
    return [seconds];
  },
};
