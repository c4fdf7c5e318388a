export { isExhaustion, isOutOfSpace } from './exhaustion';
export { MediaFailure } from './media-failure';
