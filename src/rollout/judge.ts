import { identity, isStatefulSet, type Pod } from '../kubectl/objects';
import { isKept, keptByPartition, revisionOf } from '../workload/stateful';
import { type Memory, remember } from './memory';
import type { Suspicion } from './signs/sign';
import { isReady, newPods, oldPods, runsImage, type Snapshot, type Target, templateOf } from './snapshot';
import { suspect } from './suspect';
import { worstTrouble } from './trouble';
import type { Cause, PodTrouble, Progress, Sign, Superseded, Verdict, WaitingFor } from './verdict';

/** What the judge remembers between looks. Times are of the caller's monotonic clock, in milliseconds. */
export interface JudgeState {
  readonly startedAt: number;
  /** Since when each suspicion has been seen without a break. */
  readonly since: Readonly<Record<string, number>>;
  readonly progress?: Progress;
  readonly memory: Memory;
  /** When an old pod was last seen on its way out. */
  readonly releasedAt?: number;
  readonly settling?: Settling;
}

interface Settling {
  readonly since: number;
  /** The restart counts that it was seen with. */
  readonly restarts: string;
  readonly ms: number;
}

export function beginJudging(now: number): JudgeState {
  return { startedAt: now, since: {}, memory: {} };
}

/**
 * Judges one look at the cluster. Pure: the same state, look and time give the same verdict.
 *
 * Good is what `kubectl rollout status` asks for (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go), and more: the
 * workload and its template are still ours, and enough of its pods are seen to be ready with our very image.
 */
export function judge(
  target: Target,
  state: JudgeState,
  snapshot: Snapshot,
  now: number,
): { state: JudgeState; verdict: Verdict } {
  const superseded = supersededBy(target, snapshot);
  if (superseded) return { state, verdict: { kind: 'superseded', by: superseded } };
  const pods = newPods(snapshot);
  const progress = progressOf(target, snapshot, pods);
  const wait = firstWait(target, snapshot, progress);
  const settling = wait === undefined ? settle(target, state, pods, now) : undefined;
  const waitingFor = wait ?? (settling && now - settling.since < settling.ms ? 'soak' : undefined);
  if (progress.desired === 0) return { state, verdict: { kind: 'unknown', why: 'scaled-to-zero' } };
  if (waitingFor === undefined) {
    const revision = (snapshot.workload && revisionOf(snapshot.workload)) ?? '';
    return { state: { ...state, progress }, verdict: { kind: 'good', progress, revision } };
  }

  const memory = remember(state.memory, pods);
  const isReleasing = oldPods(snapshot).some(({ metadata }) => metadata?.deletionTimestamp !== undefined);
  const releasedAt = isReleasing ? now : state.releasedAt;
  const kept = hasProgressed(state.progress, progress) ? {} : state.since;
  const releasedAfter = (key: string) => Math.max(0, (releasedAt ?? 0) - (kept[key] ?? now));
  // Until the controller has seen our write, its status speaks of the version before. And nobody knows whether what could be seen
  // a while ago is so still.
  const suspicions =
    waitingFor === 'controller' || snapshot.isBlind
      ? []
      : suspect({ target, snapshot, pods, memory, waitingFor, releasedAfter, elapsedMs: now - state.startedAt });
  const since = Object.fromEntries(suspicions.map(({ key }) => [key, kept[key] ?? now]));
  const next: JudgeState = {
    startedAt: state.startedAt,
    since,
    progress,
    memory,
    ...(releasedAt !== undefined && { releasedAt }),
    ...(settling && { settling }),
  };
  const certain = suspicions.find(({ key, graceMs }) => now - (since[key] ?? now) >= graceMs);
  const isOver = now - state.startedAt >= target.timeoutMs;
  const worst = worstTrouble(pods, target) ?? suspicions.map(troubleIn).find((each) => each !== undefined);
  const trouble = worst && withWords(worst, snapshot, pods);
  if (!certain && !isOver) {
    return { state: next, verdict: { kind: 'waiting', waitingFor, progress, ...(trouble && { trouble }) } };
  }
  const cause = certain?.cause ?? { code: 'deadline' as const, whose: 'timeout' as const, waitingFor };
  if (cause.code !== 'deadline') return { state: next, verdict: { kind: 'bad', cause, progress } };
  const behind = suspicions.map((each) => each.cause).find(isSign);
  return {
    state: next,
    verdict: { kind: 'bad', cause: { ...cause, ...(trouble && { trouble }), ...(behind && { behind }) }, progress },
  };
}

function troubleIn({ cause }: Suspicion): PodTrouble | undefined {
  return 'trouble' in cause ? cause.trouble : undefined;
}

