import { randomInt } from 'node:crypto';
import { play, type Outcome, type Scenario } from './scenario';
import { complaintsOf, tableOf } from './table';

const HOUR_MS = 3_600_000;
/** What killed processes left is erased within five minutes. */
const LEFT_MS = 360_000;

/** SEED, REPEATS and ONLY (a regular expression over the names) decide what is done. */
type Settings = Partial<Record<'SEED' | 'REPEATS' | 'ONLY', string>>;

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** Plays scenarios one after the other, and prints what came of each, and of all. */
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
    beforeAll(() => say(`${title}: SEED=${seed} REPEATS=${REPEATS}`));
    afterAll(() => say(tableOf(outcomes, skipped)));

    it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
      '%s',
      async (name, scenario) => {
        const reason = scenario.impossible?.() ?? null;
        if (reason) return void skipped.push(`${name}: ${reason}`);
        const outcome = await play(scenario, seed, Number(REPEATS), LEFT_MS);
        outcomes.push(outcome);
        const complaints = complaintsOf(outcome);
        say([tableOf([outcome], []), ...complaints, ...(complaints.length > 0 ? [outcome.words] : [])].join('\n'));
        expect(complaints).toEqual([]);
      },
      HOUR_MS,
    );
  });
}
