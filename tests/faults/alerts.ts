import { setTimeout as sleep } from 'node:timers/promises';
import { channelQueues } from '#contracts';
import type { MediaItem } from '#media';
import { JobQueue, type Key } from '#platform';
import type { FaultProxy } from '#testing';
import { settle } from './oracle';
import type { Rig } from './rig';
import { underLoad, type Scenario } from './scenario';

const REPEATS = 3;
/** Longer than the consumers need for one round of events. */
const PAUSE_MS = 2_000;

/** Enqueues every unconfirmed event three more times, in another order each time. */
async function redeliver(rig: Rig, random: () => number): Promise<void> {
  const { redis, config } = rig.stack.processes!.environment;
  const queue = new JobQueue(redis.url, config().tablePrefix);
  try {
    for (let time = 0; time < REPEATS; time += 1) {
      const waiting: Array<{ key: Key; eventId: string }> = [];
      for await (const { userId, id, pending = {} } of rig.table.scan<MediaItem>('media')) {
        waiting.push(...Object.keys(pending).map((eventId) => ({ key: { userId, id }, eventId })));
      }
      const shuffled = waiting.map((event) => ({ event, place: random() })).toSorted((a, b) => a.place - b.place);
      for (const { event } of shuffled)
        for (const name of Object.values(channelQueues))
          await queue.send(name, { source: { table: 'media', key: event.key }, eventId: event.eventId });
      await sleep(PAUSE_MS);
    }
  } finally {
    await queue.close();
  }
}

/** Uploads are processed during the outage; only their alerts are late. */
const topicOutage = (
  name: string,
  seconds: number,
  startFault: (proxy: FaultProxy) => Promise<void> | void,
): Scenario => ({
  name: `SNS ${name} ${seconds} s`,
  options: { topic: true },
  trialsPerFault: 5,
  async run(rig, trials) {
    const elapsed = sleep(seconds * 1_000);
    await startFault(rig.topic!.proxy);
    const outage = rig
      .expectReady('degraded')
      .then(() => elapsed)
      .then(() => rig.topic!.proxy.restore());
    const recoverySeconds = await Promise.all(trials.map((trial) => underLoad(trial, () => outage)));
    await rig.expectReady('ok');
    return recoverySeconds;
  },
});

export const topicFaults = (seconds: number): readonly Scenario[] => [
  topicOutage('down', seconds, (proxy) => proxy.refuse()),
  topicOutage('hanging', seconds, (proxy) => proxy.behave(() => 'hang')),
];

/** Keeps the topic unavailable until every event was enqueued several times, so that the queue delivers duplicates. */
export const duplicateDeliveries: Scenario = {
  name: 'SNS and events: each three times, reordered',
  options: { topic: true },
  trialsPerFault: 5,
  async run(rig, trials) {
    await rig.topic!.proxy.refuse();
    const redelivery = sleep(PAUSE_MS)
      .then(() => redeliver(rig, trials[0]!.random))
      .then(async () => {
        await rig.topic!.proxy.restore();
        rig.topic!.proxy.behave(() => 'thrice');
      });
    const recoverySeconds = await Promise.all(trials.map((trial) => underLoad(trial, () => redelivery)));
    await Promise.all(trials.map(({ client }) => settle(rig, client)));
    return recoverySeconds;
  },
};
