import type { Facts } from './advice';
import type { Config } from './inputs/config';
import type { Ready } from './preflight';
import type { Run, Wanted } from './run';
import type { Later } from './tools';

/** One workload as it was found, and what it is to run; nothing where a plan's image would have to be built first. */
export interface Aim {
  readonly run: Run;
  readonly ready: Ready;
  /** For advice: asked in a long build's shadow, or else while the rollout goes on. */
  readonly facts: Later<Facts>;
  readonly wanted?: Wanted;
}

/**
 * The run, once for each of its workloads: they share the image, the connection and the phases, and each has its own records and
 * its own end. Only the first is asked `verify-path`: a worker answers nobody.
 */
export function partsOf(run: Run): Run[] {
  const { workloads, verdict } = run.config;
  const [first] = workloads;
  return workloads.map((workload) => {
    const config = { ...run.config, workload, verdict: workload === first ? verdict : withoutPath(verdict) };
    return { ...run, config, reporter: run.reporter.of(config) };
  });
}

function withoutPath({ verifyPath: _, ...verdict }: Config['verdict']): Config['verdict'] {
  return verdict;
}
