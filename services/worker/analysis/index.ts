export { isExhaustion, isOutOfSpace } from './exhaustion';
export type { DerivedFile, Facts } from './job';
export { MediaFailure } from './media-failure';
