import type { Upload } from './upload';

type Known = Pick<Upload, 'id' | 'batchId'>;

/** Finds uploads whose bytes were lost, by name and size, which are the same when a file is chosen again. */
export class MissingUploads {
  readonly #byFile = new Map<string, Known>();

  constructor(uploads: readonly Upload[]) {
    for (const { state, id, batchId, name, sizeBytes } of uploads)
      if (state === 'missing') this.#byFile.set(keyOf(name, sizeBytes), { id, batchId });
  }

  /** Returns the missing upload of this file, and removes it, so that each is returned once. */
  take(name: string, sizeBytes: number): Known | undefined {
    const known = this.#byFile.get(keyOf(name, sizeBytes));
    this.#byFile.delete(keyOf(name, sizeBytes));
    return known;
  }
}

const keyOf = (name: string, sizeBytes: number) => `${sizeBytes} ${name}`;
