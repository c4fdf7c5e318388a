import { leaving } from './accounts.testing';
import { topicRepeats } from './alerts.testing';
import { races } from './load.testing';
import { play, type Scenario } from './scenario.testing';
import { deploy, dynamodbFaults, redisFaults } from './services.testing';
import { complaintsOf } from './table.testing';
import { workerKills } from './workers.testing';

const SEED = 20_261_124;
const LEFT_MS = 30_000;

const [killed] = workerKills;
const [redisKilled] = redisFaults;
const hanging = dynamodbFaults.find(({ name }) => name.includes('hanging'))!;

/** A fast part of `npm run test:faults`. */
describe('faults', () => {
  it.each([redisKilled!, hanging, topicRepeats, races, deploy])('$name: nothing is lost, told twice, stuck or left over', async (scenario: Scenario) => {
    expect(complaintsOf(await play(scenario, SEED, 1, LEFT_MS))).toEqual([]);
  }, 180_000);

  /** What a killed process left of its own goes within five minutes: for this there is no time here. */
  it.each([killed!, leaving])('$name: nothing is lost, told twice or stuck', async (scenario: Scenario) => {
    expect(complaintsOf({ ...(await play(scenario, SEED, scenario.atOnce ?? 1, 0)), left: [] })).toEqual([]);
  }, 180_000);
});
