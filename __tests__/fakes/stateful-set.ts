import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { canonical, identity, type Pod, type Workload } from '../../src/kubectl/objects';
import { type Fate, isReady, podOf } from './pods';

/** What a controller makes of a workload. */
export interface Settled {
  readonly pods: readonly Pod[];
  readonly status: NonNullable<Workload['status']>;
}

const HASH = 'controller-revision-hash';

/** Makes and ends the pods of a StatefulSet (k8s.io/kubernetes/pkg/controller/statefulset/stateful_set_control.go). */
export class StatefulSetController {
  readonly #templates: string[] = [];
  #made = 0;

  /** Takes one step after the other, until there is none to take. */
  settle(set: Workload, before: readonly Pod[], fateOf: (image: string) => Fate): Settled {
    const { spec, status } = set;
    const update = this.#revisionOf(set, canonical(spec?.template));
    const current = status?.currentRevision ?? update;
    const revisions = { update, current };
    let pods = [...before];
    for (let step = nextStep(set, pods, revisions); step; step = nextStep(set, pods, revisions)) {
      const { end, make } = step;
      pods = pods.filter((pod) => pod !== end);
      if (make) pods.push(this.#podOf(set, make, fateOf));
    }
    const updated = pods.filter((pod) => isOf(pod, update)).length;
    const ready = pods.filter(isReady).length;
    const isOver = updated === spec?.replicas && ready === updated;
    return {
      pods,
      status: {
        observedGeneration: identity(set).generation,
        replicas: pods.length,
        updatedReplicas: updated,
        readyReplicas: ready,
        availableReplicas: ready,
        currentRevision: isOver ? update : current,
        updateRevision: update,
      },
    };
  }

  /** A template that was there before has its name of then. */
  #revisionOf(set: Workload, template: string): string {
    if (!this.#templates.includes(template)) this.#templates.push(template);
    return `${identity(set).name}-${this.#templates.indexOf(template)}`;
  }

  #podOf(set: Workload, { name, revision }: Make, fateOf: (image: string) => Fate): Pod {
    const owner = { kind: 'StatefulSet', name: identity(set).name, uid: identity(set).uid } as const;
    const template = JSON.parse(this.#templates[Number(revision.split('-').at(-1))] ?? '{}') as PodTemplateSpec;
    const fate = fateOf(template.spec?.containers[0]?.image ?? '');
    // A pod that is made again has the name of the one before, and another UID.
    return podOf({ name, uid: `${name}-made-${this.#made++}`, owner, labels: { [HASH]: revision }, template, fate });
  }
}

interface Make {
  readonly name: string;
  readonly revision: string;
}

function nextStep(
  set: Workload,
  pods: readonly Pod[],
  { update, current }: { update: string; current: string },
): { readonly make?: Make; readonly end?: Pod } | undefined {
  const { replicas = 1, podManagementPolicy, updateStrategy } = set.spec ?? {};
  const { partition = 0 } = updateStrategy?.rollingUpdate ?? {};
  const names = Array.from({ length: replicas }, (_, ordinal) => `${identity(set).name}-${ordinal}`);
  const podAt = (name: string) => pods.find((pod) => identity(pod).name === name);
  for (const [ordinal, name] of names.entries()) {
    const pod = podAt(name);
    if (!pod) return { make: { name, revision: ordinal < partition ? current : update } };
    // It waits for this pod, whatever its template is: a broken one is in the way for good.
    if (podManagementPolicy === 'OrderedReady' && !isReady(pod)) return undefined;
  }
  for (const pod of names.slice(partition).reverse().map(podAt)) {
    if (pod && !isOf(pod, update)) return { end: pod };
    if (pod && !isReady(pod)) return undefined;
  }
  return undefined;
}

function isOf({ metadata }: Pod, revision: string): boolean {
  return metadata?.labels?.[HASH] === revision;
}
