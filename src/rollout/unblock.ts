import { type Cluster, KubectlError } from '../kubectl/client';
import { identity, type Pod } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isOfRevision, revisionOf } from '../workload/stateful';
import { isReady, isStaying, oldPods, type Snapshot } from './snapshot';

const TICK_MS = 1_000;

/** Answers that stay as they are: a right that is missing, a rule that says no. */
const REFUSALS: ReadonlySet<KubectlError['reason']> = new Set(['Forbidden', 'Invalid'] as const);

/** A pod that is in the way and may not be deleted. */
export interface Blocked {
  readonly pod: string;
  readonly detail: string;
}

/**
 * Ends the broken pods of a version that failed, once the template of before is back: a StatefulSet that makes its pods in order
 * would wait for them for good (`waitsForBroken`).
 */
export class Unblocker {
  blocked: Blocked | undefined;
  readonly #refused = new AbortController();

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly of: { readonly namespace: string; readonly failed: string },
  ) {}

  /** Aborts where nothing can come any more. */
  get signal(): AbortSignal {
    return this.#refused.signal;
  }

  /** Goes on until `signal` aborts: a pod that was ready when the first one was ended may break later. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    const ended = new Set<string>();
    const over = AbortSignal.any([signal, this.#refused.signal]);
    while (!over.aborted) {
      const [pod] = brokenPods(snapshot(), this.of.failed).filter((each) => !ended.has(identity(each).uid));
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

/** The pods of the version that failed that are not ready; none before the controller has seen that its template is another. */
export function brokenPods(snapshot: Snapshot, failed: string): Pod[] {
  const current = snapshot.workload && revisionOf(snapshot.workload);
  if (current === undefined || current === failed) return [];
  return oldPods(snapshot).filter((pod) => isOfRevision(pod, failed) && !isReady(pod) && isStaying(pod));
}
