import { Match } from 'aws-cdk-lib/assertions';
import { createTableInput, tables, tablesWithTtl, type TableName } from '../../../../libs/platform/dynamodb/tables';
import { context, synthesise } from '../synthesise.testing';
import { settingsOf } from './settings';

const event = (prefix: string) =>
  Match.objectLike({
    Event: 's3:ObjectCreated:*',
    Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: prefix }] } },
  });

describe('the stack', () => {
  const medium = synthesise({ size: 'medium' });
  const { template, of } = medium;

  it.each([
    ['small', synthesise({ size: 'small' })],
    ['medium', medium],
    ['large', synthesise({ size: 'large', mailSecret: 'mail' })],
  ])('has no finding that is not accepted, in size %s', (_size, { findings }) => {
    expect(findings).toEqual([]);
  });

  it.each(Object.keys(tables) as TableName[])('has the table %s as setup:aws creates it, and keeps it', (name) => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        ...createTableInput(`snapstream-${name}`, tables[name]),
        TimeToLiveSpecification: tablesWithTtl.has(name)
          ? { AttributeName: 'expiresAt', Enabled: true }
          : Match.absent(),
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it('has no other tables', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', Object.keys(tables).length);
  });

  it('keeps files private, encrypted and reachable by TLS only', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: Match.anyValue(),
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('sends the events of incoming/ and inbox/ to a queue with a dead-letter queue', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { QueueConfigurations: [event('incoming/'), event('inbox/')] },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: Match.objectLike({ maxReceiveCount: 5 }) });
  });

  it('has a cache that evicts nothing, on nodes, over TLS, with a password that the template does not contain', () => {
    template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction' },
    });
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      Engine: 'valkey',
      ClusterMode: 'disabled',
      TransitEncryptionEnabled: true,
      AtRestEncryptionEnabled: true,
      MultiAZEnabled: true,
      AuthToken: Match.objectLike({ 'Fn::Join': ['', Match.arrayWith(['{{resolve:secretsmanager:'])] }),
    });
  });

  it('runs every program read-only, without capabilities, with a log that ends after a month', () => {
    expect(of('AWS::ECS::TaskDefinition')).toHaveLength(7);
    template.allResourcesProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          ReadonlyRootFilesystem: true,
          LinuxParameters: Match.objectLike({ Capabilities: { Drop: ['ALL'] } }),
          LogConfiguration: Match.objectLike({ LogDriver: 'awslogs' }),
        }),
      ],
    });
    for (const { Properties } of of('AWS::Logs::LogGroup').filter((group) => group.Properties.RetentionInDays))
      expect(Properties.RetentionInDays).toBeLessThanOrEqual(731);
  });

  it('gives the session secret to services with sessions only', () => {
    const holders = of('AWS::ECS::TaskDefinition')
      .filter(({ Properties }) => JSON.stringify(Properties).includes('"SESSION_SECRET"'))
      .map(({ Properties }) => Properties.Family);
    expect(holders.toSorted()).toEqual(['snapstream-auth', 'snapstream-media', 'snapstream-notification']);
  });

  it('scales each pool of workers by the work ahead of its queues', () => {
    expect(
      of('AWS::ApplicationAutoScaling::ScalableTarget').map(({ Properties: p }) => [p.MinCapacity, p.MaxCapacity]),
    ).toEqual([
      [1, 16],
      [1, 16],
      [0, 8],
    ]);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      StepScalingPolicyConfiguration: Match.objectLike({
        AdjustmentType: 'ExactCapacity',
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 29.99, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 29.99, MetricIntervalUpperBound: 59.99, ScalingAdjustment: 2 },
          { MetricIntervalLowerBound: 59.99, MetricIntervalUpperBound: 119.99, ScalingAdjustment: 4 },
          { MetricIntervalLowerBound: 119.99, MetricIntervalUpperBound: 239.99, ScalingAdjustment: 8 },
          { MetricIntervalLowerBound: 239.99, ScalingAdjustment: 16 },
        ],
      }),
    });
  });

  it('is reachable through CloudFront alone, which stores nothing but assets', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
    const disabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        DefaultCacheBehavior: Match.objectLike({
          CachePolicyId: disabled,
          ViewerProtocolPolicy: 'redirect-to-https',
        }),
        CacheBehaviors: [Match.objectLike({ PathPattern: '/assets/*' })],
        Aliases: [context.domain],
      },
    });
  });

  it('lets event streams and silent uploads last longer than the services do', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '120' }]),
    });
  });

  it('sends alarms and the warning of the budget to the operator', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: context.email });
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({ BudgetLimit: { Amount: 700, Unit: 'USD' } }),
    });
    expect(of('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName)).toEqual(
      expect.arrayContaining([
        'snapstream-no-metrics',
        'snapstream-bucket-events-undelivered',
        'snapstream-media-errors',
      ]),
    );
  });

  it('fits any account and region', () => {
    const { Resources } = template.toJSON() as { Resources: object };
    const withoutCertificate = JSON.stringify(Resources).replaceAll(context.certificateArn, '');
    expect(withoutCertificate).not.toMatch(/\b\d{12}\b|us-east-1/);
  });
});

describe('the settings', () => {
  it('pass other settings to all programs, as an object or as JSON', () => {
    for (const environment of ['{"HEIC":"off"}', { HEIC: 'off' }]) {
      const all: Record<string, unknown> = { ...context, environment };
      expect(settingsOf((name) => all[name]).environment).toEqual({ HEIC: 'off' });
    }
  });

  it('names everything that is missing', () => {
    expect(() => settingsOf(() => undefined)).toThrow(
      /-c version=.*\n.*-c domain=.*\n.*-c certificateArn=.*\n.*-c email=/,
    );
  });

  it.each([
    [{ size: 'huge' }, '-c size=…: one of small, medium, large'],
    [{ environment: '{ANALYSE' }, '-c environment=…'],
    [{ certificateArn: 'arn:aws:acm:eu-central-1:111111111111:certificate/a' }, '-c cdnCertificateArn=…'],
  ])('rejects %j', (wrong, message) => {
    const all: Record<string, string> = { ...context, ...wrong };
    expect(() => settingsOf((name) => all[name])).toThrow(message);
  });
});
