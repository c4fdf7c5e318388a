import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '#testing';
import { Client, uploadMethods } from './client';
import { Files } from './files';
import { inspect, settle, type Verdict } from './oracle';
import { Rig, type RigOptions } from './rig';

/** One repeat: a new user, on a product that earlier repeats may have run faults against. */
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
  /** How many repeats share one fault; default 1. */
  trialsPerFault?: number;
  /** Why the scenario cannot run on this machine; null: it can. */
  skipReason?: () => string | null;
  /** Runs the fault during uploads, and waits for recovery. @returns the seconds that recovery took, for each trial. */
  run(rig: Rig, trials: readonly Trial[]): Promise<number[]>;
}

export interface Outcome extends Verdict {
  name: string;
  /** The last output of the product's processes. */
  output: string;
  repeats: number;
  recoverySeconds: number[];
  minutes: number;
}

/**
 * Repeats a scenario on one product, then inspects everything that is stored.
 * @param cleanupTimeoutMs how long leftovers may take to be cleaned up
 */
export async function play(
  scenario: Scenario,
  seed: number,
  repeats: number,
  cleanupTimeoutMs: number,
): Promise<Outcome> {
  const startedAt = Date.now();
  const random = seededRandom(seed);
  random(); // the first numbers of neighbouring seeds are alike
  const rig = await Rig.start(random, scenario.options);
  try {
    const files = new Files();
    const clients: Client[] = [];
    const recoverySeconds: number[] = [];
    while (clients.length < repeats) {
      const trials: Trial[] = [];
      while (trials.length < Math.min(scenario.trialsPerFault ?? 1, repeats - clients.length)) {
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
    const verdict = await inspect(rig, clients, cleanupTimeoutMs);
    return {
      name: scenario.name,
      output: rig.recentOutput(),
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
/** Uploads begin within this time around the fault. */
const SPREAD_MS = 1_500;
/** Sending the bytes of an upload takes up to this long. */
const PACE_MS = 800;

/**
 * Uploads every kind of file with every method, some before, some during and some after a fault.
 * @returns the seconds from the end of the fault until everything has settled
 */
export async function underLoad({ rig, client, files, random }: Trial, fault: () => Promise<unknown>): Promise<number> {
  const sends = Array.from({ length: UPLOADS }, async (_, at) => {
    const [delayMs, paceMs] = [random() * SPREAD_MS, random() * PACE_MS];
    const file = await files.some(at);
    await sleep(delayMs);
    return client.send(file, uploadMethods[at % uploadMethods.length]!, paceMs);
  });
  await sleep(SPREAD_MS / 3);
  await fault();
  const endedAt = Date.now();
  await Promise.all(sends);
  await settle(rig, client);
  return (Date.now() - endedAt) / 1_000;
}
