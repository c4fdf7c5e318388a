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

test('keeps sent bytes in the sum, and drops bytes that will not be sent', () => {
  const queue = queueOf({ a: 100, b: 200, c: 300, d: 400 });
  queue.markSent('a', medium('m1'));
  queue.updateProgress('b', 50, 10);
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

test('clearing ready files does not reduce the progress of a batch', () => {
  const queue = queueOf({ a: 100, b: 200 });
  queue.markSent('a', medium('m1'));
  queue.remove('a');
  expect(queue.tally.batch('b')).toMatchObject({ files: 2, open: 1, ready: 0, bytes: 300, sentBytes: 100 });
  queue.remove('b');
  expect(queue.tally.all).toMatchObject({ files: 0, bytes: 0 });
});

test('a finished batch does not count in the progress of the next one', () => {
  const queue = queueOf({ a: 100 });
  queue.markSent('a', medium('m1'));
  expect(queue.tally.current).toMatchObject({ files: 1, ready: 1 });
  queue.add([{ id: 'z', batchId: 'next', name: 'z.jpg', sizeBytes: 7 }]);
  expect(queue.tally.current).toMatchObject({ files: 1, open: 1, bytes: 7, sentBytes: 0 });
  expect(queue.tally.all).toMatchObject({ files: 2, bytes: 107, admittedBytes: 0 });
});

test('lists active files first, failed ones by reason, and ready ones last', () => {
  const queue = queueOf({ ready: 1, sends: 1, works: 1, waits: 1, text: 1, letter: 1, broken: 1 });
  queue.markSent('ready', medium('m1'));
  queue.markSent('works', medium('m2', 'processing'));
  queue.refuse('text', 'not supported');
  queue.refuse('letter', 'not supported');
  queue.markSent('broken', medium('m3', 'failed', 'damaged'));
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
