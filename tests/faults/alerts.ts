import { setTimeout as sleep } from 'node:timers/promises';
import { channelQueues } from '#contracts';
import type { MediaItem } from '#media';
import { JobQueue, type Key } from '#platform';
import type { FaultProxy } from '#testing';
import { settle } from './oracle';
import type { Rig } from './rig';
import { underLoad, type Scenario } from './scenario';

const EACH_TIME = 3;
/** Longer than a consumer needs for what was sent. */
const PAUSE_MS = 2_000;

/** Sends every event that waits for the topic again, three times, in another order each time. */
async function deliverAgain(rig: Rig, random: () => number): Promise<void> {
  const { redis, config } = rig.stack.processes!.environment;
  const queue = new JobQueue(redis.url, config().tablePrefix);
  try {
    for (let time = 0; time < EACH_TIME; time += 1) {
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

/** Uploads go on and end as if nothing was, but for their alerts. */
const topicAway = (name: string, seconds: number, begin: (way: FaultProxy) => Promise<void> | void): Scenario => ({
  name: `SNS ${name} ${seconds} s`,
  options: { topic: true },
  atOnce: 5,
  async run(rig, trials) {
    const over = sleep(seconds * 1_000);
    await begin(rig.topic!.way);
    const mended = rig
      .expectReady('degraded')
      .then(() => over)
      .then(() => rig.topic!.way.mend());
    const recovered = await Promise.all(trials.map((trial) => underLoad(trial, () => mended)));
    await rig.expectReady('ok');
    return recovered;
  },
});

export const topicFaults = (seconds: number): readonly Scenario[] => [
  topicAway('down', seconds, (way) => way.refuse()),
  topicAway('hanging', seconds, (way) => way.behave(() => 'hang')),
];

/** Also from the product's own queue: the events are held back until each was delivered again and again. */
export const topicRepeats: Scenario = {
  name: 'SNS and events: each three times, reordered',
  options: { topic: true },
  atOnce: 5,
  async run(rig, trials) {
    await rig.topic!.way.refuse();
    const repeated = sleep(PAUSE_MS)
      .then(() => deliverAgain(rig, trials[0]!.random))
      .then(async () => {
        await rig.topic!.way.mend();
        rig.topic!.way.behave(() => 'thrice');
      });
    const recovered = await Promise.all(trials.map((trial) => underLoad(trial, () => repeated)));
    await Promise.all(trials.map(({ client }) => settle(rig, client)));
    return recovered;
  },
};
