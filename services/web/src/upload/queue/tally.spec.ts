import type { Media } from '#contracts';
import { UploadQueue } from './queue';
import { sectionsOf } from './sections';

const medium = (id: string, status: Media['status'] = 'completed', message?: string): Media =>
  ({
    id,
    status,
    round: 1,
    progress: 0,
    updatedAt: '2026-11-22T12:00:00.000Z',
    ...(message && { failure: { message, retryable: false } }),
  }) as Media;

function queueOf(sizes: Record<string, number>, batchId = 'b'): UploadQueue {
  const queue = new UploadQueue({ parallel: 3, changed: () => undefined });
  queue.add(Object.entries(sizes).map(([id, sizeBytes]) => ({ id, batchId, name: `${id}.jpg`, sizeBytes })));
  for (const { id } of queue.all) queue.admit(id);
  queue.startNext(0);
  return queue;
}

test('bytes that were sent stay in the sum, and what will not be sent leaves it', () => {
  const queue = queueOf({ a: 100, b: 200, c: 300, d: 400 });
  queue.sent('a', medium('m1'));
  queue.progress('b', 50, 10);
  queue.holdDuplicate('c', medium('m0'));
  expect(queue.tally.batch('b')).toMatchObject({
    files: 4,
    open: 2,
    ready: 1,
    duplicates: 1,
    bytes: 700,
    sentBytes: 150,
  });
  queue.refuse('d', 'too large');
  expect(queue.tally.batch('b')).toMatchObject({ files: 4, open: 1, failed: 1, bytes: 300, sentBytes: 150 });
});

test('clearing what is ready does not set a batch back', () => {
  const queue = queueOf({ a: 100, b: 200 });
  queue.sent('a', medium('m1'));
  queue.remove('a');
  expect(queue.tally.batch('b')).toMatchObject({ files: 2, open: 1, ready: 0, bytes: 300, sentBytes: 100 });
  queue.remove('b');
  expect(queue.tally.all).toMatchObject({ files: 0, bytes: 0 });
});

test('a batch that is over does not count in the progress of the next one', () => {
  const queue = queueOf({ a: 100 });
  queue.sent('a', medium('m1'));
  expect(queue.tally.current).toMatchObject({ files: 1, ready: 1 });
  queue.add([{ id: 'z', batchId: 'next', name: 'z.jpg', sizeBytes: 7 }]);
  expect(queue.tally.current).toMatchObject({ files: 1, open: 1, bytes: 7, sentBytes: 0 });
  expect(queue.tally.all).toMatchObject({ files: 2, bytes: 107, admittedBytes: 0 });
});

test('lists what moves first, what failed for one reason together, and what is ready last', () => {
  const queue = queueOf({ ready: 1, sends: 1, works: 1, waits: 1, text: 1, letter: 1, broken: 1 });
  queue.sent('ready', medium('m1'));
  queue.sent('works', medium('m2', 'processing'));
  queue.refuse('text', 'not supported');
  queue.refuse('letter', 'not supported');
  queue.sent('broken', medium('m3', 'failed', 'damaged'));
  const listed = sectionsOf(queue.all).map(({ reason, uploads }) => [reason, ...uploads.map(({ id }) => id)]);
  expect(listed).toEqual([
    [null, 'sends'],
    [null, 'works'],
    ['not supported', 'text', 'letter'],
    ['damaged', 'broken'],
    [null, 'waits'],
    [null, 'ready'],
  ]);
});
