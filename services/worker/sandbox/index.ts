export { workLimitMs } from './limits';
export { Sandboxes } from './sandbox-pool';
