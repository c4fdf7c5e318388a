import type { Notification } from '#contracts';
import { groupNotes } from './note-groups';

let count = 0;
/** Returns a notification that is newer than the one before. */
function note(overrides: Partial<Notification> = {}): Notification {
  count += 1;
  const id = String(count).padStart(26, '0');
  return {
    id,
    type: 'media.completed',
    title: id,
    body: '',
    mediaId: `medium ${id}`,
    batchId: 'drop',
    retryable: false,
    read: false,
    createdAt: '2026-11-24T00:00:00.000Z',
    ...overrides,
  };
}
const none: ReadonlySet<string> = new Set();

describe('groupNotes', () => {
  it('groups the notifications of each drop, and no others', () => {
    const [first, other, second, welcome] = [
      note(),
      note({ batchId: null }),
      note(),
      note({ batchId: null, mediaId: null, type: 'account.welcome' }),
    ];
    const groups = groupNotes([first, other, second, welcome], none);
    expect(groups.map(({ key, notes }) => [key, notes.map(({ id }) => id)])).toEqual([
      [welcome.id, [welcome.id]],
      ['drop', [second.id, first.id]],
      [other.id, [other.id]],
    ]);
  });

  it('counts ready and failed media, and lists those that a retry may fix', () => {
    const broken = note({ type: 'media.failed' });
    const slow = note({ type: 'media.failed', retryable: true, read: true });
    const [group] = groupNotes([note(), broken, slow, note()], none);
    expect(group).toMatchObject({ ready: 2, failed: 2, moving: 0, retryable: [slow.mediaId] });
    expect(group?.latest.slice(0, 2)).toEqual([slow, broken]);
    expect(group?.unread).not.toContain(slow.id);
  });

  it('uses the newest notification of a medium, in any order of arrival', () => {
    const failed = note({ type: 'media.failed', retryable: true });
    const fixed = note({ mediaId: failed.mediaId });
    const [group] = groupNotes([fixed, note(), failed], none);
    expect(group).toMatchObject({ ready: 2, failed: 0, retryable: [] });
    expect(group?.notes).toHaveLength(3);
    expect(group?.latest).not.toContain(failed);
  });

  it('counts a medium that is being retried neither as failed nor as ready', () => {
    const failed = note({ type: 'media.failed', retryable: true });
    const [group] = groupNotes([note(), failed], new Set([failed.mediaId ?? '']));
    expect(group).toMatchObject({ ready: 1, failed: 0, moving: 1, retryable: [] });
  });
});
