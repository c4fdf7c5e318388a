/** From the last byte of a small request to its answer, over all attempts: below what a client of ours waits for. */
const BASE_MS = 4_000;
const MIB = 1024 ** 2;
/** What is still on its way when the last byte has been taken: two parts in flight and one gathered. */
const MAX_UNSENT_BYTES = 24 * MIB;
/** Slower than this is as good as hanging. */
const UNSENT_BYTES_PER_MS = MIB / 1_000;
/** S3 puts the parts of a large object together before it answers. */
const COMPLETED_BYTES_PER_MS = 100 * 1024;
/** It copies at the speed of its disks, and several parts at once. */
const COPIED_BYTES_PER_MS = 10 * 1024;

/** S3 took a request and said nothing. */
export class NoAnswerError extends Error {
  constructor() {
    super('S3 did not answer in time');
  }
}

/** How long S3 may take from the last byte of an object until it has it all. */
export const storeDeadlineMs = (sizeBytes: number) => Math.ceil(BASE_MS + Math.min(sizeBytes, MAX_UNSENT_BYTES) / UNSENT_BYTES_PER_MS + sizeBytes / COMPLETED_BYTES_PER_MS);

/** How long it may take to copy so many bytes, or to answer what moves none. */
export const copyDeadlineMs = (sizeBytes = 0) => Math.ceil(BASE_MS + sizeBytes / COPIED_BYTES_PER_MS);
