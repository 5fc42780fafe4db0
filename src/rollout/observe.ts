import { paths, selectorText } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import {
  identity,
  isNew,
  isStatefulSet,
  type List,
  type Pod,
  type ReplicaSet,
  type WatchEvent,
  type Workload,
} from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { inferredReplicaSet } from './inferred';
import { currentReplicaSet, newPods, type Snapshot, templateOf } from './snapshot';

/** Milliseconds before a read that failed is tried again, doubling from the first to the last. */
const RETRY_MS = { first: 500, last: 5_000 };
/** The controller writes a new ReplicaSet within milliseconds; this is how soon we look for it, and look again. */
const REPLICA_SET_MS = { first: 125, last: 5_000 };
/** A watch that ends sooner than this was no watch: going on at once would be a loop that keeps the host busy. */
const SHORT_WATCH_MS = 1_000;

/** What was known before observing began: the watches go on from there. */
export interface Known {
  readonly workload: Workload;
  readonly pods: List<Pod>;
  readonly replicaSets: readonly ReplicaSet[];
}

/**
 * Keeps one view of a workload and its pods up to date: a watch for each of the two (as `kubectl rollout status` has for the
 * workload), and one list of ReplicaSets whenever a Deployment's template has none that we know. It never gives up by itself.
 */
export class Observer {
  readonly #stop = new AbortController();
  readonly #workload: Follower<Workload>;
  readonly #pods: Follower<Pod>;
  /** The workload is still to be made. */
  #isAwaited: boolean;
  readonly #replicaSetsOf: { path: string; query: Record<string, string> };
  #replicaSets: readonly ReplicaSet[];
  #wake: () => void = () => {};
  #ended: Promise<unknown> | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    namespace: string,
    known: Known,
  ) {
    const { name, resourceVersion } = identity(known.workload);
    this.#isAwaited = isNew(known.workload);
    const query = { labelSelector: selectorText(known.workload.spec?.selector ?? {}) };
    const kind = isStatefulSet(known.workload) ? 'statefulset' : 'deployment';
    const onChange = () => this.#wake();
    const shared = { cluster, clock, signal: this.#stop.signal, onChange };
    this.#workload = new Follower<Workload>(
      { ...shared, path: paths.workloads(namespace, kind), query: { fieldSelector: `metadata.name=${name}` } },
      // All objects share one count of versions.
      this.#isAwaited ? { ...known.pods, items: [] } : { metadata: { resourceVersion }, items: [known.workload] },
    );
    this.#pods = new Follower<Pod>({ ...shared, path: paths.pods(namespace), query }, known.pods);
    this.#replicaSetsOf = { path: paths.replicaSets(namespace), query };
    this.#replicaSets = known.replicaSets;
  }

  /** Begins to watch, if it has not. */
  start(): void {
    this.#ended ??= Promise.allSettled([this.#workload.follow(), this.#pods.follow(), this.#findReplicaSet()]);
  }

  /** Ends the watches; resolves when nothing of them is left. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /**
   * Takes in a workload that a write of ours returned. The watch is often quicker than the answer to the write: then it has
   * shown a later status already, which must not be lost, for another may not come.
   */
  see(workload: Workload): void {
    const known = this.snapshot().workload;
    if (!known && this.#isAwaited) this.#workload.see(workload);
    this.#isAwaited = false;
    // None known: it has been deleted meanwhile.
    if (
      known &&
      identity(known).uid === identity(workload).uid &&
      identity(known).generation < identity(workload).generation
    )
      this.#workload.see(workload);
  }

  snapshot(): Snapshot {
    const [workload] = this.#workload.items();
    return { replicaSets: this.#replicaSets, pods: this.#pods.items(), ...(workload && { workload }) };
  }

  /** Why the cluster cannot be seen at present; undefined where it can. */
  trouble(): KubectlError | undefined {
    return this.#workload.trouble ?? this.#pods.trouble;
  }

  /** Resolves at the next change, or after `ms` milliseconds. What is good at the first look is never watched. */
  async changed(ms: number, signal: AbortSignal): Promise<void> {
    this.start();
    const enough = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, this.clock.sleep(ms, AbortSignal.any([enough.signal, signal]))]);
    enough.abort();
  }

  /** Finds the ReplicaSet while none that is known holds the template, or while pods are counted that belong to none. */
  async #findReplicaSet(): Promise<void> {
    const { path, query } = this.#replicaSetsOf;
    const { signal } = this.#stop;
    let wait = REPLICA_SET_MS.first;
    let template = '';
    while (!signal.aborted) {
      const snapshot = this.snapshot();
      const { workload } = snapshot;
      // Its pods say themselves which template they were made from.
      if (workload && isStatefulSet(workload)) return;
      if (workload && templateOf(workload) !== template) {
        template = templateOf(workload);
        wait = REPLICA_SET_MS.first;
      }
      const seen = workload && (workload.status?.observedGeneration ?? 0) >= identity(workload).generation;
      const isShort =
        !currentReplicaSet(snapshot) || newPods(snapshot).length < (workload?.status?.updatedReplicas ?? 0);
      if (seen && isShort) {
        const inferred = currentReplicaSet(snapshot) ? undefined : inferredReplicaSet(snapshot);
        const asked = () => this.cluster.list<ReplicaSet>(path, query, signal).catch(() => undefined);
        const found = inferred ? [...this.#replicaSets, inferred] : (await asked())?.items;
        if (found) this.#replicaSets = found;
        this.#wake();
        wait = Math.min(wait * 2, REPLICA_SET_MS.last);
      }
      await this.clock.sleep(wait, signal);
    }
  }
}

