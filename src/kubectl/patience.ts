import type { Clock } from '../system/clock';
import { KubectlError } from './client';

/** How long an API server may be away; a control plane on one node restarts in less. */
const PATIENCE = { forMs: 30_000, firstMs: 500, lastMs: 5_000 };

/** Endings of a call after which the API server may be there again in a moment. */
const PASSING: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'TimedOut', 'Unreachable'] as const);

/** Whether a call may be answered in a moment. */
export function mayPass(error: unknown): boolean {
  return error instanceof KubectlError && PASSING.has(error.reason);
}

export interface Patience {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Called once, with what is in the way. */
  readonly onTrouble?: (detail: string) => void;
  readonly passes?: (error: unknown) => boolean;
}

/** Reads, again and again where the API server is away, for 30 seconds at most. Throws what the last try threw. */
export async function patiently<T>(
  read: () => Promise<T>,
  { clock, signal, onTrouble, passes = mayPass }: Patience,
): Promise<T> {
  const began = clock.now();
  for (let wait = PATIENCE.firstMs; ; wait = Math.min(wait * 2, PATIENCE.lastMs)) {
    try {
      return await read();
    } catch (error) {
      if (!passes(error) || signal?.aborted || clock.now() - began + wait > PATIENCE.forMs) throw error;
      if (wait === PATIENCE.firstMs) onTrouble?.(error instanceof Error ? error.message : '');
      await clock.sleep(wait, signal);
    }
  }
}
