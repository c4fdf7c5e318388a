export { isExhaustion, isOutOfSpace } from './exhaustion';
export type { DerivedFile, Facts } from './job';
export { workLimitMs, type AnalysisLimits } from './limits';
export { MediaFailure } from './media-failure';
export { AnalysisSandbox, type AnalysisJob } from './sandbox';
