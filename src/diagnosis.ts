import { diagnose } from './rollout/diagnose';
import { type Evidence, gatherEvidence } from './rollout/evidence';
import type { Snapshot, Target } from './rollout/snapshot';
import type { Cause } from './rollout/verdict';
import { type Begun, type Ended, type Run, whereOf } from './run';
import type { Problem } from './words/words';

/** A rollout that was found to be bad. */
export interface Seen {
  readonly target: Target;
  readonly snapshot: Snapshot;
  readonly cause: Cause;
  /** Whether it is the new version, or the one that was put back. */
  readonly current: Ended['current'];
}

/** Gathers what the cluster has to say of a rollout that is bad, and says what is wrong. */
export async function diagnoseSeen(
  run: Run,
  { cluster, observer }: Begun,
  { target, snapshot, cause, current }: Seen,
): Promise<{ readonly found: Problem; readonly evidence: Evidence }> {
  const { workload, verdict } = run.config;
  const isBlind = () => observer.trouble() !== undefined;
  const { namespace } = workload;
  const evidence = await gatherEvidence(cluster, run.tools.clock, { namespace, cause, snapshot, target, isBlind });
  const found = diagnose(cause, {
    ...whereOf(run),
    timeoutMs: target.timeoutMs,
    snapshot,
    evidence,
    ...(verdict.verifyPath && { verifyPath: verdict.verifyPath.path }),
    ...(current === 'new' && { pushed: target.image }),
  });
  return { found, evidence };
}
