import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '#testing';
import { Client, ways } from './client';
import { Files } from './files';
import { examine, settle, type Verdict } from './oracle';
import { Rig, type RigOptions } from './rig';

/** One repeat: a user who has nothing yet, on a product that others may have hurt before. */
export interface Trial {
  index: number;
  rig: Rig;
  client: Client;
  files: Files;
  random: () => number;
}

export interface Scenario {
  name: string;
  options?: RigOptions;
  /** So many repeats share one fault. */
  atOnce?: number;
  /** Why it can not be done here; null: it can. */
  impossible?: () => string | null;
  /** Hurts while uploads are under way, and waits until all is well again. @returns how many seconds that took, for each trial. */
  run(rig: Rig, trials: readonly Trial[]): Promise<number[]>;
}

export interface Outcome extends Verdict {
  name: string;
  /** What its processes logged last. */
  words: string;
  repeats: number;
  recoverySeconds: number[];
  minutes: number;
}

/** Repeats a scenario on one product, then looks at everything that is left. */
export async function play(
  scenario: Scenario,
  seed: number,
  repeats: number,
  leftPatienceMs: number,
): Promise<Outcome> {
  const startedAt = Date.now();
  const random = randomOf(seed);
  random(); // the first numbers of neighbouring seeds are alike
  const rig = await Rig.start(random, scenario.options);
  try {
    const files = new Files();
    const clients: Client[] = [];
    const recoverySeconds: number[] = [];
    while (clients.length < repeats) {
      const trials: Trial[] = [];
      while (trials.length < Math.min(scenario.atOnce ?? 1, repeats - clients.length)) {
        trials.push({
          index: clients.length + trials.length,
          rig,
          client: await Client.join(rig.stack),
          files,
          random,
        });
      }
      clients.push(...trials.map(({ client }) => client));
      recoverySeconds.push(...(await scenario.run(rig, trials)));
    }
    const verdict = await examine(rig, clients, leftPatienceMs);
    return {
      name: scenario.name,
      words: rig.words(),
      repeats,
      recoverySeconds,
      minutes: (Date.now() - startedAt) / 60_000,
      ...verdict,
    };
  } finally {
    await rig.stop();
  }
}

const UPLOADS = 10;
/** Uploads begin within this time around the fault, and each takes up to so long. */
const SPREAD_MS = 1_500;
const PACE_MS = 800;

/** Every kind of file in every way, some before, some in and some after a fault. @returns the seconds from its end until all is well. */
export async function underLoad({ rig, client, files, random }: Trial, fault: () => Promise<unknown>): Promise<number> {
  const sends = Array.from({ length: UPLOADS }, async (_, at) => {
    const [delayMs, paceMs] = [random() * SPREAD_MS, random() * PACE_MS];
    const file = await files.some(at);
    await sleep(delayMs);
    return client.send(file, ways[at % ways.length]!, paceMs);
  });
  await sleep(SPREAD_MS / 3);
  await fault();
  const mendedAt = Date.now();
  await Promise.all(sends);
  await settle(rig, client);
  return (Date.now() - mendedAt) / 1_000;
}
