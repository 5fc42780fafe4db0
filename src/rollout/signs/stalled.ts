import { isReady } from '../snapshot';
import type { Look, Suspicion } from './sign';

/** A controller that says it cannot go on may only have met a passing error. */
const STALLED_GRACE_MS = 15_000;

/** Kubernetes' default (apps/v1). */
const PROGRESS_DEADLINE_SECONDS = 600;
/** What the cluster's whole seconds and our later beginning make of the difference. */
const CLOCKS_MS = 3_000;

/** The workload's own deadline, and other reasons of its controller (kubernetes.io: "Failed Deployment"). */
export function stalled({ target, snapshot, waitingFor, elapsedMs }: Look): Suspicion[] {
  const { stalledBefore, joined } = target;
  const condition = snapshot.workload?.status?.conditions?.find(
    ({ type, status }) => type === 'Progressing' && status === 'False',
  );
  if (!condition || (stalledBefore !== undefined && condition.lastUpdateTime === stalledBefore)) return [];
  const { reason = '', message = '' } = condition;
  if (reason === 'ProgressDeadlineExceeded') {
    // Sooner, it is still that of the version before: the controller writes it late.
    const { progressDeadlineSeconds = PROGRESS_DEADLINE_SECONDS } = snapshot.workload?.spec ?? {};
    if (!joined && elapsedMs < progressDeadlineSeconds * 1_000 - CLOCKS_MS) return [];
    return [{ key: 'progress-deadline', graceMs: 0, cause: { code: 'deadline', whose: 'progress', waitingFor } }];
  }
  return [{ key: `stalled/${reason}`, graceMs: STALLED_GRACE_MS, cause: { code: 'stalled', reason, message } }];
}

/** A new pod that is ready and does not answer `verify-path` as it should. */
export function unverified({ target: { verifyMs }, snapshot, pods }: Look): Suspicion[] {
  const { verified } = snapshot;
  if (verifyMs === undefined || !verified || verified.passed || !pods.some(isReady)) return [];
  return [{ key: 'verify', graceMs: verifyMs, cause: { code: 'verify', detail: verified.detail } }];
}
