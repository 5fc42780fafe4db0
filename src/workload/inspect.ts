import {
  type ImageReference,
  parseDigest,
  parseReference,
  printReference,
  type Repository,
  sameRepository,
} from '../image/reference';
import type { NamedContainer } from '../inputs/config';
import { type Container, isStatefulSet, type Pod, type Workload } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import type { Chosen, OtherContainer } from './images';
import { keptByPartition, standstill } from './stateful';

export interface ChosenContainer extends Chosen {
  /** As it stands in the workload now. */
  readonly image: string;
  readonly hasReadinessProbe: boolean;
  /** Where it listens, as far as the workload says: its readiness probe's port, else the first that it names. */
  readonly port?: number;
}

/**
 * The containers to update. Named ones: the first main container that gets the built image is the one that is judged, the others
 * follow it. Otherwise the only container, or else the only one whose repository is the image's.
 */
export function chooseContainer(
  workload: Workload,
  named: readonly NamedContainer[],
  repository: Repository,
): ChosenContainer | Problem {
  const deployment = nameIn(workload);
  const { containers = [], initContainers = [] } = workload.spec?.template.spec ?? {};
  const all = [...containers, ...initContainers].map(({ name }) => name);
  const missing = named.map(({ name }) => name).filter((name) => !all.includes(name));
  if (missing.length > 0)
    return problem('workload.no-container', { deployment, container: missing.join(', '), names: all });
  const isBuilt = (name: string) => named.some((each) => each.name === name && each.image === undefined);
  const fits = ({ name, image = '' }: Container) => {
    if (named.length > 0) return isBuilt(name);
    const runs = parseReference(image).value;
    return containers.length === 1 || (runs !== undefined && sameRepository(runs.repository, repository));
  };
  const fitting = containers.filter(fits);
  const [container] = fitting;
  if (!container || (named.length === 0 && fitting.length > 1))
    return problem('workload.which-container', { deployment, names: containers.map(({ name }) => name) });
  const { name, image = '', readinessProbe } = container;
  const others = named
    .filter((each) => each.name !== name)
    .map((each) => otherContainer(each, { containers, initContainers }));
  const port = portOf(container);
  return {
    index: containers.indexOf(container),
    name,
    image,
    hasReadinessProbe: readinessProbe !== undefined,
    ...(others.length > 0 && { others }),
    ...(port !== undefined && { port }),
  };
}

type Lists = Readonly<Record<OtherContainer['list'], readonly Container[]>>;

function otherContainer({ name, image }: NamedContainer, lists: Lists): OtherContainer {
  const list = lists.containers.some((each) => each.name === name) ? 'containers' : 'initContainers';
  const index = lists[list].findIndex((each) => each.name === name);
  return { list, index, name, ...(image !== undefined && { fixed: image }) };
}

function portOf({ readinessProbe, ports = [] }: Container): number | undefined {
  const probed = readinessProbe?.httpGet?.port ?? readinessProbe?.tcpSocket?.port;
  if (typeof probed === 'number') return probed;
  return (ports.find(({ name }) => name !== undefined && name === probed) ?? ports[0])?.containerPort;
}

/** What a container runs by a tag that is being pushed: afterwards the tag means another image. */
export interface Overwritten {
  readonly image: string;
  /** The same, pinned by the digest that its ready pods have; missing where they do not agree on one. */
  readonly pinned?: string;
}

/**
 * Whether the tag that the container runs is among those pushed; undefined where it is not. Of `imageID` only the digest is used:
 * its repository is any under which the node knows the same image.
 */
export function overwritten(
  { container, pods }: { container: ChosenContainer; pods: { readonly items: readonly Pod[] } },
  pushed: readonly ImageReference[],
): Overwritten | undefined {
  const { image } = container;
  const reference = parseReference(image).value;
  if (!reference || reference.digest) return undefined;
  const { repository, tag = 'latest' } = reference;
  if (!pushed.some((each) => sameRepository(each.repository, repository) && each.tag === tag)) return undefined;
  const pinned = pinnedBy({ container, pods });
  return pinned === undefined ? { image } : { image, pinned };
}

/** The image that the container runs by its tag, with the digest that its ready pods have; undefined where they agree on none. */
export function pinnedBy({
  container,
  pods,
}: {
  container: ChosenContainer;
  pods: { readonly items: readonly Pod[] };
}): string | undefined {
  const { image, name } = container;
  const reference = parseReference(image).value;
  if (!reference || reference.digest) return undefined;
  const statuses = pods.items
    .filter(({ spec }) => spec?.containers.some((each) => each.name === name && each.image === image))
    .flatMap(({ status }) => status?.containerStatuses?.filter((each) => each.name === name && each.ready) ?? []);
  const [digest, ...others] = new Set(statuses.map(({ imageID }) => parseDigest(imageID.split('@')[1] ?? '').value));
  if (digest === undefined || others.length > 0) return undefined;
  return printReference({ ...reference, tag: reference.tag ?? 'latest', digest });
}

/** The workload as the input names it. */
function nameIn(workload: Workload): string {
  const kind = isStatefulSet(workload) ? 'statefulset' : 'deployment';
  return printWorkload({ kind, name: workload.metadata?.name ?? '' });
}

/** Why a rollout of this workload could not be carried through or judged; undefined where it can. */
export function obstacle(workload: Workload, namespace: string): Problem | undefined {
  const deployment = nameIn(workload);
  if (workload.metadata?.deletionTimestamp) return problem('workload.deleting', { deployment, namespace });
  if (workload.spec?.paused) return problem('workload.paused', { deployment, namespace });
  if (workload.spec?.replicas === 0) return problem('workload.zero', { deployment, namespace });
  return standstill(workload, { deployment, namespace });
}

/** Whether everything the workload asks for runs and is available: the image it runs is then known to serve. */
export function isComplete(workload: Workload): boolean {
  const { metadata, spec, status } = workload;
  const desired = spec?.replicas ?? 1;
  const kept = keptByPartition(workload);
  return (
    desired > 0 &&
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) >= desired - kept &&
    status?.replicas === desired &&
    status?.availableReplicas === desired &&
    (kept > 0 || status.currentRevision === status.updateRevision)
  );
}
