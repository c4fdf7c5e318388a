import { randomInt } from 'node:crypto';
import { play, type Outcome, type Scenario } from './scenario';
import { violationsOf, tableOf } from './table';

const HOUR_MS = 3_600_000;
/** Temporary files of killed processes are deleted within five minutes. */
const CLEANUP_MS = 360_000;

/** ONLY is a regular expression over the names of the scenarios. */
type Settings = Partial<Record<'SEED' | 'REPEATS' | 'ONLY', string>>;

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Plays the scenarios one after the other, and prints the outcome of each, then a table of all. */
export function describeFaults(
  title: string,
  all: readonly Scenario[],
  { SEED, REPEATS = '20', ONLY = '' }: Settings,
): void {
  const seed = Number(SEED ?? randomInt(2 ** 31));
  const scenarios = all.filter(({ name }) => new RegExp(ONLY, 'i').test(name));
  if (scenarios.length === 0) return it.skip('nothing', () => {});
  const outcomes: Outcome[] = [];
  const skipped: string[] = [];

  describe(title, () => {
    beforeAll(() => print(`${title}: SEED=${seed} REPEATS=${REPEATS}`));
    afterAll(() => print(tableOf(outcomes, skipped)));

    it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
      '%s',
      async (name, scenario) => {
        const reason = scenario.skipReason?.() ?? null;
        if (reason) return void skipped.push(`${name}: ${reason}`);
        const outcome = await play(scenario, seed, Number(REPEATS), CLEANUP_MS);
        outcomes.push(outcome);
        const violations = violationsOf(outcome);
        print([tableOf([outcome], []), ...violations, ...(violations.length > 0 ? [outcome.output] : [])].join('\n'));
        expect(violations).toEqual([]);
      },
      HOUR_MS,
    );
  });
}
