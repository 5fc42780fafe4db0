import type { Pod } from '../../kubectl/objects';
import type { Memory } from '../memory';
import type { Snapshot, Target } from '../snapshot';
import type { Cause, WaitingFor } from '../verdict';

/** A sign that a rollout is bad, which has to stay for a while before it counts. */
export interface Suspicion {
  /** The same sign of the same object has the same key from one look to the next. */
  readonly key: string;
  readonly cause: Cause;
  /** Milliseconds that it has to be seen without a break and without progress. */
  readonly graceMs: number;
}

/** What a family of signs is looked for in. */
export interface Look {
  readonly target: Target;
  readonly snapshot: Snapshot;
  /** The new pods of the snapshot. */
  readonly pods: readonly Pod[];
  readonly memory: Memory;
  readonly waitingFor: WaitingFor;
  /** Milliseconds since judging began. */
  readonly elapsedMs: number;
  /**
   * Milliseconds from when a sign was first seen (by its key) to when old pods were last seen on their way out, giving room and
   * quota back; 0 where none has been.
   */
  readonly releasedAfter: (key: string) => number;
}