interface Followed {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

type Named = { metadata?: { name?: string; uid?: string; resourceVersion?: string } };

/** One collection, held up to date by a watch: each watch goes on where the last one ended. */
class Follower<T extends Named> {
  #items: Map<string, T>;
  #version: string | undefined;
  trouble: KubectlError | undefined;

  constructor(
    private readonly of: Followed,
    known: List<T>,
  ) {
    this.#items = byUid(known.items);
    this.#version = known.metadata.resourceVersion;
  }

  items(): T[] {
    return [...this.#items.values()];
  }

  see(item: T): void {
    this.#items = byUid([item]);
    this.of.onChange();
  }

  async follow(): Promise<void> {
    const { cluster, clock, path, query, signal, onChange } = this.of;
    let wait = RETRY_MS.first;
    while (!signal.aborted) {
      const began = clock.now();
      try {
        if (this.#version === undefined) {
          const list = await cluster.list<T>(path, query, signal);
          this.#items = byUid(list.items);
          this.#version = list.metadata.resourceVersion;
          this.trouble = undefined;
          onChange();
        }
        await cluster.watch<T>(path, query, this.#version, { signal, onEvent: (event) => this.#take(event) });
        this.trouble = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.trouble =
          error instanceof KubectlError
            ? error
            : new KubectlError('Other', error instanceof Error ? error.message : String(error));
        // Nobody knows what was missed; and the list says, sooner than the next event, that the cluster can be seen again.
        this.#version = undefined;
        onChange();
      }
      if (clock.now() - began >= SHORT_WATCH_MS && !this.trouble) wait = RETRY_MS.first;
      else {
        await clock.sleep(wait, signal);
        wait = Math.min(wait * 2, RETRY_MS.last);
      }
    }
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') {
      // 410 Gone, mostly: the history that the watch wanted to begin from has been compacted.
      this.#version = undefined;
      return;
    }
    this.trouble = undefined;
    const { uid, resourceVersion } = identity(object);
    this.#version = resourceVersion;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#items.delete(uid);
    // The answer to our own write may have come before this.
    else if (identity(object).generation >= identity(this.#items.get(uid) ?? {}).generation)
      this.#items.set(uid, object);
    this.of.onChange();
  }
}

function byUid<T extends Named>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.metadata?.uid ?? '', item]));
}
