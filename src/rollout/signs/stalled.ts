import { isReady } from '../snapshot';
import type { Look, Suspicion } from './sign';

/** A controller that says it cannot go on may only have met a passing error. */
const STALLED_GRACE_MS = 15_000;

/** The workload's own deadline, and other reasons of its controller (kubernetes.io: "Failed Deployment"). */
export function stalled({ target: { stalledBefore }, snapshot, waitingFor }: Look): Suspicion[] {
  const condition = snapshot.workload?.status?.conditions?.find(
    ({ type, status }) => type === 'Progressing' && status === 'False',
  );
  if (!condition || (stalledBefore !== undefined && condition.lastUpdateTime === stalledBefore)) return [];
  const { reason = '', message = '' } = condition;
  if (reason === 'ProgressDeadlineExceeded') {
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
