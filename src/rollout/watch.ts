import type { Clock } from '../system/clock';
import { beginJudging, judge } from './judge';
import type { Observer } from './observe';
import type { Pulls } from './pulls';
import type { Snapshot, Target } from './snapshot';
import type { Unblocker } from './unblock';
import type { Verdict } from './verdict';
import type { PathCheck } from './verify';
import type { WaitingPods } from './waiting';

/** How often the judge looks when nothing changes: graces and the deadline run on. */
const TICK_MS = 1_000;

/** Milliseconds between two looks after which this process was stopped itself, and what it knows is as old. */
const STOPPED_MS = 5_000;
/** How long it then takes at most to read what has come meanwhile. */
const CATCH_UP_MS = 2_000;
/** For how long after the deadline that may go on. */
const LONGEST_MS = 60_000;

/** A right that is missing does not come by itself; an API server that starts may deny it for a moment. */
const FORBIDDEN_MS = 20_000;

export interface Watched {
  readonly verdict: Exclude<Verdict, { kind: 'waiting' }>;
  /** The cluster as it was when the verdict fell. */
  readonly snapshot: Snapshot;
}

export interface WatchTools {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asks new pods for `verify-path`; missing where there is nothing to verify. */
  readonly check?: PathCheck;
  readonly waiting: WaitingPods;
  /** Ends pods that are in the way; missing where none can be. */
  readonly unblocker?: Unblocker;
  /** For the log alone. */
  readonly pulls?: Pulls;
  /** Called at every look, with the verdict so far, and why the cluster cannot be seen where it cannot. */
  readonly onLook: (verdict: Verdict, snapshot: Snapshot, trouble: string | undefined) => void;
}

/** Watches a rollout until it is judged. Ends at the target's deadline at the latest. */
export async function watchRollout(target: Target, tools: WatchTools): Promise<Watched> {
  const { check, unblocker, waiting, pulls, observer, signal } = tools;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const look = () => observer.snapshot();
  const checking = Promise.all([
    check?.follow(look, ended),
    unblocker?.follow(look, ended),
    waiting.follow(look, ended),
    pulls?.follow(look, ended),
  ]);
  try {
    return await watch(target, tools);
  } finally {
    over.abort();
    await checking;
  }
}

async function watch(
  target: Target,
  { observer, clock, signal, onLook, check, waiting, pulls }: WatchTools,
): Promise<Watched> {
  let state = beginJudging(clock.now());
  let forbiddenSince: number | undefined;
  const began = clock.now();
  let [lookedAt, blindUntil] = [began, 0];
  for (;;) {
    if (clock.now() - lookedAt > STOPPED_MS) blindUntil = clock.now() + CATCH_UP_MS;
    lookedAt = clock.now();
    // A runner that is stopped again and again must not watch for ever.
    const isBehind = lookedAt < blindUntil && lookedAt - began < target.timeoutMs + LONGEST_MS;
    const snapshot: Snapshot = {
      ...observer.snapshot(),
      said: waiting.said,
      ...(pulls && { pulled: pulls.seen }),
      isBlind: observer.trouble() !== undefined || isBehind,
      ...(check?.result && { verified: check.result }),
    };
    if (signal.aborted) return { verdict: { kind: 'unknown', why: 'interrupted' }, snapshot };
    const looked = judge(target, state, snapshot, clock.now());
    state = looked.state;
    const { verdict } = looked;
    onLook(verdict, snapshot, observer.trouble()?.message);
    const trouble = observer.trouble();
    forbiddenSince = trouble?.reason === 'Forbidden' ? (forbiddenSince ?? clock.now()) : undefined;
    const isBlind = forbiddenSince !== undefined && clock.now() - forbiddenSince >= FORBIDDEN_MS;
    const isOver = verdict.kind === 'bad' && verdict.cause.code === 'deadline';
    if (!isBehind && ((verdict.kind === 'waiting' && isBlind) || (isOver && trouble))) {
      // The time is over and we cannot see: nobody knows how the rollout stands.
      return { verdict: { kind: 'unknown', why: 'no-contact' }, snapshot };
    }
    if (verdict.kind !== 'waiting' && !isBehind) return { verdict, snapshot };
    await observer.changed(TICK_MS, signal);
  }
}
