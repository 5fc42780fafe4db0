import type { Outcome } from '../outcome';
import type { Problem } from '../words/words';

export const PHASES = ['build', 'preflight', 'prove', 'update', 'watch', 'record'] as const;
export type PhaseName = (typeof PHASES)[number];

/** A part of the run; times are milliseconds since the run began. */
export interface Phase {
  readonly name: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
  readonly ended: 'done' | 'failed';
}

export interface PodRow {
  readonly name: string;
  readonly version: 'new' | 'old';
  readonly ready: boolean;
  readonly restarts: number;
  /** Kubernetes' reason or phase. */
  readonly state: string;
}

/** The last lines of a container, taken when a rollout failed. */
export interface ContainerLog {
  readonly pod: string;
  readonly container: string;
  readonly lines: string;
}

/** Who answers requests now, as far as it is known. */
export type Serving = 'new' | 'old' | 'nobody' | 'unknown';

/** Everything that there is to say about a run once it has ended. */
export interface Report {
  readonly outcome: Outcome;
  readonly deployment: string;
  readonly namespace: string;
  /** `repository:tag@digest`; missing where no image was proved. */
  readonly image?: string;
  readonly digest?: string;
  readonly tags: readonly string[];
  /** What the workload ran before; missing where it was not seen. */
  readonly previousImage?: string;
  readonly revision?: string;
  readonly serving: Serving;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly pods: readonly PodRow[];
  readonly logs: readonly ContainerLog[];
  readonly phases: readonly Phase[];
  readonly durationMs: number;
  /** One command that brings the previous version back; missing where none is needed. */
  readonly wayBack?: string;
  readonly environmentUrl?: string;
}
