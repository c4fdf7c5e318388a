import type { Media, MediaStatus } from '#contracts';
import { UploadQueue } from './queue';
import { isSettled, statusOf } from './upload';

const medium = (changes: Partial<Media> = {}): Media =>
  ({ id: 'm1', status: 'uploaded', round: 1, progress: 0, updatedAt: '2026-11-22T12:00:00.000Z', ...changes }) as Media;

const at = (status: MediaStatus, second: number, changes: Partial<Media> = {}) =>
  medium({ status, updatedAt: `2026-11-22T12:00:0${second}.000Z`, ...changes });

function queueWith(count: number, parallel = 3) {
  const changes: string[] = [];
  const queue = new UploadQueue({ parallel, changed: (id) => changes.push(id) });
  queue.add(
    Array.from({ length: count }, (_, index) => ({
      id: `u${index + 1}`,
      batchId: 'b',
      name: `f${index + 1}.jpg`,
      sizeBytes: 1000,
    })),
  );
  for (const { id } of queue.all) queue.admit(id);
  return { queue, changes };
}

const statuses = (queue: UploadQueue) => queue.all.map(statusOf);

test('sends at most three at once, in order', () => {
  const { queue } = queueWith(5);
  expect(queue.startNext(0).map(({ id }) => id)).toEqual(['u1', 'u2', 'u3']);
  expect(queue.startNext(0)).toEqual([]);
  queue.markSent('u2', medium());
  expect(queue.startNext(0).map(({ id }) => id)).toEqual(['u4']);
  expect(statuses(queue)).toEqual(['uploading', 'uploaded', 'uploading', 'uploading', 'waiting']);
});

test('settles a refused file with its reason and never sends it', () => {
  const { queue } = queueWith(1);
  queue.refuse('u1', 'not supported');
  expect(queue.startNext(0)).toEqual([]);
  expect(queue.get('u1')).toMatchObject({ state: 'refused', message: 'not supported' });
  expect(isSettled(queue.get('u1')!)).toBe(true);
});

test('sends only examined files, and shows all files of a drop before the first changes', () => {
  const counted: number[] = [];
  const queue: UploadQueue = new UploadQueue({ parallel: 3, changed: () => counted.push(queue.tally.all.files) });
  queue.add(['u1', 'u2'].map((id) => ({ id, batchId: 'b', name: id, sizeBytes: 1 })));
  expect(counted).toEqual([2, 2]);
  expect(queue.startNext(0)).toEqual([]);
  queue.admit('u2');
  expect(queue.startNext(0).map(({ id }) => id)).toEqual(['u2']);
});

test('does not resend a file that was paused, cancelled or removed while its connection was lost', () => {
  const { queue } = queueWith(3);
  queue.startNext(0);
  queue.pause('u1');
  queue.cancel('u2');
  queue.remove('u3');
  for (const id of ['u1', 'u2', 'u3']) expect(queue.interrupt(id, 'lost', 2)).toBe(false);
  expect(statuses(queue)).toEqual(['paused', 'cancelled']);
});

test('examines a file again that was lost in a reload and chosen again', () => {
  const { queue } = queueWith(0);
  queue.add([{ id: 'u1', batchId: 'b', name: 'a.jpg', sizeBytes: 3, state: 'missing' }]);
  queue.retry('u1');
  expect(isSettled(queue.get('u1')!)).toBe(true);
  queue.restoreMissing('u1');
  expect(queue.startNext(0)).toEqual([]);
  queue.admit('u1');
  expect(queue.startNext(0).map(({ id }) => id)).toEqual(['u1']);
});

test('resumes a paused file that was waiting', () => {
  const { queue } = queueWith(2, 1);
  queue.pause('u2');
  queue.retry('u2');
  expect(statuses(queue)).toEqual(['waiting', 'waiting']);
});

test('shows speed and time left while sending', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.updateProgress('u1', 0, 0);
  queue.updateProgress('u1', 250, 1000);
  expect(queue.get('u1')).toMatchObject({ loadedBytes: 250, bytesPerSecond: 250, secondsLeft: 3 });
});

test('measures the speed of a resumed upload from where it resumes', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.updateProgress('u1', 600, 10);
  queue.updateProgress('u1', 700, 1010);
  expect(queue.get('u1')).toMatchObject({ loadedBytes: 700, bytesPerSecond: 100, secondsLeft: 3 });
});

test('sends the next file in place of a paused one, which resumes with its bytes', () => {
  const { queue } = queueWith(2, 1);
  queue.startNext(0);
  queue.updateProgress('u1', 400, 10);
  queue.pause('u1');
  expect(queue.startNext(20).map(({ id }) => id)).toEqual(['u2']);
  expect(isSettled(queue.get('u1')!)).toBe(false);
  queue.retry('u1');
  expect(queue.get('u1')).toMatchObject({ state: 'waiting', loadedBytes: 400 });
});

