import type { Config } from './inputs/config';
import type { Run } from './run';

/**
 * The run, once for each of its workloads: they share the image, the connection and the phases, and each has its own records and
 * its own end. Only the first is asked `verify-path`: a worker answers nobody.
 */
export function partsOf(run: Run): Run[] {
  const { config, reporter } = run;
  return config.workloads.map((workload, index) => {
    const own: Config = { ...config, workload, verdict: index === 0 ? config.verdict : withoutPath(config) };
    return { ...run, config: own, reporter: reporter.of(own) };
  });
}

function withoutPath({ verdict: { verifyPath: _, ...verdict } }: Config): Config['verdict'] {
  return verdict;
}
