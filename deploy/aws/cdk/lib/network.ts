import { aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Two zones. S3 and DynamoDB are reached by gateway endpoints, which are free, not by NAT, which bills each byte. */
export function createNetwork(scope: Construct, natGateways: number): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways,
    // true deploys a Lambda function; no security group of the stack is the default one
    restrictDefaultSecurityGroup: false,
    gatewayEndpoints: {
      S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
  vpc.addFlowLog('FlowLog', { trafficType: ec2.FlowLogTrafficType.REJECT });
  return vpc;
}
