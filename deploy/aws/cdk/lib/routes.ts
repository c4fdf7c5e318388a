import {
  aws_certificatemanager as acm,
  aws_cloudfront as cloudfront,
  aws_cloudfront_origins as origins,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_elasticloadbalancingv2 as elb,
  Duration,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { OPS_PORT } from './programs';
import type { Settings } from './settings';

export type Target = 'auth' | 'media' | 'notification' | 'web';

/** The routes of deploy/local/nginx/nginx.conf; what none of them has belongs to `media`. At most 5 paths a rule. */
export const rules: ReadonlyArray<{ to: Target; paths: readonly string[] }> = [
  { to: 'auth', paths: ['/api/auth*', '/api/admin/users*', '/api/admin/audit*'] },
  { to: 'notification', paths: ['/api/notifications*', '/api/webhooks*', '/api/events*', '/api/unsubscribe*'] },
  { to: 'media', paths: ['/api*', '/health*'] },
  { to: 'web', paths: ['/', '/assets/*', '/login', '/register', '/upload'] },
  { to: 'web', paths: ['/forgot-password', '/reset-password', '/confirm-email', '/profile', '/notifications'] },
  { to: 'web', paths: ['/media', '/media/*', '/admin', '/admin/*'] },
];

const liveness: Record<Target, { path: string; port?: string }> = {
  auth: { path: '/health/live', port: String(OPS_PORT) },
  media: { path: '/health/live', port: String(OPS_PORT) },
  notification: { path: '/health/live', port: String(OPS_PORT) },
  web: { path: '/login' },
};

export interface Destination {
  service: ecs.FargateService;
  port: number;
}

/** Creates the load balancer, which only CloudFront reaches, in the private subnets. */
export function createLoadBalancer(
  scope: Construct,
  vpc: ec2.Vpc,
  certificateArn: string,
  targets: Record<Target, Destination>,
) {
  const balancer = new elb.ApplicationLoadBalancer(scope, 'LoadBalancer', {
    vpc,
    internetFacing: false,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    // event streams send something every 20 s, and uploads end after 60 s without a byte, with a problem
    idleTimeout: Duration.seconds(120),
    dropInvalidHeaderFields: true,
  });
  const groups = Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [name, groupOf(scope, vpc, name as Target, target)]),
  ) as Record<Target, elb.ApplicationTargetGroup>;
  for (const [name, { service }] of Object.entries(targets))
    if (name !== 'web') service.connections.allowFrom(balancer, ec2.Port.tcp(OPS_PORT), 'Health');
  const listener = balancer.addListener('Https', {
    port: 443,
    open: false,
    certificates: [acm.Certificate.fromCertificateArn(scope, 'Certificate', certificateArn)],
    sslPolicy: elb.SslPolicy.TLS13_RES,
    defaultAction: elb.ListenerAction.forward([groups.media]),
  });
  // the interfaces of CloudFront are in the private subnets
  listener.connections.allowDefaultPortFrom(ec2.Peer.ipv4(vpc.vpcCidrBlock), 'CloudFront');
  addRules(listener, groups);
  return { balancer, groups };
}

function addRules(listener: elb.ApplicationListener, groups: Record<Target, elb.ApplicationTargetGroup>): void {
  rules.forEach(({ to, paths }, index) => {
    listener.addAction(`Rule${index}`, {
      priority: index + 1,
      conditions: [elb.ListenerCondition.pathPatterns([...paths])],
      action: elb.ListenerAction.forward([groups[to]]),
    });
  });
  // browsers get the page for 404, other clients the problem of the API
  listener.addAction('Pages', {
    priority: rules.length + 1,
    conditions: [elb.ListenerCondition.httpHeader('Accept', ['*text/html*'])],
    action: elb.ListenerAction.forward([groups.web]),
  });
}

const groupOf = (scope: Construct, vpc: ec2.IVpc, name: Target, { service, port }: Destination) =>
  new elb.ApplicationTargetGroup(scope, `${name}-Targets`, {
    vpc,
    port,
    protocol: elb.ApplicationProtocol.HTTP,
    targets: [service],
    // liveness: with Redis unavailable the services answer with a problem, which is better than no response
    healthCheck: { ...liveness[name], interval: Duration.seconds(10), timeout: Duration.seconds(5) },
    deregistrationDelay: Duration.seconds(20),
  });

/**
 * CloudFront in front of everything. It stores the assets, whose names contain their hash, and nothing else: media and
 * what is derived from them belong to an account or a share, which the services check for each request.
 */
export function createCdn(
  scope: Construct,
  balancer: elb.ApplicationLoadBalancer,
  { domain, cdnCertificateArn }: Settings,
): cloudfront.Distribution {
  const origin = origins.VpcOrigin.withApplicationLoadBalancer(balancer, {
    // the name that the certificate of the load balancer has
    domainName: domain,
    protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
    readTimeout: Duration.seconds(60),
  });
  const all = {
    origin,
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER,
  };
  return new cloudfront.Distribution(scope, 'Cdn', {
    comment: 'SnapStream',
    domainNames: [domain],
    certificate: acm.Certificate.fromCertificateArn(scope, 'CdnCertificate', cdnCertificateArn),
    minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
    httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
    priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
    defaultBehavior: {
      ...all,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
    },
    additionalBehaviors: { '/assets/*': { ...all, cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED } },
  });
}
