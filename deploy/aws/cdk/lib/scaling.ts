import { aws_applicationautoscaling as autoscaling, aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import type { aws_ecs as ecs } from 'aws-cdk-lib';
import type { workQueues } from '../../../../libs/contracts/jobs';
import type { Size } from './sizes';

/** The queues of each pool of workers, the seconds in which it is to finish a backlog, and a task of it. */
export const pools: ReadonlyArray<{
  name: keyof Size['workers'];
  queues: ReadonlyArray<(typeof workQueues)[number]>;
  seconds: number;
  cpu: number;
  memory: number;
}> = [
  { name: 'image', queues: ['image'], seconds: 30, cpu: 1_024, memory: 4_096 },
  { name: 'media', queues: ['audio', 'video'], seconds: 120, cpu: 1_024, memory: 4_096 },
  { name: 'analysis', queues: ['analysis'], seconds: 300, cpu: 1_024, memory: 4_096 },
];
type Pool = (typeof pools)[number];

/** A metric that one media service writes to its log once a minute (libs/nest/ops/scaling-metric.ts). */
export const metricOf = (metricName: 'workSeconds' | 'oldestSeconds', { queues }: Pool, operation: 'sum' | 'max') => {
  const usingMetrics = Object.fromEntries(
    queues.map((queue) => [
      queue,
      new cloudwatch.Metric({
        namespace: 'SnapStream',
        metricName,
        dimensionsMap: { queue },
        statistic: cloudwatch.Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
    ]),
  );
  if (queues.length === 1) return usingMetrics[queues[0]!]!;
  const values = operation === 'sum' ? queues.join(' + ') : `MAX([${queues.join(', ')}])`;
  return new cloudwatch.MathExpression({ expression: values, usingMetrics, period: Duration.minutes(1) });
};

/** Workers = work ahead in seconds of one worker, divided by the seconds that a backlog may take; in powers of two. */
export function scaleByWorkAhead(service: ecs.FargateService, pool: Pool, [min, max]: readonly [number, number]): void {
  const doublings = Array.from({ length: Math.ceil(Math.log2(max)) }, (_, power) => 2 ** power);
  service.autoScaleTaskCount({ minCapacity: min, maxCapacity: max }).scaleOnMetric('WorkAhead', {
    metric: metricOf('workSeconds', pool, 'sum'),
    adjustmentType: autoscaling.AdjustmentType.EXACT_CAPACITY,
    cooldown: Duration.minutes(2),
    evaluationPeriods: 1,
    scalingSteps: [
      { upper: 0, change: min },
      { lower: 0.01, upper: pool.seconds, change: Math.max(min, 1) },
      ...doublings.map((workers) => ({
        lower: pool.seconds * workers,
        ...(workers < doublings.at(-1)! && { upper: pool.seconds * workers * 2 }),
        change: Math.min(max, workers * 2),
      })),
    ],
  });
}
