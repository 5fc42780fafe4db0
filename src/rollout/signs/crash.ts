import { memoryKey } from '../memory';
import { troublesOf } from '../trouble';
import type { PodTrouble } from '../verdict';
import type { Look, Suspicion } from './sign';

/** Once may be a peak while starting; a second time is a limit that is too low. */
const OOM_ENDS = 2;

/**
 * Containers that have ended again after `maxRestarts` restarts. Restarts are counted, not exit codes: a liveness probe's kill can
 * end with 0. Fewer are no sign: an app may crash twice while its database comes up.
 */
export function crashing({ target, pods, memory }: Look): Suspicion[] {
  return pods.flatMap((pod) =>
    troublesOf(pod, target).flatMap((trouble): Suspicion[] => {
      const at = `${trouble.pod}/${trouble.container}`;
      if (!isEnded(trouble)) return [];
      const ooms = memory[memoryKey(pod, trouble.container)]?.oomEnds ?? [];
      if (trouble.endedBy === 'OOMKilled' && ooms.length >= OOM_ENDS) {
        return [{ key: `oom/${at}`, graceMs: 0, cause: { code: 'oom', trouble } }];
      }
      // One that runs again has ended as often as it was restarted; one that does not, once more.
      const ends = trouble.reason === 'Restarted' ? trouble.restarts : trouble.restarts + 1;
      if (ends <= target.maxRestarts) return [];
      return [{ key: `crash/${at}`, graceMs: 0, cause: { code: 'crash', trouble } }];
    }),
  );
}

function isEnded({ reason, exitCode }: PodTrouble): boolean {
  return reason === 'CrashLoopBackOff' || exitCode !== undefined;
}
