import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG, Locks } from '#platform';
import { ScheduledJob } from '../runtime/scheduled-job';
import { Scaling, type WorkAhead } from './scaling';

/** CloudWatch stores one value a minute of such a metric. */
const PERIOD_MS = 60_000;
const METRICS = [
  { Name: 'workSeconds', Unit: 'Seconds' },
  { Name: 'oldestSeconds', Unit: 'Seconds' },
] as const;

/**
 * Writes the work ahead to the log as CloudWatch metrics, once a minute in one process of an installation, in AWS mode.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
@Injectable()
export class ScalingMetric extends ScheduledJob {
  private readonly output = new Logger(ScalingMetric.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scaling: Scaling,
    locks: Locks,
  ) {
    super(locks, { name: 'metric:scaling', everyMs: PERIOD_MS / 4, lockMs: 10_000 });
  }

  async sweep(): Promise<void> {
    if (this.config.mode !== 'aws') return;
    // shorter than the period, so that a minute has a value whenever the process that writes it looks
    await this.locks.oncePer('metric:scaling', PERIOD_MS - PERIOD_MS / 8, async () => {
      const { queues } = await this.scaling.read();
      for (const [queue, ahead] of Object.entries(queues)) this.output.log(metricLine(queue, ahead));
    });
  }
}

const metricLine = (queue: string, ahead: WorkAhead) => ({
  _aws: {
    Timestamp: Date.now(),
    CloudWatchMetrics: [{ Namespace: 'SnapStream', Dimensions: [['queue']], Metrics: METRICS }],
  },
  queue,
  ...ahead,
  msg: 'work ahead',
});
