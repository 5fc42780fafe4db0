import { logsArgv, paths } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import { type Event, identity, isStatefulSet, type Node, type Pod } from '../kubectl/objects';
import { mayPass, patiently } from '../kubectl/patience';
import type { Clock } from '../system/clock';
import { type Room, roomFor, shortOf } from './room';
import { currentReplicaSet, newPods, type Snapshot, type Target } from './snapshot';
import { troublesOf } from './trouble';
import type { Cause, PodTrouble } from './verdict';
import { type Warning, warningsAbout } from './warnings';
import { withoutPasswords } from './wording';

/** The last lines of a container, taken when a rollout failed. */
export interface ContainerLog {
  readonly pod: string;
  readonly container: string;
  readonly lines: string;
}

/** What the cluster knows about a failure, taken before a rollback ends the pods that it is about. */
export interface Evidence {
  readonly logs: readonly ContainerLog[];
  readonly warnings: readonly Warning[];
  /** New pods (by name) whose image was being pulled. */
  readonly pulling: readonly string[];
  /** What the nodes had free, where a pod found no room and the deploy user may see the nodes. */
  readonly room?: Room;
}

const LINES = 50;
/** The worst two pods show what there is to see; more are the same again. */
const PODS = 2;
/** Containers of a pod whose logs are taken. */
const CONTAINERS = 2;
/** Milliseconds that gathering may take: users wait for the rollback meanwhile. */
const GATHER_MS = 10_000;
/** And that much more where the API server or its host is away: nothing can be put back before it is there again. */
const AWAY_MS = 60_000;

/** What kubectl prints, with success, for a container that the kubelet has removed meanwhile. */
const GONE = /^unable to retrieve container logs for /;

export interface Failed {
  readonly namespace: string;
  readonly cause: Cause;
  readonly snapshot: Snapshot;
  readonly target: Target;
  /** Whether the cluster cannot be seen at present. */
  readonly isBlind: () => boolean;
}

/** Gathers what there is to know. What cannot be read is left out: it changes no verdict. */
export async function gatherEvidence(cluster: Cluster, clock: Clock, failed: Failed): Promise<Evidence> {
  const { namespace, snapshot, target } = failed;
  const pods = worstPods(snapshot, target);
  const enough = new AbortController();
  let isAway = false;
  const tooLong = async () => {
    await clock.sleep(GATHER_MS, enough.signal);
    if (isAway || failed.isBlind()) await clock.sleep(AWAY_MS, enough.signal);
    return undefined;
  };
  const onTrouble = () => {
    isAway = true;
  };
  const within = <T>(read: () => Promise<T>): Promise<T | undefined> =>
    Promise.race([patiently(read, { clock, signal: enough.signal, onTrouble }), tooLong()]).catch(() => undefined);
  const about = subjects(snapshot, pods);
  const [events, room, ...logs] = await Promise.all([
    Promise.all(about.map((uid) => within(() => readEvents(cluster, namespace, uid)))),
    within(() => readRoom(cluster, failed)),
    ...pods.flatMap((pod) =>
      loggers(pod, target).map((trouble) => within(() => lastWords(cluster, namespace, trouble))),
    ),
  ]);
  enough.abort();
  const said = events.flatMap((each) => each ?? []);
  return {
    logs: logs.flatMap((each) => each ?? []),
    warnings: warningsAbout(said, new Set(about)),
    pulling: pods.filter((pod) => isPulling(said, pod)).map((pod) => identity(pod).name),
    ...(room && { room }),
  };
}

/** New pods with trouble first, those with the most restarts before all. */
function worstPods(snapshot: Snapshot, target: Target): Pod[] {
  const weight = (pod: Pod) => {
    const [trouble] = troublesOf(pod, target);
    return trouble ? trouble.restarts + (trouble.reason === 'NotReady' ? 1 : 2) : 0;
  };
  return [...newPods(snapshot)].sort((one, other) => weight(other) - weight(one)).slice(0, PODS);
}

/** The containers of a pod whose logs may say why: those in trouble; in a pod without any, the one that was updated. */
function loggers(pod: Pod, target: Target): PodTrouble[] {
  const troubles = troublesOf(pod, target);
  const { name } = identity(pod);
  if (troubles.length === 0) return [{ pod: name, container: target.container, reason: '', message: '', restarts: 0 }];
  return troubles.filter(({ container }) => container !== '').slice(0, CONTAINERS);
}

/** Whose events are read: the pods'; where there are none, those of what should have made them. */
function subjects(snapshot: Snapshot, pods: readonly Pod[]): string[] {
  const { workload } = snapshot;
  const maker = workload && isStatefulSet(workload) ? workload : currentReplicaSet(snapshot);
  return (pods.length > 0 || !maker ? pods : [maker]).map((each) => identity(each).uid);
}

/** One object's: a namespace may have thousands. */
async function readEvents(cluster: Cluster, namespace: string, uid: string): Promise<readonly Event[]> {
  const query = { fieldSelector: `involvedObject.uid=${uid}` };
  return (await cluster.list<Event>(paths.events(namespace), query)).items;
}

function isPulling(events: readonly Event[], pod: Pod): boolean {
  const reasons = events
    .filter(({ involvedObject }) => involvedObject.uid === identity(pod).uid)
    .map(({ reason }) => reason);
  return reasons.includes('Pulling') && !reasons.includes('Pulled') && !reasons.includes('Failed');
}

async function readRoom(cluster: Cluster, { cause, snapshot }: Failed): Promise<Room | undefined> {
  const sign = cause.code === 'deadline' ? cause.behind : cause;
  if (sign?.code !== 'no-room') return undefined;
  const resource = shortOf(sign.trouble.message);
  const pod = newPods(snapshot).find(({ metadata }) => metadata?.name === sign.trouble.pod);
  if (!resource || !pod) return undefined;
  const [nodes, pods] = await Promise.all([cluster.list<Node>(paths.nodes), cluster.list<Pod>(paths.allPods)]);
  return roomFor(pod.spec, resource, nodes.items, pods.items);
}

/** The last lines that a failing container wrote, those of the run that ended badly first; none where it wrote none. */
async function lastWords(cluster: Cluster, namespace: string, trouble: PodTrouble): Promise<ContainerLog[]> {
  const { pod, container, restarts, reason } = trouble;
  // Without --previous kubectl shows the newest run, also one that has ended. Only where it runs again is the bad one the last.
  const order = reason === 'Restarted' ? [true, false] : restarts > 0 ? [false, true] : [false];
  const read = (previous: boolean) =>
    cluster.text(logsArgv({ namespace, pod, container, previous, lines: LINES })).then(
      (text) => (GONE.test(text) ? '' : withoutPasswords(text.trimEnd())),
      // A container that never started has no log: its status says why.
      (error: unknown) => {
        if (mayPass(error)) throw error;
        return '';
      },
    );
  const texts = new Set((await Promise.all(order.map(read))).filter((text) => text.trim() !== ''));
  return [...texts].map((lines) => ({ pod, container, lines }));
}
