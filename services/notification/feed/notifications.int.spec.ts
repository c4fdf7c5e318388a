import type { Notification } from '#contracts';
import { Dynamo, newId } from '#platform';
import { startTestEnvironment, type TestEnvironment } from '#testing';
import { NotificationSweep } from './notification-sweep';
import { NotificationsRepository } from './notifications.repository';

let environment: TestEnvironment;
let dynamo: Dynamo;
let notifications: NotificationsRepository;
beforeAll(async () => {
  environment = await startTestEnvironment();
  dynamo = Dynamo.connect(environment.config());
  await dynamo.ensureTables();
  notifications = new NotificationsRepository(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await environment.stop();
});

const note = (overrides: Partial<Notification> = {}): Notification => ({
  id: newId(),
  type: 'media.failed',
  title: 't',
  body: 'b',
  mediaId: newId(),
  batchId: 'drop',
  retryable: true,
  read: false,
  createdAt: new Date().toISOString(),
  ...overrides,
});

async function told(count: number): Promise<{ userId: string; notes: Notification[] }> {
  const userId = newId();
  const notes = Array.from({ length: count }, () => note()).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  for (const each of notes) await notifications.create(userId, each);
  return { userId, notes };
}
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const idsOf = async (userId: string) => (await notifications.list(userId, 100)).items.map(({ id }) => id);

describe('NotificationsRepository', () => {
  it('tells what it was given, once, newest first', async () => {
    const { userId, notes } = await told(3);
    await notifications.create(userId, { ...notes[0]!, title: 'a repeat' });
    expect((await notifications.list(userId, 100)).items).toEqual(notes);
    expect(await notifications.unread(userId)).toBe(3);
  });

  it('marks many read, or clears many, and leaves the others and those of other users alone', async () => {
    const { userId, notes } = await told(40);
    const other = await told(1);
    const [first, ...rest] = notes.map(({ id }) => id);
    await notifications.markManyRead(userId, [...rest, other.notes[0]!.id, 'nothing']);
    expect(await notifications.unread(userId)).toBe(1);
    await notifications.clearMany(userId, [...rest, other.notes[0]!.id, 'nothing']);
    expect(await idsOf(userId)).toEqual([first]);
    expect(await notifications.unread(other.userId)).toBe(1);
  });

  it('clears all that were there when somebody looked, and nothing newer', async () => {
    const { userId, notes } = await told(4);
    await notifications.clearAll(userId, notes[1]!.id);
    expect(await idsOf(userId)).toEqual([notes[0]!.id]);
    await notifications.create(userId, notes[3]!);
    await notifications.clearAll(userId);
    expect(await idsOf(userId)).toEqual([]);
  });

  it('forgets what was cleared for good after 30 days, by the daily sweep', async () => {
    const { userId, notes } = await told(2);
    await notifications.clear(userId, notes[0]!.id);
    const sweep = new NotificationSweep(null as never, dynamo);
    await sweep.sweepAll(inDays(29));
    expect(await notifications.count(userId)).toBe(2);
    await sweep.sweepAll(inDays(31));
    expect(await notifications.count(userId)).toBe(1);
    expect(await idsOf(userId)).toEqual([notes[1]!.id]);
  });
});
