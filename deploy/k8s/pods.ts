/** A Kubernetes object; `kubectl` checks its schema. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  [field: string]: unknown;
}

export const labels = (name: string) => ({ 'app.kubernetes.io/part-of': 'snapstream', 'app.kubernetes.io/name': name });
export const OPS_PORT = 9090;

export interface Program {
  name: string;
  image: 'snapstream/api' | 'snapstream/worker' | 'snapstream/web';
  args?: string[];
  env?: Record<string, string>;
  /** Port of its HTTP API, if any. */
  port?: number;
  /** null: workers, whose number KEDA decides. */
  replicas: number | null;
  /** User of the image. */
  uid: number;
  needsSession?: boolean;
  cpu: string;
  memory: string;
}

/** Liveness for both: with Redis unavailable the services answer with a problem, which is better than no endpoint. */
const probe = (path: string, port: number) => ({ httpGet: { path, port }, periodSeconds: 10, timeoutSeconds: 5 });

const secret = (key: string) => ({ name: key, valueFrom: { secretKeyRef: { name: 'snapstream', key } } });

function container({ name, image, args, env = {}, port, cpu, memory, needsSession }: Program) {
  const isWeb = image === 'snapstream/web';
  const health = isWeb ? probe('/login', port!) : probe('/health/live', OPS_PORT);
  return {
    name,
    image,
    ...(args && { args }),
    env: [
      ...(isWeb ? [] : [secret('REDIS_PASSWORD')]),
      ...(needsSession ? [secret('SESSION_SECRET')] : []),
      ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
    ],
    ...(!isWeb && { envFrom: [{ configMapRef: { name: 'snapstream' } }] }),
    ports: [
      ...(port ? [{ name: 'http', containerPort: port }] : []),
      ...(isWeb ? [] : [{ name: 'ops', containerPort: OPS_PORT }]),
    ],
    startupProbe: { ...health, failureThreshold: 12 },
    livenessProbe: health,
    readinessProbe: health,
    // no new requests arrive once the endpoints are updated, which takes some seconds
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(isWeb ? [] : [{ name: 'data', mountPath: '/data' }])],
  };
}

/** The pod of a program: not root, read-only, without capabilities, as in docker-compose.yml. */
export function podOf(program: Program) {
  return {
    metadata: { labels: labels(program.name) },
    spec: {
      serviceAccountName: `snapstream-${program.name}`,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 40,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: program.uid,
        runAsGroup: program.uid,
        fsGroup: program.uid,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container(program)],
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'data', emptyDir: {} },
      ],
    },
  };
}
