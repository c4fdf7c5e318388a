import {
  aws_budgets as budgets,
  aws_cloudwatch as cloudwatch,
  aws_cloudwatch_actions as actions,
  aws_elasticloadbalancingv2 as elb,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
  Duration,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { tables } from '../../../../libs/platform/dynamodb/tables';
import type { Cache } from './cache';
import { metricOf, pools } from './scaling';
import { TABLE_PREFIX, type Stores } from './stores';

/** An oldest job of this age means that a pool has reached its largest number of workers, or that none takes jobs. */
const OLDEST_SECONDS = { image: 600, media: 3_600, analysis: 14_400 };

interface Condition {
  metric: cloudwatch.IMetric;
  threshold: number;
  minutes?: number;
  isMissingBad?: boolean;
}

interface Watched {
  stores: Stores;
  cache: Cache;
  balancer: elb.ApplicationLoadBalancer;
  groups: Record<string, elb.ApplicationTargetGroup>;
}

/** Sends a mail when something needs an operator; what each alarm means is in docs/operations.md. */
export function createAlarms(scope: Construct, email: string, watched: Watched): void {
  const topic = new sns.Topic(scope, 'OperatorAlarms', { enforceSSL: true });
  topic.addSubscription(new subscriptions.EmailSubscription(email));
  for (const [name, { metric, threshold, minutes = 5, isMissingBad = false }] of Object.entries(conditions(watched)))
    new cloudwatch.Alarm(scope, `Alarm-${name}`, {
      alarmName: `snapstream-${name}`,
      metric,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      datapointsToAlarm: minutes,
      treatMissingData: isMissingBad
        ? cloudwatch.TreatMissingData.BREACHING
        : cloudwatch.TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new actions.SnsAction(topic));
}

function conditions({ stores, cache, balancer, groups }: Watched): Record<string, Condition> {
  const period = Duration.minutes(1);
  const every = (entries: Array<[string, Condition]>) => Object.fromEntries(entries);
  const cacheMetric = (metricName: string, CacheClusterId: string) =>
    new cloudwatch.Metric({ namespace: 'AWS/ElastiCache', metricName, dimensionsMap: { CacheClusterId }, period });
  const dynamoMetric = (metricName: string, TableName: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName },
      statistic: cloudwatch.Stats.SUM,
      period,
    });
  const errors = { period, statistic: cloudwatch.Stats.SUM };
  return {
    // no value: no media service runs, or Redis is unavailable
    'no-metrics': {
      metric: metricOf('workSeconds', pools[0]!, 'sum'),
      threshold: 1e9,
      minutes: 10,
      isMissingBad: true,
    },
    'load-balancer-errors': {
      metric: balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, errors),
      threshold: 10,
    },
    'bucket-events-undelivered': {
      metric: stores.undelivered.metricApproximateNumberOfMessagesVisible({ period }),
      threshold: 0,
    },
    ...every(
      Object.entries(groups).flatMap(([name, { metrics }]): Array<[string, Condition]> => [
        [`${name}-unhealthy`, { metric: metrics.unhealthyHostCount({ period }), threshold: 0 }],
        [
          `${name}-errors`,
          { metric: metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, errors), threshold: 10 },
        ],
      ]),
    ),
    ...every(
      pools.map((pool) => [
        `${pool.name}-backlog`,
        { metric: metricOf('oldestSeconds', pool, 'max'), threshold: OLDEST_SECONDS[pool.name] },
      ]),
    ),
    ...every(
      cache.nodeIds.flatMap((id): Array<[string, Condition]> => [
        // full, it refuses writes: it must not evict
        [`${id}-memory`, { metric: cacheMetric('DatabaseMemoryUsagePercentage', id), threshold: 75 }],
        [`${id}-cpu`, { metric: cacheMetric('EngineCPUUtilization', id), threshold: 80 }],
      ]),
    ),
    ...every(
      Object.keys(tables).map((table) => [
        `${table}-throttled`,
        { metric: dynamoMetric('WriteThrottleEvents', `${TABLE_PREFIX}${table}`), threshold: 0 },
      ]),
    ),
  };
}

/** Sends a mail when 80 % of the budget is spent, or the forecast for the month exceeds it. */
export function createBudget(scope: Construct, email: string, monthlyUsd: number): void {
  const subscribers = [{ subscriptionType: 'EMAIL', address: email }];
  const notify = (notificationType: string, threshold: number) => ({
    notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
    subscribers,
  });
  new budgets.CfnBudget(scope, 'Budget', {
    budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: monthlyUsd, unit: 'USD' } },
    notificationsWithSubscribers: [notify('ACTUAL', 80), notify('FORECASTED', 100)],
  });
}
