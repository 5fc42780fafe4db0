import type { Workload } from '../../src/kubectl/objects';
import { deployment } from './deployment';

/** A StatefulSet of two replicas as the API server gives it: complete, its pods in order, no readiness probe. */
export function statefulSet(change: (draft: Required<Workload>) => void = () => {}): Required<Workload> {
  const { metadata, spec, status } = deployment();
  const { replicas: _, progressDeadlineSeconds: __, strategy: ___, ...same } = spec;
  const draft = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, annotations: {} },
    spec: {
      ...same,
      replicas: 2,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    },
    status: { ...status, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
  };
  // The type of the field `kind` is a Deployment's.
  const set = draft as Omit<typeof draft, 'kind'> as Required<Workload>;
  change(set);
  return set;
}
