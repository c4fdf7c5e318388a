export { workLimitMs } from './limits';
export { RestraintCheck } from './restraints/restraint-check';
export { SandboxPool } from './sandbox-pool';
