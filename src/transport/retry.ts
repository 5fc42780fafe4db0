import type { Clock } from '../system/clock';
import { Failure, type Problem } from '../words/words';

const WAITS_MS = [2_000, 4_000, 8_000];

/** Told before each wait: what went wrong, in which attempt (from 1), and how long the wait is. */
export type OnRetry = (problem: Problem, attempt: number, waitMs: number) => void;

export interface Retrying {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRetry?: OnRetry | undefined;
}

/**
 * Four tries in all, with waits of 2, 4 and 8 s ± 20 %, so that runs which failed together do not come back together.
 * @throws the last try's `Failure`
 */
export async function withRetries<T>(attempt: () => Promise<T>, { clock, signal, onRetry }: Retrying): Promise<T> {
  for (const [index, base] of WAITS_MS.entries()) {
    try {
      return await attempt();
    } catch (error) {
      const fault = error instanceof Failure ? error.problems[0] : undefined;
      if (fault === undefined || !passes(fault)) throw error;
      const waitMs = Math.round(base * (0.8 + 0.4 * Math.random()));
      onRetry?.(fault, index + 1, waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
  return attempt();
}

/**
 * Whether the fault may pass by itself. A wrong host key, key or algorithm does not, and knocking again gets the
 * runner locked out (fail2ban, sshd's PerSourcePenalties). A host that hangs up during sign-in may be doing just that.
 */
export function passes(fault: Problem): boolean {
  switch (fault.code) {
    case 'ssh.name-lookup-failed':
    case 'ssh.refused':
    case 'ssh.unreachable':
    case 'ssh.timeout':
    case 'ssh.reset':
    case 'ssh.no-session':
      return true;
    case 'ssh.closed':
      return fault.params.stage !== 'login';
    default:
      return false;
  }
}
