import './session/request-types';

export { CurrentUser, userOf, type SessionUser } from './session/current-user';
export { Endpoint, Id, parseWith, ZodBody, ZodQuery } from './http/endpoint';
export { answerHealth, Health, type Readiness } from './ops/health';
export { createLogger, NestLogger } from './ops/logging';
export { measureJob, type JobOutcome } from './ops/metrics';
export { openApiDocument } from './http/openapi';
export { startOpsServer } from './ops/ops-server';
export { ProblemError, ProblemFilter, sendProblem, toProblem, type ProblemOptions } from './http/problem';
export { runHeadless, runService, type ServiceDefinition } from './runtime/run-service';
export { ScheduledJob, type SweepSchedule } from './runtime/scheduled-job';
export { createService, type ServiceOptions } from './runtime/service';
export { serviceConsumers } from './runtime/service-consumers';
export { SessionEvents, type SessionEnded } from './session/session-events';
export { Sessions } from './session/sessions';
export { ShutdownSignal } from './runtime/shutdown-signal';
export { onClose, sendTo } from './http/stream-response';
export { Throttle, type Attempt, type ThrottleRule } from './session/throttle';
