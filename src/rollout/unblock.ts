import { type Cluster, KubectlError } from '../kubectl/client';
import { identity, type Pod } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isKept, isOfRevision, revisionOf } from '../workload/stateful';
import { isReady, isStaying, oldPods, type Snapshot } from './snapshot';

const TICK_MS = 1_000;

/** Answers that stay as they are: a right that is missing, a rule that says no. */
const REFUSALS: ReadonlySet<KubectlError['reason']> = new Set(['Forbidden', 'Invalid'] as const);

/** A pod that is in the way and may not be deleted. */
export interface Blocked {
  readonly pod: string;
  readonly detail: string;
}

/** Which pods are in the way. */
export interface InTheWay {
  readonly namespace: string;
  /** The revision that failed; left out: every one but the present. */
  readonly failed?: string;
  /** Milliseconds for which one has to have been broken. */
  readonly graceMs: number;
}

/** How long a pod of an earlier version may take to come up by itself before a new version makes it give way. */
export const EARLIER_MS = 30_000;

/**
 * Ends the broken pods of a version that failed, once another template is there: a StatefulSet that makes its pods in order would
 * wait for them for good (`waitsForBroken`).
 */
export class Unblocker {
  blocked: Blocked | undefined;
  readonly #refused = new AbortController();

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly of: InTheWay,
  ) {}

  /** Aborts where nothing can come any more. */
  get signal(): AbortSignal {
    return this.#refused.signal;
  }

  /** Goes on until `signal` aborts: a pod that was ready when the first one was ended may break later. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    const ended = new Set<string>();
    let since: Readonly<Record<string, number>> = {};
    const over = AbortSignal.any([signal, this.#refused.signal]);
    while (!over.aborted) {
      const now = this.clock.now();
      const broken = brokenPods(snapshot(), this.of.failed).filter((each) => !ended.has(identity(each).uid));
      const seen = since;
      since = Object.fromEntries(broken.map((each) => [identity(each).uid, seen[identity(each).uid] ?? now]));
      const pod = broken.find((each) => now - (since[identity(each).uid] ?? now) >= this.of.graceMs);
      if (pod && (await this.#end(pod))) ended.add(identity(pod).uid);
      else await this.clock.sleep(TICK_MS, over);
    }
  }

  /** What may pass, such as a lost connection, is tried again: the pod's UID keeps that from hitting its successor. */
  async #end(pod: Pod): Promise<boolean> {
    try {
      await this.cluster.deletePod(this.of.namespace, pod);
      return true;
    } catch (error) {
      if (error instanceof KubectlError && REFUSALS.has(error.reason)) {
        this.blocked = { pod: identity(pod).name, detail: error.message };
        this.#refused.abort();
      }
      return false;
    }
  }
}

/**
 * The pods of the version that failed (without one, of all but the present) that are not ready, and that a partition does not keep;
 * none before the controller has seen that its template is another.
 */
export function brokenPods(snapshot: Snapshot, failed?: string): Pod[] {
  const { workload } = snapshot;
  if (!workload) return [];
  const current = revisionOf(workload);
  if (current === undefined || current === failed) return [];
  const isOfThis = (pod: Pod) => (failed === undefined ? !isKept(workload, pod) : isOfRevision(pod, failed));
  return oldPods(snapshot).filter((pod) => isOfThis(pod) && !isReady(pod) && isStaying(pod));
}
