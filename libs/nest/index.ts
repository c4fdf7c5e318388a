import './session/request-types';

export { ApiKeys } from './session/api-keys';
export { Authentication } from './session/authentication';
export { CurrentUser, type SessionUser } from './session/current-user';
export { KNOWN_MS, newDevice, readDevice, sendDevice } from './session/device-cookie';
export { Endpoint, Id, parseWith, ZodBody, ZodQuery } from './http/endpoint';
export { measureJob, measureRestraints, type JobOutcome } from './ops/metrics';
export { addressOf, networkOf } from './session/network';
export { ProblemError, toProblem, type ProblemOptions } from './http/problem';
export { runHeadless, runService } from './runtime/run-service';
export { ScheduledJob } from './runtime/scheduled-job';
export { createService } from './runtime/service';
export { serviceConsumers } from './runtime/service-consumers';
export { SessionEvents, type SessionEnded } from './session/session-events';
export { Sessions } from './session/sessions';
export { ShutdownSignal } from './runtime/shutdown-signal';
export { onClose, sendTo } from './http/stream-response';
export { Throttle, type Attempt } from './session/throttle';
