import { newPods, type Snapshot, type Target } from './snapshot';
import { troubleOf } from './trouble';
import type { Cause, WaitingFor } from './verdict';

/** A sign that a rollout is bad, which has to stay for a while (milliseconds) before it counts. */
export interface Suspicion {
  /** The same sign of the same object has the same key from one look to the next. */
  readonly key: string;
  readonly cause: Cause;
  readonly graceMs: number;
}

/** A controller that says it cannot go on may only have met a passing error. */
const STALLED_GRACE_MS = 15_000;

/** Every sign of a bad rollout that one look at the cluster shows. */
export function suspect(target: Target, snapshot: Snapshot, waitingFor: WaitingFor): Suspicion[] {
  return [...stalled(target, snapshot, waitingFor), ...crashing(target, snapshot)];
}

/** The workload's own deadline, and other reasons of its controller (kubernetes.io: "Failed Deployment"). */
function stalled({ stalledBefore }: Target, { workload }: Snapshot, waitingFor: WaitingFor): Suspicion[] {
  const condition = workload?.status?.conditions?.find(
    ({ type, status }) => type === 'Progressing' && status === 'False',
  );
  if (!condition || (stalledBefore !== undefined && condition.lastUpdateTime === stalledBefore)) return [];
  const { reason = '', message = '' } = condition;
  if (reason === 'ProgressDeadlineExceeded') {
    return [{ key: 'progress-deadline', graceMs: 0, cause: { code: 'deadline', whose: 'progress', waitingFor } }];
  }
  return [{ key: `stalled/${reason}`, graceMs: STALLED_GRACE_MS, cause: { code: 'stalled', reason, message } }];
}

/**
 * A container that has ended again after `maxRestarts` restarts. Restarts are counted, not exit codes: a liveness probe's kill can
 * end with 0. Fewer are no sign: an app may crash twice while its database comes up.
 */
function crashing(target: Target, snapshot: Snapshot): Suspicion[] {
  return newPods(snapshot).flatMap((pod) => {
    const trouble = troubleOf(pod, target);
    const ended =
      trouble &&
      (trouble.reason === 'CrashLoopBackOff' || trouble.exitCode !== undefined) &&
      trouble.reason !== 'Restarted';
    if (!ended || trouble.restarts < target.maxRestarts) return [];
    return [
      { key: `crash/${trouble.pod}/${trouble.container}`, graceMs: 0, cause: { code: 'crash', trouble } as const },
    ];
  });
}
