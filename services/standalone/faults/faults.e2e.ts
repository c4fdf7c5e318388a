import { randomInt } from 'node:crypto';
import { topicDown, topicRepeats } from './alerts.testing';
import { parallelUploads, races } from './load.testing';
import { play, type Outcome, type Scenario } from './scenario.testing';
import { apiKill, descriptors, diskFull, dynamodbFaults, redisFaults } from './services.testing';
import { complaintsOf, tableOf } from './table.testing';
import { workerKills, workerStop } from './workers.testing';

/** SEED, REPEATS and ONLY (a regular expression over the names) decide what is done; the others shorten it. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const repeats = Number(process.env.REPEATS ?? 20);
const only = new RegExp(process.env.ONLY ?? '', 'i');
const stopSeconds = Number(process.env.STOP_SECONDS ?? 90);
const topicSeconds = Number(process.env.TOPIC_SECONDS ?? 60);
/** What killed processes left is erased within five minutes. */
const leftSeconds = Number(process.env.LEFT_SECONDS ?? 360);
const uploads = Number(process.env.UPLOADS ?? 1_000);

const scenarios: readonly Scenario[] = [
  ...workerKills,
  workerStop(stopSeconds),
  apiKill,
  ...redisFaults,
  ...dynamodbFaults,
  topicDown(topicSeconds),
  topicRepeats,
  diskFull,
  descriptors,
  parallelUploads(uploads),
  races,
].filter(({ name }) => only.test(name));

const HOUR_MS = 3_600_000;
const outcomes: Outcome[] = [];
const skipped: string[] = [];
const say = (text: string) => void process.stdout.write(`${text}\n`);

describe('faults', () => {
  beforeAll(() => say(`SEED=${seed} REPEATS=${repeats}`));
  afterAll(() => say(tableOf(outcomes, skipped)));

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
    const reason = scenario.impossible?.() ?? null;
    if (reason) return void skipped.push(`${name}: ${reason}`);
    const outcome = await play(scenario, seed, repeats, leftSeconds * 1_000);
    outcomes.push(outcome);
    say([tableOf([outcome], []), ...complaintsOf(outcome)].join('\n'));
    expect(complaintsOf(outcome)).toEqual([]);
  }, HOUR_MS);
});
