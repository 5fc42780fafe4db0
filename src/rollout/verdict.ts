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
export type WaitingFor = 'controller' | 'pods' | 'ready' | 'soak' | 'old-pods';

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
}

/** Why a rollout is bad. */
export type Cause =
  /** `timeout`: the input's; `progress`: the workload's own progressDeadlineSeconds. */
  | {
      readonly code: 'deadline';
      readonly whose: 'timeout' | 'progress';
      readonly waitingFor: WaitingFor;
      readonly trouble?: PodTrouble;
    }
  /** The controller cannot go on, for a reason other than its deadline (`Progressing=False`). */
  | { readonly code: 'stalled'; readonly reason: string; readonly message: string }
  | { readonly code: 'crash'; readonly trouble: PodTrouble };

export type Superseded = 'deleted' | 'recreated' | 'changed';

/** What one look at the cluster says. Missing evidence is `unknown`, never `good`. */
export type Verdict =
  | { readonly kind: 'waiting'; readonly waitingFor: WaitingFor; readonly progress: Progress }
  | { readonly kind: 'good'; readonly progress: Progress; readonly revision: string }
  | { readonly kind: 'bad'; readonly cause: Cause; readonly progress: Progress }
  | { readonly kind: 'superseded'; readonly by: Superseded }
  | { readonly kind: 'unknown'; readonly why: 'scaled-to-zero' | 'no-contact' | 'interrupted' };