test('a duplicate waits for the user, and ignores changes of the other medium', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.holdDuplicate('u1', medium());
  queue.applyMedia(at('completed', 5));
  expect(queue.get('u1')).toMatchObject({ state: 'duplicate', media: { status: 'uploaded' } });
  expect(isSettled(queue.get('u1')!)).toBe(true);
  queue.retry('u1');
  expect(queue.get('u1')).toMatchObject({ state: 'waiting', media: null });
});

test('retries a file without limit as long as each attempt makes progress', () => {
  const { queue } = queueWith(1);
  for (let round = 1; round <= 9; round += 1) {
    queue.startNext(round);
    queue.updateProgress('u1', round * 100, round);
    expect(queue.interrupt('u1', 'lost', 2)).toBe(true);
  }
});

test('never shows more bytes than the file has, in spite of multipart framing', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.updateProgress('u1', 1180, 1000);
  expect(queue.get('u1')?.loadedBytes).toBe(1000);
});

test('ignores progress after a cancel', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.cancel('u1');
  queue.updateProgress('u1', 500, 1000);
  expect(queue.get('u1')).toMatchObject({ state: 'cancelled', loadedBytes: 0 });
});

test('queues a file again after a lost connection, a bounded number of times', () => {
  const { queue } = queueWith(1);
  for (let round = 0; round < 2; round += 1) {
    queue.startNext(0);
    expect(queue.interrupt('u1', 'lost', 2)).toBe(true);
    expect(queue.get('u1')?.state).toBe('waiting');
  }
  expect(queue.interrupt('u1', 'lost', 2)).toBe(false);
  queue.fail('u1', 'lost for good');
  queue.retry('u1');
  expect(queue.get('u1')).toMatchObject({ state: 'waiting', interruptions: 0, message: null });
});

test('a stalled upload shows the reason and still counts as sending', () => {
  const { queue } = queueWith(2, 1);
  queue.startNext(0);
  queue.stall('u1', 'connection lost');
  expect(queue.get('u1')).toMatchObject({ state: 'sending', message: 'connection lost' });
  expect(queue.startNext(0)).toEqual([]);
});

test('does not retry a file that the server refused', () => {
  const { queue } = queueWith(1);
  queue.startNext(0);
  queue.refuse('u1', 'too large');
  queue.retry('u1');
  expect(queue.get('u1')).toMatchObject({ state: 'refused', message: 'too large' });
});

describe('after 100 %', () => {
  test('the row shows the processing of the medium', () => {
    const { queue } = queueWith(1);
    queue.startNext(0);
    queue.markSent('u1', at('uploaded', 0));
    queue.applyMedia(at('processing', 1, { progress: 40 }));
    expect(statuses(queue)).toEqual(['processing']);
    queue.applyMedia(at('completed', 2));
    expect(isSettled(queue.get('u1')!)).toBe(true);
  });

  test('applies an event that arrived before the response of the upload', () => {
    const { queue } = queueWith(1);
    queue.startNext(0);
    queue.applyMedia(at('completed', 1));
    queue.markSent('u1', at('uploaded', 0));
    expect(statuses(queue)).toEqual(['completed']);
  });

  test('a late event does not revert the status, a new round does', () => {
    const { queue } = queueWith(1);
    queue.startNext(0);
    queue.markSent('u1', at('failed', 2));
    queue.applyMedia(at('processing', 3));
    expect(statuses(queue)).toEqual(['failed']);
    queue.applyMedia(at('uploaded', 4, { round: 2 }));
    expect(statuses(queue)).toEqual(['uploaded']);
  });

  test('ignores events of other media', () => {
    const { queue, changes } = queueWith(1);
    changes.length = 0;
    queue.applyMedia(medium({ id: 'other' }));
    expect(changes).toEqual([]);
  });

  test('removes the row of a deleted medium, and a late event does not restore it', () => {
    const { queue } = queueWith(1);
    queue.startNext(0);
    queue.markSent('u1', at('processing', 1));
    queue.removeMedia('m1');
    queue.applyMedia(at('completed', 2));
    expect(statuses(queue)).toEqual([]);
  });
});

test('notifies the page once of a removed row', () => {
  const { queue, changes } = queueWith(1);
  changes.length = 0;
  queue.remove('u1');
  queue.remove('u1');
  expect(changes).toEqual(['u1']);
  expect(queue.all).toEqual([]);
});
