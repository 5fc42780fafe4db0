import type { Config } from './inputs/config';
import type { Run } from './run';

/**
 * The run, once for each of its workloads: they share the image, the connection and the phases, and each has its own records and
 * its own end. Only the first is asked `verify-path`: a worker answers nobody.
 */
export function partsOf(run: Run): Run[] {
  return configsOf(run.config).map((own) => ({ ...run, config: own, reporter: run.reporter.of(own) }));
}

/** The configuration of each workload. */
export function configsOf(config: Config): Config[] {
  return config.workloads.map((workload, index) => ({
    ...config,
    workload,
    verdict: index === 0 ? config.verdict : withoutPath(config),
  }));
}

function withoutPath({ verdict: { verifyPath: _, ...verdict } }: Config): Config['verdict'] {
  return verdict;
}
