import { derivedKinds, type Derived } from '#contracts';
import { cleanMetadata } from './clean-metadata';
import { factsSchema, type Facts, type OnProgress } from './job';

/** The facts that a step adds. Metadata and derived files of all steps are merged. */
export type FoundFacts = Partial<Omit<Facts, 'derived'>> & { derived?: Partial<Derived> };

/** One step of an analysis. `C`: the context that the steps of a list share, the input and its decoded data. */
export interface Step<C> {
  name: string;
  /** Its part of the progress, relative to the weights of the other steps. */
  weight: number;
  /** `onPart`: reports the part of this step that is done, 0 to 1. @throws {MediaFailure} */
  run(context: C, onPart: (part: number) => void): Promise<FoundFacts>;
}

/**
 * Runs the steps one after the other, reports the progress by their weights, merges their facts and validates the
 * result once.
 * @throws {MediaFailure} of a step
 */
export async function runSteps<C>(steps: ReadonlyArray<Step<C>>, context: C, onProgress: OnProgress): Promise<Facts> {
  const wholeWeight = steps.reduce((sum, { weight }) => sum + weight, 0);
  let doneWeight = 0;
  let facts: FoundFacts = {};
  for (const { weight, run } of steps) {
    const before = doneWeight;
    const found = await run(context, (part) => onProgress((100 * (before + weight * Math.min(1, part))) / wholeWeight));
    facts = merged(facts, found);
    doneWeight += weight;
    onProgress((100 * doneWeight) / wholeWeight);
  }
  const none = Object.fromEntries(derivedKinds.map((kind) => [kind, null]));
  return factsSchema.parse({
    ...facts,
    metadata: cleanMetadata(facts.metadata ?? {}),
    derived: { ...none, ...facts.derived },
  });
}

function merged(facts: FoundFacts, found: FoundFacts): FoundFacts {
  return {
    ...facts,
    ...found,
    metadata: { ...facts.metadata, ...found.metadata },
    derived: { ...facts.derived, ...found.derived },
  };
}

/** Memoizes a value that several steps need: the first call makes it, with its arguments. */
export function once<A extends unknown[], T>(make: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let made: Promise<T> | undefined;
  return (...args) => (made ??= make(...args));
}
