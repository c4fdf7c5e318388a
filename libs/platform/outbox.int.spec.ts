import { eventChannels, type Channel } from '#contracts';
import { startTestEnvironment, type TestEnvironment } from '#testing';
import { Dynamo } from './dynamodb/dynamo';
import { shardOf } from './dynamodb/tables';
import { DependencyUnavailableError } from './errors';
import { newId } from './ids';
import { Outbox, type OutboxFields, type PendingEvent } from './outbox';
import { JobQueue } from './queue/job-queue';

let environment: TestEnvironment;
let dynamo: Dynamo;
let queue: JobQueue;
let outbox: Outbox;

beforeAll(async () => {
  environment = await startTestEnvironment();
  const config = environment.config();
  dynamo = Dynamo.connect(config);
  await dynamo.ensureTables();
  queue = new JobQueue(config.redisUrl!, config.tablePrefix);
  outbox = new Outbox(dynamo, queue);
});
afterAll(async () => {
  await queue.close();
  dynamo.close();
  await environment.stop();
});

const LONG_AGO = '2026-01-01T00:00:00.000Z';
const makeEvent = (type: PendingEvent['type']): PendingEvent => ({ id: newId(), type, occurredAt: LONG_AGO });
const pendingOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}`, makeEvent('media.failed')]));

/** Creates an item with events in its outbox, as a status write does. */
async function putWithEvents(...events: PendingEvent[]) {
  const key = { userId: newId(), id: newId() };
  const [first, ...more] = events as [PendingEvent, ...PendingEvent[]];
  await dynamo.put('media', { ...key, ...Outbox.firstEvent(key.id, first) });
  for (const event of more) await dynamo.update('media', key, { set: Outbox.addEvent(key.id, event) });
  const source = { table: 'media' as const, key };
  const confirm = (event: PendingEvent, channel: Channel) => outbox.confirm(source, event, channel);
  const confirmAllBut = async (event: PendingEvent, left: Channel) => {
    for (const channel of eventChannels[event.type]) if (channel !== left) await confirm(event, channel);
  };
  return { key, source, confirm, confirmAllBut, row: () => dynamo.get<OutboxFields>('media', key) };
}

describe('Outbox', () => {
  it('keeps an event until each of its channels has confirmed it', async () => {
    const event = makeEvent('media.completed');
    const { source, confirm, confirmAllBut, row } = await putWithEvents(event);
    expect((await outbox.read(source, event.id))!.open.toSorted()).toEqual(
      [...eventChannels['media.completed']].toSorted(),
    );
    await confirmAllBut(event, 'inApp');
    expect((await outbox.read(source, event.id))!.open).toEqual(['inApp']);
    expect(await row()).toHaveProperty('outboxShard');
    await confirm(event, 'inApp');
    expect(await outbox.read(source, event.id)).toBeNull();
    expect(await row()).not.toHaveProperty('outboxShard');
  });

  it('keeps the index key while another event of the item is unconfirmed', async () => {
    const [one, other] = [makeEvent('media.deleted'), makeEvent('media.deleted')];
    const { source, confirm, row } = await putWithEvents(one, other);
    await confirm(one, 'inApp');
    expect(Object.keys((await row())!.pending)).toEqual([other.id]);
    expect(await row()).toHaveProperty('outboxShard');
    await confirm(other, 'inApp');
    expect(await row()).toMatchObject({ pending: {} });
    expect(await row()).not.toHaveProperty('outboxShard');
    expect(await outbox.read(source, other.id)).toBeNull();
  });

  it('removes the entry when all channels confirm at the same time and when one confirms twice', async () => {
    const event = makeEvent('media.failed');
    const { source, row } = await putWithEvents(event);
    const { open } = (await outbox.read(source, event.id))!;
    await Promise.all([...open, ...open].map((channel) => outbox.confirm(source, event, channel)));
    expect(await row()).toMatchObject({ pending: {} });
    expect(await row()).not.toHaveProperty('outboxShard');
  });

  it('resends only to channels that have not confirmed, and deduplicates waiting jobs', async () => {
    const event = makeEvent('media.processing');
    const { confirm, confirmAllBut } = await putWithEvents(event);
    await confirmAllBut(event, 'alerts');
    const before = await Promise.all([queue.counts('events'), queue.counts('alerts')]);
    for (const _ of [1, 2]) expect(await outbox.resend('media', ['userId', 'id'], 0)).toBe(1);
    const after = await Promise.all([queue.counts('events'), queue.counts('alerts')]);
    expect(after.map(({ waiting }, at) => waiting - before[at]!.waiting)).toEqual([0, 1]);
    await confirm(event, 'alerts');
  });

  it('completes a confirmation that a killed consumer left unfinished', async () => {
    const event = makeEvent('media.uploaded');
    const { key, row } = await putWithEvents(event);
    await dynamo.update('media', key, { set: [[['pending', event.id, 'channels'], {}]] });
    await outbox.resend('media', ['userId', 'id'], 0);
    expect(await row()).toMatchObject({ pending: {} });
    await dynamo.update('media', key, {
      set: [
        ['outboxShard', shardOf(key.id)],
        ['outboxAt', LONG_AGO],
      ],
    });
    await outbox.resend('media', ['userId', 'id'], 0);
    expect(await row()).not.toHaveProperty('outboxShard');
  });

  it('treats an entry written by a version without channels as unconfirmed by every channel', async () => {
    const event = makeEvent('media.completed');
    const { key, source, confirm, confirmAllBut } = await putWithEvents(event);
    await dynamo.update('media', key, { remove: [['pending', event.id, 'channels']] });
    expect((await outbox.read(source, event.id))!.open).toHaveLength(eventChannels[event.type].length);
    await confirmAllBut(event, 'alerts');
    expect((await outbox.read(source, event.id))!.open).toEqual(['alerts']);
    await confirm(event, 'alerts');
    expect(await outbox.read(source, event.id)).toBeNull();
  });

  it('keeps the index key for an event that was added after a consumer had read the only one', async () => {
    const [one, added] = [makeEvent('media.deleted'), makeEvent('media.deleted')];
    const { key, confirm, row } = await putWithEvents(one);
    const confirmed = confirm(one, 'inApp');
    await dynamo.update('media', key, { set: Outbox.addEvent(key.id, added) });
    await confirmed;
    expect(Object.keys((await row())!.pending)).toEqual([added.id]);
    expect(await row()).toHaveProperty('outboxShard');
    await confirm(added, 'inApp');
  });

  it('resends no event that is not overdue, and none after an abort', async () => {
    const recent = { ...makeEvent('media.deleted'), occurredAt: new Date(Date.now() + 60_000).toISOString() };
    const overdue = makeEvent('media.deleted');
    const { confirm } = await putWithEvents(recent, overdue);
    expect(await outbox.resend('media', ['userId', 'id'], 0, AbortSignal.abort())).toBe(0);
    expect(await outbox.resend('media', ['userId', 'id'], 0)).toBe(1);
    for (const event of [recent, overdue]) await confirm(event, 'inApp');
  });

  it('reports to its consumers that the item is being deleted', async () => {
    const event = makeEvent('media.completed');
    const { key, source, confirm } = await putWithEvents(event);
    expect(await outbox.read(source, event.id)).toMatchObject({ isDeleted: false });
    await dynamo.update('media', key, { set: [['deletedAt', LONG_AGO]] });
    expect(await outbox.read(source, event.id)).toMatchObject({ isDeleted: true });
    for (const channel of eventChannels['media.completed']) await confirm(event, channel);
  });

  it('announces the start of processing in one job with the end that soon follows', async () => {
    const [started, ended] = [makeEvent('media.processing'), makeEvent('media.completed')];
    const { source } = await putWithEvents(started, ended);
    const before = await queue.counts('announced');
    await outbox.announce(source, started, true);
    await outbox.announce(source, ended);
    expect(await queue.counts('announced')).toEqual({ ...before, waiting: before.waiting + 1 });
  });

  it('resends no event whose announcement still waits, which would deliver it twice', async () => {
    const [started, ended] = [makeEvent('media.processing'), makeEvent('media.completed')];
    const { source } = await putWithEvents(started, ended);
    await outbox.announce(source, started);
    await outbox.announce(source, ended);
    await outbox.resend('media', ['userId', 'id'], 0);
    for (const { id } of [started, ended]) expect(await queue.has('alerts', id)).toBe(false);
  });

  it('refuses a further event of an item with 60 unconfirmed ones, which would outgrow its row', () => {
    expect(() => Outbox.assertNotFull({ pending: pendingOf(59) })).not.toThrow();
    expect(() => Outbox.assertNotFull({ pending: pendingOf(60) })).toThrow(DependencyUnavailableError);
  });
});
