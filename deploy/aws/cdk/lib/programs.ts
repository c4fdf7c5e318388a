import { aws_ec2 as ec2, aws_ecr as ecr, aws_ecs as ecs, aws_logs as logs, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export const HTTP_PORT = 3_000;
export const OPS_PORT = 9_090;

/** One ECS service. */
export interface Program {
  name: string;
  image: 'api' | 'worker' | 'web';
  command?: string[];
  entryPoint?: string[];
  cpu: number;
  memory: number;
  /** Port of its HTTP API, if any. */
  port?: number;
  /** null: a worker, whose number follows the work ahead. */
  tasks: number | null;
  permissions: iam.PolicyStatement[];
  environment: Record<string, string>;
  secrets: Record<string, ecs.Secret>;
}

const LIVENESS = [
  `fetch('http://127.0.0.1:${OPS_PORT}/health/live')`,
  '.then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))',
].join('');

/** Creates an ECS service in the private subnets; may open connections, but accepts none. */
export function createProgram(scope: Construct, cluster: ecs.Cluster, version: string, program: Program) {
  const { name, tasks, image } = program;
  const securityGroup = new ec2.SecurityGroup(scope, `${name}-SecurityGroup`, {
    vpc: cluster.vpc,
    allowAllOutbound: false,
  });
  // webhooks and mail servers have any port; what parses files reaches AWS and the cache only
  const ports = image === 'api' ? ec2.Port.allTcp() : ec2.Port.tcp(443);
  securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ports, 'AWS, and what the service calls');
  const isWorker = tasks === null;
  return new ecs.FargateService(scope, `${name}-Service`, {
    serviceName: name,
    cluster,
    taskDefinition: taskOf(scope, version, program),
    securityGroups: [securityGroup],
    minHealthyPercent: 100,
    circuitBreaker: { rollback: true },
    enableExecuteCommand: false,
    ...(tasks !== null && { desiredCount: tasks }),
    // an interrupted job is released and done elsewhere; one in five tasks does not depend on spare capacity
    ...(isWorker && {
      capacityProviderStrategies: [
        { capacityProvider: 'FARGATE_SPOT', weight: 4 },
        { capacityProvider: 'FARGATE', weight: 1 },
      ],
    }),
  });
}

function taskOf(scope: Construct, version: string, program: Program): ecs.FargateTaskDefinition {
  const { name, image, command, entryPoint, cpu, memory, port, environment, secrets } = program;
  const task = new ecs.FargateTaskDefinition(scope, `${name}-Task`, {
    family: `snapstream-${name}`,
    cpu,
    memoryLimitMiB: memory,
    // work on a file needs several times its size
    ...(image === 'worker' && { ephemeralStorageGiB: 50 }),
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64 },
  });
  for (const statement of program.permissions) task.addToTaskRolePolicy(statement);
  const repository = ecr.Repository.fromRepositoryName(scope, `${name}-Image`, `snapstream/${image}`);
  const container = task.addContainer('main', {
    image: ecs.ContainerImage.fromEcrRepository(repository, version),
    ...(command && { command }),
    ...(entryPoint && { entryPoint }),
    environment,
    secrets,
    ...(port && { portMappings: [{ containerPort: port }] }),
    ...(image !== 'web' && {
      healthCheck: { command: ['CMD', 'node', '-e', LIVENESS], startPeriod: Duration.seconds(60) },
    }),
    logging: ecs.LogDrivers.awsLogs({
      streamPrefix: name,
      logGroup: new logs.LogGroup(scope, `${name}-Log`, {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    }),
    readonlyRootFilesystem: true,
    stopTimeout: Duration.seconds(30),
    linuxParameters: new ecs.LinuxParameters(scope, `${name}-Linux`, { initProcessEnabled: true }),
  });
  container.linuxParameters!.dropCapabilities(ecs.Capability.ALL);
  // owner and mode of the folders come from VOLUME in deploy/Dockerfile: Fargate knows no tmpfs
  for (const folder of image === 'web' ? ['tmp'] : ['tmp', 'data']) {
    task.addVolume({ name: folder });
    container.addMountPoints({ sourceVolume: folder, containerPath: `/${folder}`, readOnly: false });
  }
  return task;
}
