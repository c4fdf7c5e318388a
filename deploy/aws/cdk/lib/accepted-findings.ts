import { Validations, type Stack } from 'aws-cdk-lib';

const index = (table: string) =>
  `IAM5[Resource::arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/snapstream-${table}/index/*]`;

/** Findings of cdk-nag that the stack accepts, and why. Each other finding fails the synthesis. */
const accepted: Record<string, string> = {
  AEC4: 'Size small only: the content of the cache can be lost, as docs/operations.md describes under Outages',
  AEC5: 'Another port than 6379 hides nothing: only the security groups of the services reach it',
  CFR1: 'No country is excluded',
  CFR2: 'The services throttle by account and address; a web application firewall costs more than the size small',
  CFR3: 'Addresses contain what people search for; the services log requests without queries',
  EC23: 'The source is the address range of the VPC, an intrinsic value that the rule cannot read',
  ECS2: 'The variables are no secrets; secrets come from Secrets Manager',
  ECS4: 'Container Insights is billed for each metric; alarms and scaling use the metrics of the product',
  ELB2: 'Addresses contain what people search for; the services log requests without queries',
  S1: 'The services log who reads what; an access log of the bucket would repeat it at the price of a second bucket',
  SMG4: 'A rotation of the session secret logs all users out; docs/operations.md has the commands for both',
  'IAM5[Resource::*]': 'ecr:GetAuthorizationToken and the operations of the analysers know no resources',
  'IAM5[Resource::<Bucket83908E77.Arn>/*]': 'Media and workers store the objects of all accounts',
  [index('media')]: 'All indexes of a table that the role queries',
  [index('users')]: 'All indexes of a table that the role queries',
  [index('notifications')]: 'All indexes of a table that the role queries',
  [index('webhooks')]: 'All indexes of a table that the role queries',
};

export function acceptFindings(stack: Stack): void {
  for (const [id, reason] of Object.entries(accepted))
    Validations.of(stack).acknowledge({ id: `AwsSolutions::AwsSolutions-${id}`, reason });
}
