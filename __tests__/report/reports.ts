import type { Outcome } from '../../src/outcome';
import type { Report } from '../../src/report/report';

/** A report of which only this is told. */
export function endedAs(outcome: Outcome, more: Partial<Report> = {}): Report {
  return {
    ...{ operation: 'deploy', outcome, deployment: 'web', namespace: 'default', serving: 'unknown', durationMs: 1 },
    ...{ tags: [], problems: [], warnings: [], pods: [], logs: [], events: [], advice: [], phases: [] },
    ...more,
  };
}
