import type { ImageSize } from '../image/size';
import type { Operation } from '../inputs/config';
import type { Outcome, Serving } from '../outcome';
import type { ContainerLog } from '../rollout/evidence';
import type { Warning } from '../rollout/warnings';
import type { Problem } from '../words/words';
import type { Advice } from '../workload/advice';
import type { HistoryEntry } from '../workload/history';
import type { Link } from './links';
import type { Phase } from './phase';

export interface PodRow {
  readonly name: string;
  readonly version: 'new' | 'old';
  /** Its tag or digest, where that tells the versions apart and there are pods of both. */
  readonly label?: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** Kubernetes' reason or phase. */
  readonly state: string;
}

/** What a run would do. */
export interface Plan {
  readonly steps: readonly string[];
  /** What would change on the workload, as the lines of a diff. */
  readonly diff: readonly string[];
}

/** Everything that there is to say about a run once it has ended. */
export interface Report {
  readonly operation: Operation['kind'];
  readonly outcome: Outcome;
  readonly deployment: string;
  readonly namespace: string;
  /** `repository:tag@digest`; missing where no image was proved. */
  readonly image?: string;
  readonly digest?: string;
  /** Missing where the registry did not tell. */
  readonly size?: ImageSize;
  readonly tags: readonly string[];
  /** What the workload ran before; missing where it was not seen. */
  readonly previousImage?: string;
  readonly revision?: string;
  readonly serving: Serving;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly pods: readonly PodRow[];
  readonly logs: readonly ContainerLog[];
  /** What the cluster said about the pods that failed. */
  readonly events: readonly Warning[];
  /** What will hurt one day. */
  readonly advice: readonly Advice[];
  readonly phases: readonly Phase[];
  /** What the container has run, oldest first. */
  readonly history?: readonly HistoryEntry[];
  readonly plan?: Plan;
  /** What the manifests change, as the lines of a diff. */
  readonly changes?: readonly string[];
  readonly durationMs: number;
  /** One command that brings the previous version back; missing where none is needed. */
  readonly wayBack?: { readonly command: string; readonly isKnownGood: boolean };
  readonly environmentUrl?: string;
  /** Where the commit and this run can be looked at. */
  readonly commit?: Link;
  readonly run?: Link;
  /** Where there are several workloads: how each of them ended. */
  readonly parts?: readonly Report[];
}
