import {
  aws_ecs as ecs,
  aws_ec2 as ec2,
  aws_secretsmanager as secrets,
  CfnOutput,
  Stack,
  Tags,
  Validations,
} from 'aws-cdk-lib';
import type { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acceptFindings } from './accepted-findings';
import { createAlarms, createBudget } from './alarms';
import { createCache, type Cache } from './cache';
import { createNetwork } from './network';
import { permissionsOf } from './permissions';
import { createProgram, HTTP_PORT, type Program } from './programs';
import { createCdn, createLoadBalancer, type Target } from './routes';
import { pools, scaleByWorkAhead } from './scaling';
import type { Settings } from './settings';
import { createStores, TABLE_PREFIX, type Stores } from './stores';

const CACHE_PORT = 6_379;
const WEB_PORT = 8_080;
/** The load balancer and CloudFront. */
const PROXIES = '2';

/** The whole product in one stack, for any account and region: nothing is looked up. */
export function createStack(app: App, settings: Settings): Stack {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'SnapStream', { description: 'SnapStream: media upload and analysis' });
  const vpc = createNetwork(stack, settings.size.natGateways);
  const stores = createStores(stack, settings.domain);
  const cache = createCache(stack, vpc, settings.size);
  const cluster = new ecs.Cluster(stack, 'Cluster', {
    vpc,
    clusterName: 'snapstream',
    enableFargateCapacityProviders: true,
    // a price for each metric and task; what scaling and alarms need is in the log of the media service
    containerInsightsV2: ecs.ContainerInsights.DISABLED,
  });
  const run = (program: Program) => {
    const service = createProgram(stack, cluster, settings.version, program);
    if (program.image !== 'web') service.connections.allowTo(cache.securityGroup, ec2.Port.tcp(CACHE_PORT), 'Valkey');
    return service;
  };
  const context = { stack, settings, stores, cache };
  for (const pool of pools) scaleByWorkAhead(run(workerOf(context, pool)), pool, settings.size.workers[pool.name]);
  const { balancer, groups } = createLoadBalancer(stack, vpc, settings.certificateArn, {
    ...apisOf(context, run),
    web: { service: run(webOf(context)), port: WEB_PORT },
  });
  const cdn = createCdn(stack, balancer, settings);
  createAlarms(stack, settings.email, { stores, cache, balancer, groups });
  createBudget(stack, settings.email, settings.size.monthlyBudgetUsd);
  new CfnOutput(stack, 'CloudFront', { value: cdn.distributionDomainName, description: 'The CNAME of the domain' });
  new CfnOutput(stack, 'BucketName', { value: stores.bucket.bucketName });
  Tags.of(stack).add('app', 'snapstream');
  acceptFindings(stack);
  return stack;
}

interface Context {
  stack: Stack;
  settings: Settings;
  stores: Stores;
  cache: Cache;
}

const environmentOf = ({ stack, settings, stores, cache }: Context) => ({
  SNAPSTREAM_MODE: 'aws',
  AWS_REGION: stack.region,
  TABLE_PREFIX,
  S3_BUCKET: stores.bucket.bucketName,
  SNS_TOPIC_ARN: stores.alerts.topicArn,
  REDIS_URL: cache.url,
  PUBLIC_URL: `https://${settings.domain}`,
  TRUST_PROXY: PROXIES,
  ...settings.environment,
});

const secretsOf = ({ cache }: Context) => ({ REDIS_PASSWORD: ecs.Secret.fromSecretsManager(cache.password) });

function apisOf(context: Context, run: (program: Program) => ecs.FargateService) {
  const { stack, settings, stores } = context;
  const session = new secrets.Secret(stack, 'SessionSecret', {
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
  });
  const mail = settings.mailSecret && secrets.Secret.fromSecretNameV2(stack, 'MailSecret', settings.mailSecret);
  const api = (name: Exclude<Target, 'web'>, cpu: number) => ({
    port: HTTP_PORT,
    service: run({
      name,
      image: 'api',
      command: [`dist/services/${name}/main.js`],
      cpu,
      memory: 1_024,
      port: HTTP_PORT,
      tasks: settings.size.tasks,
      permissions: permissionsOf(name, stores, false),
      environment: {
        ...environmentOf(context),
        ...(name === 'media' && { S3_EVENTS_QUEUE_URL: stores.events.queueUrl }),
      },
      secrets: {
        ...secretsOf(context),
        SESSION_SECRET: ecs.Secret.fromSecretsManager(session),
        ...(mail && { MAIL_URL: ecs.Secret.fromSecretsManager(mail) }),
      },
    }),
  });
  return { auth: api('auth', 256), media: api('media', 512), notification: api('notification', 256) };
}

const workerOf = (context: Context, { name, queues, cpu, memory }: (typeof pools)[number]): Program => ({
  name: `worker-${name}`,
  image: 'worker',
  cpu,
  memory,
  tasks: null,
  permissions: permissionsOf(
    'worker',
    context.stores,
    name === 'analysis' && Object.values(context.settings.environment).includes('aws'),
  ),
  environment: { ...environmentOf(context), WORKER_QUEUES: queues.join(',') },
  secrets: secretsOf(context),
});

/** nginx with the pages: its settings are those of site.d, on a copy of the configuration that it may write. */
const webOf = ({ stack, settings }: Context): Program => ({
  name: 'web',
  image: 'web',
  entryPoint: ['sh', '-c'],
  command: [
    'cp -r /etc/nginx /tmp/nginx && mkdir -p /tmp/nginx/site.d' +
      ' && echo "set \\$client_scheme https; set \\$bucket_origin \\" $BUCKET_ORIGIN\\";" >/tmp/nginx/site.d/aws.conf' +
      ' && exec nginx -c /tmp/nginx/nginx.conf -g "daemon off;"',
  ],
  cpu: 256,
  memory: 512,
  port: WEB_PORT,
  tasks: settings.size.tasks,
  permissions: [],
  environment: { BUCKET_ORIGIN: `https://s3.${stack.region}.amazonaws.com` },
  secrets: {},
});
