import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { workQueues } from '#contracts';
import { manifests } from './manifests';
import { yamlOfManifests } from './print';

interface Workload {
  metadata: { name: string };
  spec: {
    template: {
      spec: {
        securityContext: object;
        containers: Array<{ env: Array<{ name: string; value?: string }> }>;
      };
    };
    triggers: Array<{ metadata: { valueLocation: string } }>;
  };
}
const ofKind = (kind: string) =>
  manifests().filter((manifest) => manifest.kind === kind) as unknown as readonly Workload[];

describe('the manifests of Kubernetes', () => {
  it('are what deploy/k8s/snapstream.yaml contains (npm run k8s)', () => {
    const committed = readFileSync(join(__dirname, 'snapstream.yaml'), 'utf8');
    expect(committed).toBe(yamlOfManifests());
    expect(parseAllDocuments(committed).map((document) => document.toJSON() as unknown)).toEqual(manifests());
  });

  it('run every container without root, capabilities and a writable root, and within its memory', () => {
    for (const { spec } of ofKind('Deployment')) {
      expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const container of spec.template.spec.containers) {
        expect(container).toMatchObject({
          livenessProbe: {},
          readinessProbe: {},
          resources: { limits: { memory: expect.any(String) as string } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        });
      }
    }
  });

  it('consume every work queue, and scale its workers by the work ahead of it', () => {
    const consumed = ofKind('Deployment').flatMap(({ spec }) =>
      spec.template.spec.containers.flatMap(({ env }) =>
        env.filter(({ name }) => name === 'WORKER_QUEUES').flatMap(({ value }) => value!.split(',')),
      ),
    );
    const scaled = ofKind('ScaledObject').flatMap(({ spec }) =>
      spec.triggers.map(({ metadata }) => /^queues\.(\w+)\.workSeconds$/.exec(metadata.valueLocation)![1]),
    );
    expect(consumed.toSorted()).toEqual(workQueues.toSorted());
    expect(scaled.toSorted()).toEqual(workQueues.toSorted());
  });

  it('give the session secret to services with sessions only', () => {
    const holders = ofKind('Deployment')
      .filter(({ spec }) => JSON.stringify(spec).includes('SESSION_SECRET'))
      .map(({ metadata }) => metadata.name);
    expect(holders).toEqual(['auth', 'media', 'notification']);
  });
});
