import { type Container, canonical, identity, ownedBy, type Pod, type ReplicaSet } from '../kubectl/objects';
import type { Snapshot } from './snapshot';

/**
 * The ReplicaSet of the workload's present template, as the first of its pods shows it: to ask for it would cost the host a kubectl,
 * for a name and a UID that the pod carries. Undefined where no pod shows it for certain; then it has to be asked for.
 *
 * One that was not there before can only have been made for a template that came since. What a template says of names, images,
 * commands and settings stands in its pods as well; of the rest, admission adds to pods (volumes, limits).
 */
export function inferredReplicaSet({ workload, replicaSets, pods }: Snapshot): ReplicaSet | undefined {
  const template = workload?.spec?.template;
  if (!workload || !template) return undefined;
  const known = new Set(replicaSets.map((each) => identity(each).uid));
  for (const pod of pods) {
    const owner = pod.metadata?.ownerReferences?.find(({ controller, kind }) => controller && kind === 'ReplicaSet');
    if (!owner || known.has(owner.uid) || !isMadeFrom(pod, template)) continue;
    const { name, namespace = '', uid } = { ...workload.metadata };
    const { creationTimestamp = '' } = pod.metadata ?? {};
    const made: ReplicaSet = {
      metadata: {
        ...{ name: owner.name, uid: owner.uid, namespace, creationTimestamp },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: name ?? '', uid: uid ?? '', controller: true },
        ],
      },
      spec: { selector: {}, template },
    };
    // Its name is the workload's with the hash of the template.
    const hash = pod.metadata?.labels?.['pod-template-hash'];
    if (owner.name === `${name}-${hash}` && ownedBy(pod, owner.uid)) return made;
  }
  return undefined;
}

type Template = NonNullable<NonNullable<NonNullable<Snapshot['workload']>['spec']>['template']>;

function isMadeFrom({ metadata, spec }: Pod, template: Template): boolean {
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const { containers = [], initContainers = [] } = template.spec ?? {};
  return (
    holds(metadata?.labels, labels) &&
    holds(metadata?.annotations, annotations) &&
    containers.every((each) => has(spec?.containers, each)) &&
    initContainers.every((each) => has(spec?.initContainers, each))
  );
}

function holds(all: Readonly<Record<string, string>> = {}, some: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

/** What admission leaves as the template has it, mostly; where it does not, the ReplicaSet is asked for. */
const COMPARED = [
  ...(['image', 'command', 'args', 'env', 'envFrom', 'ports', 'resources'] as const),
  ...(['readinessProbe', 'livenessProbe', 'startupProbe', 'lifecycle'] as const),
] satisfies (keyof Container)[];

function has(all: readonly Container[] = [], wanted: Container): boolean {
  const told = (of: Container) => canonical(COMPARED.map((key) => of[key]));
  const found = all.find(({ name }) => name === wanted.name);
  return found !== undefined && told(found) === told(wanted);
}
