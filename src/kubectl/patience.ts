import type { Clock } from '../system/clock';
import { passes } from '../transport/retry';
import { Failure } from '../words/words';
import { KubectlError } from './client';

/** How long an API server may be away; a control plane on one node restarts in less. */
const FOR_MS = 30_000;
const WAIT_MS = { first: 500, last: 5_000 };

/** Endings of a call after which the API server may be there again in a moment. */
const PASSING: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'TimedOut', 'Unreachable'] as const);

/** Whether a call may be answered in a moment. */
export function mayPass(error: unknown): boolean {
  return isHostAway(error) || (error instanceof KubectlError && PASSING.has(error.reason));
}

/** Whether the host itself was not to be had any more, after all tries to connect again. */
export function isHostAway(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  const [first, ...reasons] = error.problems;
  return first?.code === 'ssh.not-regained' && reasons.every(passes);
}

export interface Patience {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Milliseconds; left out: 30 s. */
  readonly forMs?: number | undefined;
  /** Called once, with what is in the way. */
  readonly onTrouble?: (detail: string) => void;
  readonly isPassing?: (error: unknown) => boolean;
}

/** Reads, again and again where the API server or its host is away. Throws what the last try threw. */
export async function patiently<T>(
  read: () => Promise<T>,
  { clock, signal, forMs = FOR_MS, onTrouble, isPassing = mayPass }: Patience,
): Promise<T> {
  const began = clock.now();
  for (let wait = WAIT_MS.first; ; wait = Math.min(wait * 2, WAIT_MS.last)) {
    try {
      return await read();
    } catch (error) {
      if (!isPassing(error) || signal?.aborted || clock.now() - began + wait > forMs) throw error;
      if (wait === WAIT_MS.first) onTrouble?.(error instanceof Error ? error.message : '');
      await clock.sleep(wait, signal);
    }
  }
}
