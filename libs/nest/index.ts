import './request-types';

export { CurrentUser, userOf, type SessionUser } from './current-user';
export { Endpoint, Id, parseWith, ZodBody, ZodQuery } from './endpoint';
export { answerHealth, Health, type Readiness } from './health';
export { createLogger, NestLogger } from './logging';
export { openApiDocument } from './openapi';
export { startOpsServer } from './ops-server';
export { ProblemError, toProblem, type ProblemOptions } from './problem';
export { ProblemFilter } from './problem.filter';
export { runHeadless, runService, type ServiceDefinition } from './run-service';
export { ScheduledSweep, type SweepSchedule } from './scheduled-sweep';
export { sendProblem } from './send-problem';
export { createService, type ServiceOptions } from './service';
export { serviceConsumers } from './service-consumers';
export { SessionEvents, type SessionEnded } from './session-events';
export { Sessions } from './sessions';
export { Stopping } from './stopping';
export { Throttle, type Attempt, type ThrottleRule } from './throttle';
