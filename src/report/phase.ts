/** The parts of a run, in the order in which they begin. */
export const PHASES = [
  'build',
  'preflight',
  'prove',
  'choose',
  'plan',
  'update',
  'watch',
  'verify',
  'diagnose',
  'rollback',
  'record',
] as const;
export type PhaseName = (typeof PHASES)[number];

/** A part of the run; times are milliseconds since the run began. */
export interface Phase {
  readonly name: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
  readonly ended: 'done' | 'failed';
}
