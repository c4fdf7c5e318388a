export { workLimitMs } from './limits';
export { SandboxPool } from './sandbox-pool';
