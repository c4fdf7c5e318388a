import { leaving } from './accounts';
import { races } from './load';
import { play, type Scenario } from './scenario';
import { complaintsOf } from './table';
import { workerKills } from './workers';

const SEED = 20_261_124;
const LEFT_MS = 30_000;

/** How quick an answer is depends on what else runs beside this: that is for the whole suite to judge. Without time, of what is left over stored files alone are. */
async function complaintsAbout(scenario: Scenario, leftMs: number): Promise<string[]> {
  const outcome = await play(scenario, SEED, 1, leftMs);
  const left = outcome.left.filter((path) => leftMs > 0 || isStored(path));
  return complaintsOf({ ...outcome, late: [], left });
}

const isStored = (path: string) => /^(originals|derived)\//.test(path);

const [killed] = workerKills;

/** A fast part of `npm run test:faults`. */
describe('faults', () => {
  it(`${races.name}: nothing is lost, told twice, stuck or left over`, async () => {
    expect(await complaintsAbout(races, LEFT_MS)).toEqual([]);
  }, 180_000);

  /** What a killed process left of its own goes within five minutes: for this there is no time here. */
  it.each([killed!, leaving])(
    '$name: nothing is lost, told twice or stuck',
    async (scenario: Scenario) => {
      expect(await complaintsAbout(scenario, 0)).toEqual([]);
    },
    180_000,
  );
});
