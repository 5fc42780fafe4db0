import { paths } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import { type Event, identity, type Pod } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isBeingSetUp, newPods, type Snapshot } from './snapshot';

/** Milliseconds until a pod's events are read that is still being set up, doubling from the first to the last. */
const LOOK_MS = { first: 5_000, last: 40_000 };

/** The kubelet's and the volume controller's words for volumes and network that are not there. */
const FAILURES = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
]);

/**
 * Reads the events of pods that stay in "ContainerCreating". Nothing in a pod's status tells a volume that cannot be mounted
 * from an image that is being pulled: the kubelet renews the status only after the pull (measured on 1.34: also
 * PodReadyToStartContainers stays false meanwhile).
 */
export class SetUpCheck {
  failures: Readonly<Record<string, string>> = {};

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly namespace: string,
  ) {}

  /** Goes on until `signal` aborts. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    let before = new Set<string>();
    for (let wait = LOOK_MS.first; !signal.aborted; ) {
      await this.clock.sleep(wait, signal);
      const stuck = newPods(snapshot()).filter(isBeingSetUp);
      const again = stuck.filter((pod) => before.has(identity(pod).uid));
      before = new Set(stuck.map((pod) => identity(pod).uid));
      if (again.length > 0 && !signal.aborted) await this.#read(again, signal);
      wait = stuck.length > 0 && again.length > 0 ? Math.min(wait * 2, LOOK_MS.last) : LOOK_MS.first;
    }
  }

  async #read(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    // The worst is mostly the same for all.
    for (const pod of pods.slice(0, 2)) {
      const { name, uid } = identity(pod);
      const query = { fieldSelector: `involvedObject.name=${name}` };
      const events = await this.cluster.list<Event>(paths.events(this.namespace), query, signal).catch(() => undefined);
      if (events) this.failures = { ...this.failures, [uid]: setUpFailure(events.items) ?? '' };
    }
    this.failures = Object.fromEntries(Object.entries(this.failures).filter(([, message]) => message !== ''));
  }
}

/** What keeps a pod from being set up, by its events; undefined where it is, and only its image is still on the way. */
export function setUpFailure(events: readonly Event[]): string | undefined {
  // Images are pulled once volumes and network are there.
  if (events.some(({ reason }) => reason === 'Pulling' || reason === 'Pulled')) return undefined;
  return events.findLast(({ reason = '' }) => FAILURES.has(reason))?.message;
}
