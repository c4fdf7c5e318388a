import { workQueues } from '../../libs/contracts/jobs';
import { labels, OPS_PORT, podOf, type Manifest, type Program } from './pods';

const NODE_UID = 1000;
const NGINX_UID = 101;
const api = { image: 'snapstream/api', port: 3000, replicas: 2, uid: NODE_UID, needsSession: true } as const;
const worker = { image: 'snapstream/worker', replicas: null, uid: NODE_UID } as const;

const services: readonly Program[] = [
  { ...api, name: 'auth', args: ['dist/services/auth/main.js'], cpu: '250m', memory: '1Gi' },
  { ...api, name: 'media', args: ['dist/services/media/main.js'], cpu: '500m', memory: '1Gi' },
  { ...api, name: 'notification', args: ['dist/services/notification/main.js'], cpu: '250m', memory: '1Gi' },
  { name: 'web', image: 'snapstream/web', port: 8080, replicas: 2, uid: NGINX_UID, cpu: '100m', memory: '128Mi' },
];

/** The queues of each pool of workers, and the seconds in which it is to finish a backlog. */
const pools: ReadonlyArray<{ name: string; queues: ReadonlyArray<(typeof workQueues)[number]>; seconds: number }> = [
  { name: 'worker-image', queues: ['image'], seconds: 30 },
  { name: 'worker-media', queues: ['audio', 'video'], seconds: 120 },
  { name: 'worker-analysis', queues: ['analysis'], seconds: 300 },
];

const workers = pools.map(({ name, queues }): Program => ({
  ...worker,
  name,
  env: { WORKER_QUEUES: queues.join(',') },
  cpu: '1',
  memory: '4Gi',
}));

/** Everything but the ConfigMap and the Secret `snapstream`, which hold the settings of an installation. */
export function manifests(): Manifest[] {
  const programs = [...services, ...workers];
  return [
    ...programs.map(({ name }) => serviceAccount(name)),
    ...programs.map(deployment),
    ...services.flatMap((program) => [service(program), budget(program)]),
    ...pools.map(scaledObject),
    ingress(),
    ...networkPolicies(programs),
  ];
}

const serviceAccount = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: `snapstream-${name}` },
  automountServiceAccountToken: false,
});

const deployment = (program: Program): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: program.name, labels: labels(program.name) },
  spec: {
    ...(program.replicas !== null && { replicas: program.replicas }),
    selector: { matchLabels: labels(program.name) },
    template: podOf(program),
  },
});

const service = ({ name, port, image }: Program): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels: labels(name) },
  spec: {
    selector: labels(name),
    ports: [
      { name: 'http', port: port!, targetPort: 'http' },
      ...(image === 'snapstream/web' ? [] : [{ name: 'ops', port: OPS_PORT, targetPort: 'ops' }]),
    ],
  },
});

const budget = ({ name }: Program): Manifest => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { minAvailable: 1, selector: { matchLabels: labels(name) } },
});

/** Workers = work ahead in seconds of one worker, divided by the seconds that a backlog may take. */
const scaledObject = ({ name, queues, seconds }: (typeof pools)[number]): Manifest => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name },
  spec: {
    scaleTargetRef: { name },
    pollingInterval: 15,
    cooldownPeriod: 300,
    minReplicaCount: 1,
    maxReplicaCount: 50,
    fallback: { failureThreshold: 4, replicas: 1 },
    triggers: queues.map((queue) => ({
      type: 'metrics-api',
      metadata: {
        url: `http://media:${OPS_PORT}/scaling`,
        format: 'json',
        valueLocation: `queues.${queue}.workSeconds`,
        targetValue: String(seconds),
      },
    })),
  },
});

const route = (path: string, name: string) => ({
  path,
  pathType: 'Prefix',
  backend: { service: { name, port: { name: 'http' } } },
});

/** Longest prefix first in every controller: pages and everything unknown are served by `web`. */
function ingress(): Manifest {
  const paths = [
    route('/api/auth', 'auth'),
    route('/api/notifications', 'notification'),
    route('/api/events', 'notification'),
    route('/api/webhooks', 'notification'),
    route('/api', 'media'),
    route('/health', 'media'),
    route('/', 'web'),
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'snapstream',
      annotations: {
        // uploads and event streams, as in deploy/local/nginx/proxy.conf
        'nginx.ingress.kubernetes.io/proxy-body-size': '0',
        'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
        'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
        'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      },
    },
    spec: { rules: [{ http: { paths } }] },
  };
}

const policy = (name: string, spec: object): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec,
});
const from = (role: string) => [{ namespaceSelector: { matchLabels: { 'snapstream/role': role } } }];

/** Nothing is reachable but HTTP from the ingress, and the ops port from KEDA and the monitoring. */
function networkPolicies(programs: readonly Program[]): Manifest[] {
  const ofProduct = { matchLabels: { 'app.kubernetes.io/part-of': 'snapstream' } };
  const http = programs.filter(({ port }) => port);
  return [
    policy('deny-ingress', { podSelector: ofProduct, policyTypes: ['Ingress'] }),
    ...http.map(({ name, port }) =>
      policy(`${name}-http`, {
        podSelector: { matchLabels: labels(name) },
        policyTypes: ['Ingress'],
        ingress: [{ from: from('ingress'), ports: [{ port }] }],
      }),
    ),
    policy('ops', {
      podSelector: ofProduct,
      policyTypes: ['Ingress'],
      ingress: [{ from: [...from('monitoring'), ...from('keda')], ports: [{ port: OPS_PORT }] }],
    }),
  ];
}
