import { paths } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import { type ContainerStatus, type Event, identity, type Pod, statusesOf } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { newPods, type Snapshot } from './snapshot';
import { type Pull, pullIn } from './wording';

/** Milliseconds between two looks at what is known; only reading events costs anything. */
const TICK_MS = 1_000;
/** Readings of events that a rollout has for this, and milliseconds between them: one is for all pods that have come by then. */
const READINGS = 3;
const AGAIN_MS = 10_000;
/** Seconds of being set up from which it is worth a question where they have gone, and milliseconds of pulling that are worth a line. */
const SLOW_SECONDS = 3;
const WORTH_MS = 1_000;

/** Finds out how long pulling took, where new pods took long to be set up. Nothing waits for it, and nothing depends on it. */
export class Pulls {
  /** By pod UID. */
  seen: NonNullable<Snapshot['pulled']> = {};

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly namespace: string,
  ) {}

  /** Goes on until `signal` aborts. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    const slow = () => newPods(snapshot()).filter((pod) => secondsToSetUp(pod) >= SLOW_SECONDS);
    const asked = new Set(slow().map((pod) => identity(pod).uid));
    for (let readings = 0; readings < READINGS && !signal.aborted; ) {
      await this.clock.sleep(TICK_MS, signal);
      const pods = slow().filter((pod) => !asked.has(identity(pod).uid));
      if (pods.length === 0 || signal.aborted) continue;
      for (const pod of pods) asked.add(identity(pod).uid);
      // What cannot be read now, mostly for want of the right, is left out.
      if (!(await this.#read(pods, signal))) return;
      readings++;
      await this.clock.sleep(AGAIN_MS, signal);
    }
  }

  async #read(pods: readonly Pod[], signal: AbortSignal): Promise<boolean> {
    const [only, ...others] = pods;
    const name = only && others.length === 0 ? `involvedObject.name=${identity(only).name},` : '';
    const query = { fieldSelector: `${name}reason=Pulled` };
    const list = await this.cluster.list<Event>(paths.events(this.namespace), query, signal).catch(() => undefined);
    if (!list) return false;
    const pulls = pods.flatMap((pod): [string, Pull][] => {
      const { uid } = identity(pod);
      const [slowest] = list.items
        .filter(({ involvedObject }) => involvedObject.uid === uid)
        .flatMap(({ message = '' }) => pullIn(message) ?? [])
        .filter(({ ms, waitedMs }) => ms + waitedMs >= WORTH_MS)
        .sort((one, other) => other.ms - one.ms);
      return slowest ? [[uid, slowest]] : [];
    });
    this.seen = { ...this.seen, ...Object.fromEntries(pulls) };
    return true;
  }
}

/** From the node's taking the pod up to its first container, by the node's own clock; 0 where that is not known. */
function secondsToSetUp(pod: Pod): number {
  const startedAt = ({ state, lastState }: ContainerStatus) =>
    (state?.running ?? state?.terminated ?? lastState?.terminated)?.startedAt ?? '';
  const [first] = statusesOf(pod)
    .map((each) => Date.parse(startedAt(each)))
    .sort((one, other) => one - other);
  return first === undefined ? 0 : (first - Date.parse(pod.status?.startTime ?? '')) / 1_000 || 0;
}
