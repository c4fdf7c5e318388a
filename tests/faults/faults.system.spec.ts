import { accountDeletion } from './accounts';
import { races } from './load';
import { play, type Scenario } from './scenario';
import { violationsOf } from './table';
import { workerKills } from './workers';

const SEED = 20_261_124;
const CLEANUP_MS = 30_000;

/**
 * Plays a scenario once. Ignores late refusals, since other suites run beside this one: `npm run test:faults` checks
 * these. With `cleanupMs` 0, only stored files count as leftovers.
 */
async function violationsDuring(scenario: Scenario, cleanupMs: number): Promise<string[]> {
  const outcome = await play(scenario, SEED, 1, cleanupMs);
  const leftovers = outcome.leftovers.filter((path) => cleanupMs > 0 || isStored(path));
  return violationsOf({ ...outcome, late: [], leftovers });
}

const isStored = (path: string) => /^(originals|derived)\//.test(path);

const [killed] = workerKills;

/** A fast part of `npm run test:faults`. */
describe('faults', () => {
  it(`${races.name}: nothing is lost, notified twice, stuck or left over`, async () => {
    expect(await violationsDuring(races, CLEANUP_MS)).toEqual([]);
  }, 180_000);

  /** Temporary files of a killed process are deleted within five minutes, which is too long for this suite. */
  it.each([killed!, accountDeletion])(
    '$name: nothing is lost, notified twice or stuck',
    async (scenario: Scenario) => {
      expect(await violationsDuring(scenario, 0)).toEqual([]);
    },
    180_000,
  );
});