/** What a probe was answered is no part of a pod's status. */
function withWords(trouble: PodTrouble, { said }: Snapshot, pods: readonly Pod[]): PodTrouble {
  const pod = pods.find(({ metadata }) => metadata?.name === trouble.pod);
  const message = trouble.message || (pod && said?.[identity(pod).uid]) || '';
  return { ...trouble, message };
}

/**
 * What was there already has no soak of ours; where it was restarted, it may be up only for the moment. Since when it has been up
 * without another restart, and how long it has to be.
 */
function settle({ joined }: Target, { settling }: JudgeState, pods: readonly Pod[], now: number): Settling | undefined {
  const counts = pods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount),
  );
  if (!joined || counts.every((count) => count === 0)) return undefined;
  const restarts = counts.toSorted().join();
  return { since: settling?.restarts === restarts ? settling.since : now, restarts, ms: joined.soakMs };
}

function isSign(cause: Cause): cause is Sign {
  return cause.code !== 'deadline';
}

function supersededBy(target: Target, { workload }: Snapshot): Superseded | undefined {
  if (!workload || workload.metadata?.deletionTimestamp) return 'deleted';
  const { uid, generation } = identity(workload);
  if (uid !== target.uid) return 'recreated';
  // A look from before our own write still has the old template.
  if (generation >= target.generation && templateOf(workload) !== target.template) return 'changed';
  // It would stay half-way, and a rollback with it.
  if (workload.spec?.paused) return 'paused';
  return undefined;
}

/** The live number of replicas is followed: somebody may scale while we wait. */
function progressOf(target: Target, snapshot: Snapshot, pods: readonly Pod[]): Progress {
  const { replicas: wanted = 1 } = snapshot.workload?.spec ?? {};
  // A partition that covers all of them leaves nothing that could become good.
  const desired = Math.max(Math.min(wanted, 1), wanted - keptOf(snapshot));
  if (!isObserved(target, snapshot)) return { desired, updated: 0, ready: 0, available: 0, old: 0 };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = snapshot.workload?.status ?? {};
  // A version that comes back may be the one that the kept pods have: by themselves they say nothing of the others.
  const kept = pods.filter((pod) => snapshot.workload && isKept(snapshot.workload, pod));
  const ready = pods.filter((pod) => !kept.includes(pod) && isReady(pod) && runsImage(pod, target)).length;
  const updated = Math.max(0, updatedReplicas - kept.length);
  const old = Math.max(0, replicas - updated);
  // The workload's count of available pods includes old ones, so it says nothing of a Deployment's new ones while those are there.
  // A StatefulSet may keep old ones for good: those that are ready count as available, so that no new one does for them.
  const isMixed = snapshot.workload && isStatefulSet(snapshot.workload);
  const stay = [...kept, ...oldPods(snapshot)].filter(isReady).length;
  const others = isMixed ? stay : old === 0 ? 0 : availableReplicas;
  const available = Math.max(0, Math.min(ready, availableReplicas - others));
  return { desired, updated, ready, available, old };
}

/** How many pods keep the version before, by a StatefulSet's partition. */
function keptOf({ workload }: Snapshot): number {
  return workload ? keptByPartition(workload) : 0;
}

function isObserved(target: Target, { workload }: Snapshot): boolean {
  if (!workload || identity(workload).generation < target.generation) return false;
  return (workload.status?.observedGeneration ?? 0) >= target.generation;
}

function firstWait(
  target: Target,
  snapshot: Snapshot,
  { desired, updated, ready, available, old }: Progress,
): WaitingFor | undefined {
  if (!isObserved(target, snapshot)) return 'controller';
  if (updated === 0) return 'pods';
  if (ready < Math.min(updated, desired)) return 'ready';
  const kept = keptOf(snapshot);
  const { workload } = snapshot;
  if (updated < desired || old > kept) {
    // A Deployment's old pods are available, so what is missing from the total is missing from the new ones.
    const isSoaking =
      workload && isStatefulSet(workload)
        ? available < Math.min(updated, desired)
        : (workload?.status?.availableReplicas ?? 0) < updated + old;
    if (isSoaking) return 'soak';
    return updated < desired ? 'pods' : 'old-pods';
  }
  if (available < desired) return 'soak';
  if (updated > desired + kept) return 'pods';
  const { currentRevision, updateRevision } = workload?.status ?? {};
  // The controller's own word that the update is over; under a partition it never says so.
  if (kept === 0 && currentRevision !== updateRevision) return 'old-pods';
  if (target.verifyMs !== undefined && !snapshot.verified?.passed) return 'verify';
  return undefined;
}

function hasProgressed(before: Progress | undefined, now: Progress): boolean {
  return before !== undefined && (now.ready > before.ready || now.available > before.available || now.old < before.old);
}
