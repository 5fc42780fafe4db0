import type { Outcome, Serving } from '../outcome';
import { type Problem, problem } from '../words/words';
import { keptByPartition } from '../workload/stateful';
import { hasLetOldGo, isReady, newPods, oldPods, type Snapshot } from './snapshot';
import type { Verdict } from './verdict';

/** How a run ended, and why, where it was not well. */
export interface Ending {
  readonly outcome: Outcome;
  readonly problems: readonly Problem[];
}

interface Where {
  readonly deployment: string;
  readonly namespace: string;
  /** Why the cluster could not be seen, where it could not. */
  readonly trouble?: string;
}

/** What a verdict that is neither good nor bad means for the run. */
export function unclearEnding(
  verdict: Extract<Verdict, { kind: 'superseded' | 'unknown' }>,
  { trouble = '', ...where }: Where,
): Ending {
  if (verdict.kind === 'superseded') {
    return { outcome: 'superseded', problems: [problem('rollout.superseded', { ...where, by: verdict.by })] };
  }
  switch (verdict.why) {
    case 'interrupted':
      return { outcome: 'cancelled', problems: [problem('rollout.interrupted', where)] };
    case 'no-contact':
      return { outcome: 'unknown', problems: [problem('rollout.no-contact', { ...where, detail: trouble })] };
    case 'scaled-to-zero':
      return { outcome: 'unknown', problems: [problem('rollout.scaled-to-zero', where)] };
    default:
      return verdict.why satisfies never;
  }
}

/** Whether no other old pods are left than those that a StatefulSet's partition keeps. */
function isSplit(snapshot: Snapshot): boolean {
  const { workload } = snapshot;
  const kept = workload ? keptByPartition(workload) : 0;
  return kept > 0 && oldPods(snapshot).length <= kept;
}

/** Who answers requests, as this look at the cluster shows it. `current`: whether the workload's template is the new version's. */
export function servingIn(snapshot: Snapshot, { current }: { current: 'new' | 'old' }): Serving {
  const ready = (pods: ReturnType<typeof newPods>) =>
    pods.some((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp);
  const other = current === 'new' ? 'old' : 'new';
  const [ofCurrent, ofOther] = [ready(newPods(snapshot)), ready(oldPods(snapshot))];
  if (ofCurrent && ofOther && !hasLetOldGo(snapshot)) return isSplit(snapshot) ? 'split' : 'both';
  if (ofCurrent) return current;
  return ofOther ? other : 'nobody';
}
