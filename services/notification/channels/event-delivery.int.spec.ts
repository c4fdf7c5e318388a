import type { EventSource } from '#contracts';
import { mediaEvent } from '#media';
import { DependencyUnavailableError, Dynamo, JobQueue, Outbox } from '#platform';
import { aMedium, eventually, startTestEnvironment, type TestEnvironment } from '#testing';
import type { AlertsChannel } from './alerts.channel';
import { EventDelivery } from './event-delivery';
import type { InAppChannel } from './in-app.channel';
import type { MailChannel } from './mail.channel';
import type { WebhooksChannel } from './webhooks.channel';

let environment: TestEnvironment;
let dynamo: Dynamo;
let queue: JobQueue;
beforeAll(async () => {
  environment = await startTestEnvironment();
  const config = environment.config();
  dynamo = Dynamo.connect(config);
  await dynamo.ensureTables();
  queue = new JobQueue(config.redisUrl!, config.tablePrefix);
});
afterAll(async () => {
  await queue.close();
  dynamo.close();
  await environment.stop();
});

/** Channels that record what they deliver; that of alerts is unavailable while `isDown`. */
function makeDelivery() {
  const outbox = new Outbox(dynamo, queue);
  const state = { isDown: true, inApp: [] as string[], asked: 0 };
  const inApp = { deliver: async ({ id }: { id: string }) => void state.inApp.push(id) };
  const alerts = {
    deliver: async () => {
      state.asked += 1;
      if (state.isDown) throw new DependencyUnavailableError('alerts', new Error('down'));
    },
  };
  const other = { deliver: async () => {} };
  const delivery = new EventDelivery(
    outbox,
    queue,
    inApp as unknown as InAppChannel,
    alerts as unknown as AlertsChannel,
    other as unknown as MailChannel,
    other as unknown as WebhooksChannel,
  );
  return { outbox, state, delivery };
}

/** Stores an event that has just happened. */
async function store() {
  const item = aMedium({ createdAt: new Date().toISOString() });
  const event = mediaEvent(item, null, item.createdAt);
  const key = { userId: item.userId, id: item.id };
  await dynamo.put('media', { ...item, ...Outbox.firstEvent(item.id, event) });
  const source: EventSource = { table: 'media', key };
  return { source, event: { ...event } };
}

describe('announced events', () => {
  it('are delivered by the other channels while one is unavailable, whose queue then holds them', async () => {
    const { outbox, state, delivery } = makeDelivery();
    const [first, second] = [await store(), await store()];
    for (const { source, event } of [first, second])
      await delivery.deliverAnnounced({ source, events: [{ event, isPushed: true }] }, false);
    expect(state.inApp).toEqual([first.event.id, second.event.id]);
    expect(state.asked).toBe(1); // the second event went to the queue at once
    await eventually(
      () => queue.counts('alerts'),
      ({ waiting }) => waiting === 2,
    );
    state.isDown = false;
    await delivery.deliver('alerts', { source: first.source, eventId: first.event.id });
    expect(await outbox.read(first.source, first.event.id)).toBeNull();
    expect((await outbox.read(second.source, second.event.id))!.open).toEqual(['alerts']);
  });

  it('are delivered once when their job is delivered again', async () => {
    const { state, delivery } = makeDelivery();
    state.isDown = false;
    const { source, event } = await store();
    const announcement = { source, events: [{ event, isPushed: true }] };
    await delivery.deliverAnnounced(announcement, false);
    await delivery.deliverAnnounced(announcement, true);
    expect(state.inApp).toEqual([event.id]);
  });
});
