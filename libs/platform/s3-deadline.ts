/** From the last byte of a small request to its answer, over all attempts: below what a client of ours waits for. */
const BASE_MS = 4_000;
/** S3 puts the parts of a large object together, or copies them, before it answers. */
const BYTES_PER_MS = 100 * 1024;

/** S3 took a request and said nothing. */
export class NoAnswerError extends Error {
  constructor() {
    super('S3 did not answer in time');
  }
}

/** How long S3 may take to answer for an object of this size. */
export const answerDeadlineMs = (sizeBytes: number) => BASE_MS + Math.ceil(sizeBytes / BYTES_PER_MS);
