import { logsArgv, paths } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import {
  type ContainerStatus,
  type Event,
  identity,
  isStatefulSet,
  type Pod,
  statusesOf,
  type Workload,
} from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isBeingSetUp, isReady, newPods, type Snapshot } from './snapshot';

/** Milliseconds between two thoughts about who waits for too long; only reading events costs anything. */
const TICK_MS = 5_000;
/** Milliseconds that a pod may be set up, or be unready, before its events are read; where something has failed, none. */
const PATIENCE_MS = { setUp: 10_000, ready: 60_000, failed: 0 };
/** Milliseconds between two readings, doubling from the first to the last; for pods that are merely not ready, the last at once. */
const AGAIN_MS = { first: 10_000, last: 40_000 };
/** The second pod mostly waits for the same as the first. */
const PODS = 2;

/** The kubelet's and the volume controller's words for volumes and network that are not there. */
const FAILURES = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
]);

/** What the kubelet says of a probe's answer, and of pull secrets that the pod names and the namespace does not have. */
const SAYING = { setUp: '', ready: 'Unhealthy', failed: 'FailedToRetrieveImagePullSecret' };
const PULLING = new Set(['ErrImagePull', 'ImagePullBackOff']);
const FOREIGN = 'exec format error';
/** All that the log has of a program that the processor does not know: runc's own words. */
const FOREIGN_LOG = /^(?:exec \S+|standard_init_linux\.go:\d+: exec user process caused): "?exec format error"?$/;

/**
 * Reads what events say about pods that do not come on. Nothing in a pod's status tells a volume that cannot be mounted from an
 * image that is being pulled: the kubelet renews the status only after the pull (measured on 1.34: PodReadyToStartContainers
 * stays false meanwhile, too). And what a readiness probe is answered stands in events only.
 */
export class WaitingPods {
  /** By UID, of a pod or of a StatefulSet that lacks one. */
  said: NonNullable<Snapshot['said']> = {};

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly namespace: string,
  ) {}

  /** Goes on until `signal` aborts. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    let since: ReadonlyMap<string, number> = new Map();
    let pause = AGAIN_MS.first;
    let nextAt = 0;
    let refusalAt: number | undefined;
    while (!signal.aborted) {
      await this.clock.sleep(TICK_MS, signal);
      const now = this.clock.now();
      const { workload } = snapshot();
      if (workload && lacksPod(workload)) {
        refusalAt ??= now + PATIENCE_MS.setUp;
        if (now >= refusalAt && !signal.aborted) {
          await this.#readRefusal(workload, signal);
          refusalAt = now + AGAIN_MS.first;
        }
      } else if (workload && refusalAt !== undefined) {
        refusalAt = undefined;
        this.#say(workload, undefined);
      }
      const waiting = newPods(snapshot()).filter((pod) => !isReady(pod));
      const key = (pod: Pod) => `${identity(pod).uid}/${stageOf(pod)}`;
      since = new Map(waiting.map((pod) => [key(pod), since.get(key(pod)) ?? now]));
      const late = waiting.filter((pod) => now - (since.get(key(pod)) ?? now) + TICK_MS >= PATIENCE_MS[stageOf(pod)]);
      if (late.length === 0 || now < nextAt || signal.aborted) continue;
      await Promise.all(late.slice(0, PODS).map((pod) => this.#read(pod, signal)));
      nextAt = now + (late.every((pod) => stageOf(pod) === 'ready') ? AGAIN_MS.last : pause);
      pause = Math.min(pause * 2, AGAIN_MS.last);
    }
  }

  async #read(pod: Pod, signal: AbortSignal): Promise<void> {
    const { name } = identity(pod);
    const query = { fieldSelector: `involvedObject.name=${name}` };
    const events = await this.cluster.list<Event>(paths.events(this.namespace), query, signal).catch(() => undefined);
    const ended = statusesOf(pod).find(
      ({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.exitCode,
    );
    const text =
      (ended && (await this.#isForeign(name, ended, signal)) && FOREIGN) ||
      (events && (isBeingSetUp(pod) ? setUpFailure(events.items) : lastOf(events.items, SAYING[stageOf(pod)])));
    this.#say(pod, text);
  }

  /** A StatefulSet has no condition that says why a pod could not be created, as a Deployment has. */
  async #readRefusal(workload: Workload, signal: AbortSignal): Promise<void> {
    const query = { fieldSelector: `involvedObject.uid=${identity(workload).uid}` };
    const events = await this.cluster.list<Event>(paths.events(this.namespace), query, signal).catch(() => undefined);
    const refusals = events?.items.filter(({ reason }) => reason === 'FailedCreate') ?? [];
    const [last] = refusals.sort((one, other) => (other.lastTimestamp ?? '').localeCompare(one.lastTimestamp ?? ''));
    this.#say(workload, last?.message?.trim());
  }

  #say(object: Pod | Workload, text: string | undefined): void {
    const { [identity(object).uid]: _, ...others } = this.said;
    this.said = text ? { ...others, [identity(object).uid]: text } : others;
  }

  /** Whether the container's program is one for another processor: only its log says so. */
  async #isForeign(pod: string, { name: container, state }: ContainerStatus, signal: AbortSignal): Promise<boolean> {
    const previous = state?.terminated === undefined && state?.waiting === undefined;
    const argv = logsArgv({ namespace: this.namespace, pod, container, previous, lines: 5 });
    return this.cluster.text(argv, signal).then(
      (text) => FOREIGN_LOG.test(text.trim()),
      () => false,
    );
  }
}

/** Whether a StatefulSet has fewer pods than it wants: it makes the next one at once, if it is let. */
function lacksPod(workload: Workload): boolean {
  const { spec, status } = workload;
  return isStatefulSet(workload) && (status?.replicas ?? 0) < (spec?.replicas ?? 1);
}

/** What a pod waits for, as far as that decides how long it may. */
function stageOf(pod: Pod): keyof typeof PATIENCE_MS {
  if (isBeingSetUp(pod)) return 'setUp';
  const hasFailed = ({ state, lastState }: ContainerStatus) =>
    PULLING.has(state?.waiting?.reason ?? '') || Boolean((state?.terminated ?? lastState?.terminated)?.exitCode);
  return statusesOf(pod).some(hasFailed) ? 'failed' : 'ready';
}

/** What keeps a pod from being set up, by its events; undefined where it is, and only its image is still on the way. */
export function setUpFailure(events: readonly Event[]): string | undefined {
  // Images are pulled once volumes and network are there.
  if (events.some(({ reason }) => reason === 'Pulling' || reason === 'Pulled')) return undefined;
  return events.findLast(({ reason = '' }) => FAILURES.has(reason))?.message;
}

function lastOf(events: readonly Event[], wanted: string): string | undefined {
  return events.findLast(({ reason }) => reason === wanted)?.message?.trim();
}
