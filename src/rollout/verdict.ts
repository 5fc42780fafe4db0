/** Pods of the new version, and old ones that are still there. */
export interface Progress {
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  /** Ready for at least the workload's minReadySeconds. */
  readonly available: number;
  readonly old: number;
}

/** The first thing that a rollout which is under way still waits for. */
export type WaitingFor = 'controller' | 'pods' | 'ready' | 'soak' | 'old-pods' | 'verify';

/** What is wrong with one container of a new pod, in the words of its status. */
export interface PodTrouble {
  readonly pod: string;
  /** Empty where the trouble is the pod's own, such as no node to run on. */
  readonly container: string;
  /** Kubernetes' reason, such as CrashLoopBackOff, ImagePullBackOff or Unschedulable. */
  readonly reason: string;
  readonly message: string;
  readonly restarts: number;
  /** Of its last end, where it has ended. */
  readonly exitCode?: number;
  /** The reason of that end, such as Error, OOMKilled or StartError. */
  readonly endedBy?: string;
  /** An init container, which has to end well before the others start. */
  readonly isInit?: boolean;
}

/** Why an image cannot be pulled, as far as the runtime's text says. */
export type PullFault = 'bad-name' | 'never' | 'not-found' | 'denied' | 'rate-limit' | 'platform' | 'network' | 'other';

/** Who keeps the cluster from creating pods. */
export type Refuser = 'quota' | 'rule' | 'webhook-away' | 'other';

/** Why a rollout is bad, as the cluster's objects show it; `diagnose` puts it into plain words. */
export type Cause =
  /** `timeout`: the input's; `progress`: the workload's own progressDeadlineSeconds. */
  | {
      readonly code: 'deadline';
      readonly whose: 'timeout' | 'progress';
      readonly waitingFor: WaitingFor;
      readonly trouble?: PodTrouble;
      /** The sign that had not lasted long enough to end the run by itself. */
      readonly behind?: Sign;
    }
  | Sign;

/** A cause that shows by itself, without a deadline. */
export type Sign =
  /** The controller cannot go on, for a reason other than its deadline (`Progressing=False`). */
  | { readonly code: 'stalled'; readonly reason: string; readonly message: string }
  | { readonly code: 'pull'; readonly fault: PullFault; readonly trouble: PodTrouble }
  /** A Secret, a ConfigMap or a key is missing, or another setting keeps the container from being made. */
  | { readonly code: 'config'; readonly trouble: PodTrouble }
  /** The container is made, but its program cannot be started. */
  | { readonly code: 'start'; readonly trouble: PodTrouble }
  | { readonly code: 'crash'; readonly trouble: PodTrouble }
  /** Ended at its memory limit, twice. */
  | { readonly code: 'oom'; readonly trouble: PodTrouble }
  | { readonly code: 'no-room'; readonly trouble: PodTrouble }
  | { readonly code: 'refused'; readonly by: Refuser; readonly message: string }
  /** A PersistentVolumeClaim that is not there or not bound. */
  | { readonly code: 'claim'; readonly trouble: PodTrouble }
  /** Volumes or the network of a pod are not set up. */
  | { readonly code: 'setup'; readonly trouble: PodTrouble }
  | { readonly code: 'evicted'; readonly count: number; readonly trouble: PodTrouble }
  /** The node does not answer, or is short of something: not the new version's fault. */
  | { readonly code: 'node'; readonly node: string; readonly pod: string; readonly message: string }
  /** The answer to `verify-path` is not the right one. */
  | { readonly code: 'verify'; readonly detail: string }
  | { readonly code: 'verify-url'; readonly url: string; readonly detail: string };

/** What somebody else did to the workload meanwhile. */
export type Superseded = 'deleted' | 'recreated' | 'changed' | 'paused';

/** What one look at the cluster says. Missing evidence is `unknown`, never `good`. */
export type Verdict =
  | {
      readonly kind: 'waiting';
      readonly waitingFor: WaitingFor;
      readonly progress: Progress;
      /** What is wrong with the new pod that is worst off, so far. */
      readonly trouble?: PodTrouble;
    }
  | { readonly kind: 'good'; readonly progress: Progress; readonly revision: string }
  | { readonly kind: 'bad'; readonly cause: Cause; readonly progress: Progress }
  | { readonly kind: 'superseded'; readonly by: Superseded }
  | { readonly kind: 'unknown'; readonly why: 'scaled-to-zero' | 'no-contact' | 'interrupted' };
