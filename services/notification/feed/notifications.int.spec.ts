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

const aNotification = (overrides: Partial<Notification> = {}): Notification => ({
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

/** Creates notifications of a new user. Returns them newest first. */
async function createNotifications(count: number): Promise<{ userId: string; created: Notification[] }> {
  const userId = newId();
  const created = Array.from({ length: count }, () => aNotification()).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  for (const notification of created) await notifications.create(userId, notification);
  return { userId, created };
}
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const idsOf = async (userId: string) => (await notifications.list(userId, 100)).items.map(({ id }) => id);

describe('NotificationsRepository', () => {
  it('lists each notification once, newest first', async () => {
    const { userId, created } = await createNotifications(3);
    await notifications.create(userId, { ...created[0]!, title: 'a repeat' });
    expect((await notifications.list(userId, 100)).items).toEqual(created);
    expect(await notifications.unread(userId)).toBe(3);
  });

  it('marks or clears many, but not the others nor those of other users', async () => {
    const { userId, created } = await createNotifications(40);
    const other = await createNotifications(1);
    const [first, ...rest] = created.map(({ id }) => id);
    await notifications.markManyRead(userId, [...rest, other.created[0]!.id, 'nothing']);
    expect(await notifications.unread(userId)).toBe(1);
    await notifications.clearMany(userId, [...rest, other.created[0]!.id, 'nothing']);
    expect(await idsOf(userId)).toEqual([first]);
    expect(await notifications.unread(other.userId)).toBe(1);
  });

  it('clears all up to a given id, and none that is newer', async () => {
    const { userId, created } = await createNotifications(4);
    await notifications.clearAll(userId, created[1]!.id);
    expect(await idsOf(userId)).toEqual([created[0]!.id]);
    await notifications.create(userId, created[3]!);
    await notifications.clearAll(userId);
    expect(await idsOf(userId)).toEqual([]);
  });

  it('erases cleared notifications after 30 days, in the daily sweep', async () => {
    const { userId, created } = await createNotifications(2);
    await notifications.clear(userId, created[0]!.id);
    const sweep = new NotificationSweep(null as never, dynamo);
    await sweep.sweepAll(inDays(29));
    expect(await notifications.count(userId)).toBe(2);
    await sweep.sweepAll(inDays(31));
    expect(await notifications.count(userId)).toBe(1);
    expect(await idsOf(userId)).toEqual([created[1]!.id]);
  });
});
