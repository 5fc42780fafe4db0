import type { Outcome, Serving } from '../outcome';
import { type Problem, problem } from '../words/words';
import { isReady, newPods, oldPods, type Snapshot } from './snapshot';
import type { Watched } from './watch';

/** How a watched rollout ended, and why, where it was not well. */
export interface Ending {
  readonly outcome: Outcome;
  readonly problem?: Problem;
}

interface Where {
  readonly deployment: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  /** Why the cluster could not be seen, where it could not. */
  readonly trouble?: string;
}

/** What a verdict means for the run. Pure. */
export function endingOf({ verdict }: Watched, changed: boolean, { timeoutMs, trouble = '', ...where }: Where): Ending {
  switch (verdict.kind) {
    case 'good':
      return { outcome: changed ? 'deployed' : 'unchanged' };
    case 'superseded':
      return { outcome: 'superseded', problem: problem('rollout.superseded', { ...where, by: verdict.by }) };
    case 'unknown':
      switch (verdict.why) {
        case 'interrupted':
          return { outcome: 'cancelled', problem: problem('rollout.interrupted', where) };
        case 'no-contact':
          return { outcome: 'unknown', problem: problem('rollout.no-contact', { ...where, detail: trouble }) };
        case 'scaled-to-zero':
          return { outcome: 'unknown', problem: problem('rollout.scaled-to-zero', where) };
        default:
          return verdict.why satisfies never;
      }
    case 'bad': {
      const { cause } = verdict;
      switch (cause.code) {
        case 'deadline':
          return { outcome: 'failed', problem: problem('rollout.deadline', { ...where, ...cause, ms: timeoutMs }) };
        case 'stalled':
          return { outcome: 'failed', problem: problem('rollout.stalled', { ...where, ...cause }) };
        case 'crash':
          return { outcome: 'failed', problem: problem('rollout.crash', { ...where, ...cause }) };
        default:
          return cause satisfies never;
      }
    }
    default:
      return verdict satisfies never;
  }
}

/** Who answers requests, as this look at the cluster shows it. */
export function servingIn(snapshot: Snapshot): Serving {
  const ready = (pods: ReturnType<typeof newPods>) =>
    pods.some((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp);
  if (ready(oldPods(snapshot))) return 'old';
  return ready(newPods(snapshot)) ? 'new' : 'nobody';
}
