import { makePng, startStandalone, type Stack } from '#testing';
import type { Row } from '../report';
import { inParallel, newClient } from '../subject';

const CLIENTS = 8;
const TIMEOUT_MS = 120_000;

/** Many tiny pictures of one user wait when another uploads one: counts those that are processed before it. */
export async function fairness(count: number): Promise<Row[]> {
  const stack = await startStandalone({ workers: 0 });
  try {
    const [first, second] = [await newClient({ url: stack.baseUrl }), await newClient({ url: stack.baseUrl })];
    const picture = new Uint8Array(await makePng({ width: 16, height: 16 }));
    await inParallel(count, CLIENTS, (number) => first.upload(picture, { filename: `${number}.png` }));
    const { id } = await second.upload(picture, { filename: 'last.png' });
    await stack.processes!.startWorker();
    await second.waitUntilSettled(id, TIMEOUT_MS);
    const waited = await processedBefore(stack, id);
    return [
      {
        what: `${count} pictures of one user, then one of another: jobs before it`,
        product: String(waited),
        value: waited,
        goal: { atMost: 3 },
      },
    ];
  } finally {
    await stack.stop();
  }
}

async function processedBefore(stack: Stack, mediaId: string): Promise<number> {
  const started = (await stack.alerts!())
    .map(({ message }) => message)
    .filter(({ type }) => type === 'media.processing');
  const { occurredAt } = started.find((alert) => alert.mediaId === mediaId)!;
  return started.filter((alert) => alert.occurredAt < occurredAt).length;
}
