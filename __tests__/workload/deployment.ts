import type { Deployment } from '../../src/kubectl/objects';

export const OLD_IMAGE = `caringnote/caring-note-api:old@sha256:${'1'.repeat(64)}`;

/** A Deployment as the API server gives it: complete, one replica, no readiness probe. */
export function deployment(change: (draft: Required<Deployment>) => void = () => {}): Required<Deployment> {
  const draft = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'caring-note-api',
      namespace: 'default',
      uid: '5f9c1d2e-0000-4000-8000-000000000001',
      resourceVersion: '100',
      generation: 3,
      annotations: { 'deployment.kubernetes.io/revision': '3', 'example.org/kept~as': 'it is' },
    },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'caring-note-api' } },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: { app: 'caring-note-api' } },
        spec: {
          containers: [
            { name: 'caring-note-api', image: OLD_IMAGE, env: [{ name: 'A', value: 'b' }] },
            { name: 'proxy', image: 'envoyproxy/envoy:v1.30' },
          ],
        },
      },
    },
    status: { observedGeneration: 3, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
  } satisfies Required<Deployment>;
  change(draft);
  return draft;
}
