import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Config } from '#config';
import { ALERTS, CONFIG, Dynamo, JobQueue, MAILER, Outbox, PlatformModule, QueuePositions, STORAGE } from '#platform';
import { Admins } from '../admin/admins';
import { AuditLog } from '../admin/audit-log';
import { BacklogMetrics } from '../ops/backlog-metrics';
import { CanaryLog } from '../ops/canary-log';
import { Health } from '../ops/health';
import { Scaling } from '../ops/scaling';
import { SessionModule } from '../session/session.module';
import { ShutdownSignal } from './shutdown-signal';

const providers = [
  { provide: Health, useFactory: Health.of, inject: [JobQueue, Dynamo, STORAGE, ALERTS, MAILER, CanaryLog] },
  {
    provide: CanaryLog,
    useFactory: (dynamo: Dynamo, config: Config) => new CanaryLog(dynamo, config.canaryMinutes),
    inject: [Dynamo, CONFIG],
  },
  {
    provide: BacklogMetrics,
    useFactory: (queue: JobQueue, outbox: Outbox, canary: CanaryLog) => new BacklogMetrics(queue, outbox, canary),
    inject: [JobQueue, Outbox, CanaryLog],
  },
  {
    provide: Scaling,
    useFactory: (positions: QueuePositions, queue: JobQueue) => new Scaling(positions, queue),
    inject: [QueuePositions, JobQueue],
  },
  { provide: Admins, useFactory: (dynamo: Dynamo) => new Admins(dynamo), inject: [Dynamo] },
  { provide: AuditLog, useFactory: (dynamo: Dynamo) => new AuditLog(dynamo), inject: [Dynamo] },
  { provide: ShutdownSignal, useFactory: () => new ShutdownSignal() },
];

/** Provides health, backlog, scaling, admins, their audit log and the shutdown signal to every module of a process. */
@Global()
@Module({ providers, exports: providers.map(({ provide }) => provide) })
class RuntimeModule {}

@Module({})
class RootModule {}

/** Wraps `module` with the platform, sessions and runtime modules, all of them global. */
export function rootModule(config: Config, module: Type | DynamicModule): DynamicModule {
  return {
    module: RootModule,
    imports: [PlatformModule.forRoot(config), SessionModule.forRoot(config), RuntimeModule, module],
  };
}
