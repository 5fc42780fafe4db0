import { paths } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import { type Event, identity, type Pod } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isBeingSetUp, isReady, newPods, type Snapshot } from './snapshot';

/** Milliseconds between two thoughts about who waits for too long; only reading events costs anything. */
const TICK_MS = 5_000;
/** Milliseconds that a pod may be set up, or be unready, before its events are read. */
const PATIENCE_MS = { setUp: 10_000, ready: 30_000 };
/** Milliseconds between two readings, doubling from the first to the last. */
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

/**
 * Reads what events say about pods that do not come on. Nothing in a pod's status tells a volume that cannot be mounted from an
 * image that is being pulled: the kubelet renews the status only after the pull (measured on 1.34: PodReadyToStartContainers
 * stays false meanwhile, too). And what a readiness probe is answered stands in events only.
 */
export class WaitingPods {
  /** By pod UID. */
  said: NonNullable<Snapshot['said']> = {};
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #namespace: string;

  constructor(cluster: Cluster, clock: Clock, namespace: string) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#namespace = namespace;
  }

  /** Goes on until `signal` aborts. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    let since: ReadonlyMap<string, number> = new Map();
    let pause = AGAIN_MS.first;
    let nextAt = 0;
    while (!signal.aborted) {
      await this.#clock.sleep(TICK_MS, signal);
      const now = this.#clock.now();
      const waiting = newPods(snapshot()).filter((pod) => isBeingSetUp(pod) || !isReady(pod));
      const key = (pod: Pod) => `${identity(pod).uid}/${isBeingSetUp(pod)}`;
      since = new Map(waiting.map((pod) => [key(pod), since.get(key(pod)) ?? now]));
      const late = waiting.filter((pod) => {
        const patience = isBeingSetUp(pod) ? PATIENCE_MS.setUp : PATIENCE_MS.ready;
        return now - (since.get(key(pod)) ?? now) + TICK_MS >= patience;
      });
      if (late.length === 0 || now < nextAt || signal.aborted) continue;
      for (const pod of late.slice(0, PODS)) await this.#read(pod, signal);
      nextAt = now + pause;
      pause = Math.min(pause * 2, AGAIN_MS.last);
    }
  }

  async #read(pod: Pod, signal: AbortSignal): Promise<void> {
    const { name, uid } = identity(pod);
    const query = { fieldSelector: `involvedObject.name=${name}` };
    const events = await this.#cluster.list<Event>(paths.events(this.#namespace), query, signal).catch(() => undefined);
    const text = events && (isBeingSetUp(pod) ? setUpFailure(events.items) : lastUnhealthy(events.items));
    const { [uid]: _, ...others } = this.said;
    if (events) this.said = text ? { ...others, [uid]: text } : others;
  }
}

/** What keeps a pod from being set up, by its events; undefined where it is, and only its image is still on the way. */
export function setUpFailure(events: readonly Event[]): string | undefined {
  // Images are pulled once volumes and network are there.
  if (events.some(({ reason }) => reason === 'Pulling' || reason === 'Pulled')) return undefined;
  return events.findLast(({ reason = '' }) => FAILURES.has(reason))?.message;
}

function lastUnhealthy(events: readonly Event[]): string | undefined {
  return events.findLast(({ reason }) => reason === 'Unhealthy')?.message?.trim();
}
