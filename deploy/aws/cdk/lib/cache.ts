import { aws_ec2 as ec2, aws_elasticache as elasticache, aws_secretsmanager as secrets } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Size } from './sizes';

export interface Cache {
  url: string;
  password: secrets.Secret;
  securityGroup: ec2.SecurityGroup;
  /** Names of the nodes, for alarms. */
  nodeIds: string[];
}

/**
 * Valkey on nodes. Not serverless: that evicts keys, and is always in cluster mode, which BullMQ does not support
 * (https://docs.bullmq.io/guide/redis-tm-hosting/aws-elasticache).
 */
export function createCache(scope: Construct, vpc: ec2.IVpc, { cacheNode, cacheNodes }: Size): Cache {
  const securityGroup = new ec2.SecurityGroup(scope, 'CacheSecurityGroup', { vpc, allowAllOutbound: false });
  const password = new secrets.Secret(scope, 'CachePassword', {
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
  });
  const parameters = new elasticache.CfnParameterGroup(scope, 'CacheParameters', {
    cacheParameterGroupFamily: 'valkey8',
    description: 'A queue must not lose keys',
    properties: { 'maxmemory-policy': 'noeviction' },
  });
  const subnets = new elasticache.CfnSubnetGroup(scope, 'CacheSubnets', {
    description: 'Private subnets',
    subnetIds: vpc.privateSubnets.map(({ subnetId }) => subnetId),
  });
  const group = new elasticache.CfnReplicationGroup(scope, 'Cache', {
    replicationGroupId: 'snapstream',
    replicationGroupDescription: 'Sessions, queues and live events of SnapStream',
    engine: 'valkey',
    engineVersion: '8.0',
    cacheNodeType: cacheNode,
    numCacheClusters: cacheNodes,
    automaticFailoverEnabled: cacheNodes > 1,
    multiAzEnabled: cacheNodes > 1,
    clusterMode: 'disabled',
    transitEncryptionEnabled: true,
    atRestEncryptionEnabled: true,
    // a reference that CloudFormation resolves: the password is not in the template
    authToken: password.secretValue.unsafeUnwrap(),
    cacheParameterGroupName: parameters.ref,
    cacheSubnetGroupName: subnets.ref,
    securityGroupIds: [securityGroup.securityGroupId],
  });
  return {
    url: `rediss://${group.attrPrimaryEndPointAddress}:${group.attrPrimaryEndPointPort}`,
    password,
    securityGroup,
    nodeIds: Array.from({ length: cacheNodes }, (_, index) => `snapstream-00${index + 1}`),
  };
}
