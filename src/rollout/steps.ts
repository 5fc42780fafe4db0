import { identity, type Pod } from '../kubectl/objects';
import { hasLetOldGo, isBeingSetUp, isReady, newPods, oldPods, type Snapshot } from './snapshot';
import { isThrownOut } from './trouble';
import type { WaitingFor } from './verdict';
import type { Pull } from './wording';

/** Pods `first` to `last` of all, counted by how many have come so far. */
export interface Some {
  readonly first: number;
  readonly last: number;
  readonly of: number;
}

/** Something that has happened in a rollout, as its log tells it. */
export type Step =
  | ({ readonly did: 'starts'; readonly nodes: readonly string[] } & Some)
  /** `seconds`: from a pod's creation, of the quickest and the slowest. */
  | ({ readonly did: 'ready'; readonly seconds?: readonly [number, number] } & Some)
  | ({ readonly did: 'stopping' } & Some)
  | { readonly did: 'kept' | 'lost'; readonly ready: number; readonly of: number }
  | { readonly did: 'pulled'; readonly pull: Pull }
  | { readonly did: 'serves'; readonly ready: number; readonly of: number; readonly old: 'none' | 'ended' | number };

/** The pods that are watched: those of the new version, of one that was there already, or of the one that is brought back. */
export type Which = 'new' | 'present' | 'restored';

/** What is waited for, as far as a pod's own state says more of it than the rollout's. */
export type Wait = WaitingFor | 'old-ending' | 'node' | 'set-up' | 'program' | 'restart';

/** What has been told of a rollout so far: pods by UID. */
export interface Told {
  readonly started: readonly string[];
  readonly ready: readonly string[];
  readonly pulled: readonly string[];
  readonly old: readonly string[];
  readonly stopped: readonly string[];
}

/** What was there before the rollout is no news. */
export function beginTelling(snapshot: Snapshot): Told {
  const ready = present(snapshot).filter(isReady).map(uidOf);
  return { started: ready, ready, pulled: ready, old: staying(snapshot).map(uidOf), stopped: [] };
}

/**
 * What has happened since that was told. Looks of which nothing is told may be left out: what happened meanwhile then comes as one
 * step, so a rollout of many pods needs no more lines than one of few.
 */
export function stepsSince(
  told: Told,
  snapshot: Snapshot,
  desired: number,
): { readonly told: Told; readonly steps: readonly Step[] } {
  const pods = present(snapshot);
  // Until the controller has seen the template, all pods of a StatefulSet pass for old ones.
  const isNews = (known: readonly string[]) => (pod: Pod) =>
    !known.includes(uidOf(pod)) && !told.old.includes(uidOf(pod));
  const some = (count: number, last: number, all: number): Some => ({
    first: Math.max(1, last - count + 1),
    last,
    of: Math.max(all, last),
  });
  const started = pods.filter((pod) => pod.spec?.nodeName !== undefined || isReady(pod));
  const ready = pods.filter(isReady);
  const stay = hasLetOldGo(snapshot) ? [] : staying(snapshot).map(uidOf);
  const old = [...new Set([...told.old, ...stay])].filter((uid) => !pods.some((pod) => uidOf(pod) === uid));
  const stopped = old.filter((uid) => !stay.includes(uid));

  const steps: Step[] = [];
  const pulled = pods.filter((pod) => snapshot.pulled?.[uidOf(pod)]).filter(isNews(told.pulled));
  const [pull] = pulled.flatMap((pod) => snapshot.pulled?.[uidOf(pod)] ?? []).sort((one, other) => other.ms - one.ms);
  if (pull) steps.push({ did: 'pulled', pull });
  const nowReady = ready.filter(isNews(told.ready));
  if (nowReady.length > 0) {
    const seconds = nowReady.flatMap(secondsToReady).sort((one, other) => one - other);
    const [least, most = least] = [seconds[0], seconds.at(-1)];
    const range = least !== undefined && most !== undefined && { seconds: [least, most] as const };
    steps.push({ did: 'ready', ...some(nowReady.length, ready.length, desired), ...range });
  }
  if (pods.some((pod) => told.ready.includes(uidOf(pod)) && !isReady(pod)))
    steps.push({ did: 'lost', ready: ready.length, of: desired });
  const newlyStopped = stopped.filter((uid) => !told.stopped.includes(uid));
  if (newlyStopped.length > 0)
    steps.push({ did: 'stopping', ...some(newlyStopped.length, stopped.length, old.length) });
  const starting = started.filter(isNews(told.started)).filter((pod) => !isReady(pod));
  if (starting.length > 0) {
    const nodes = [...new Set(starting.flatMap(({ spec }) => spec?.nodeName ?? []))];
    steps.push({ did: 'starts', ...some(starting.length, started.length, desired), nodes });
  }
  const uids = { started: started.map(uidOf), ready: ready.map(uidOf), pulled: pulled.map(uidOf) };
  return { told: { ...uids, pulled: [...told.pulled, ...uids.pulled], old, stopped }, steps };
}

/** How it stands once the new pods serve. */
export function serving(told: Told, snapshot: Snapshot, { ready, desired }: { ready: number; desired: number }): Step {
  const going = oldPods(snapshot).filter((pod) => !isThrownOut(pod) && (isGoing(pod) || hasLetOldGo(snapshot)));
  const isOver = told.old.length > 0 && told.old.length === told.stopped.length;
  return { did: 'serves', ready, of: desired, old: going.length || (isOver ? 'ended' : 'none') };
}

export function waitOf(waitingFor: WaitingFor, snapshot: Snapshot): Wait {
  if (waitingFor === 'pods') return oldPods(snapshot).some(isGoing) ? 'old-ending' : 'pods';
  const pod = present(snapshot).find((each) => !isReady(each));
  if (waitingFor !== 'ready' || !pod) return waitingFor;
  if (!pod.spec?.nodeName) return 'node';
  if (isBeingSetUp(pod)) return 'set-up';
  const { containerStatuses = [] } = pod.status ?? {};
  if (containerStatuses.some(({ state, lastState }) => !state?.running && (state?.terminated ?? lastState?.terminated)))
    return 'restart';
  return containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.running) ? 'program' : 'ready';
}

function present(snapshot: Snapshot): Pod[] {
  return newPods(snapshot).filter((pod) => !isThrownOut(pod));
}

function staying(snapshot: Snapshot): Pod[] {
  return oldPods(snapshot).filter((pod) => !isThrownOut(pod) && !isGoing(pod));
}

function isGoing({ metadata }: Pod): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function uidOf(pod: Pod): string {
  return identity(pod).uid;
}

/** By two times of the cluster, which are whole seconds; none where its clocks do not agree. */
function secondsToReady({ metadata, status }: Pod): number[] {
  const since = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  const seconds = (Date.parse(since ?? '') - Date.parse(metadata?.creationTimestamp ?? '')) / 1_000;
  return seconds >= 0 ? [seconds] : [];
}
