import { logsArgv } from '../kubectl/argv';
import type { Cluster } from '../kubectl/client';
import type { PodTrouble } from './verdict';

/** The last lines of a container, taken when a rollout failed. */
export interface ContainerLog {
  readonly pod: string;
  readonly container: string;
  readonly lines: string;
}

const LINES = 50;

/** What kubectl prints, with success, for a container that the kubelet has removed meanwhile. */
const GONE = /^unable to retrieve container logs for /;

/** The last lines that a failing container wrote; none where it wrote none. */
export async function lastWords(cluster: Cluster, namespace: string, trouble: PodTrouble): Promise<ContainerLog[]> {
  const { pod, container, restarts, reason } = trouble;
  if (container === '') return [];
  // Without --previous kubectl shows the newest run, also one that has ended. Only where it runs again is the bad one the last.
  const order = reason === 'Restarted' ? [true, false] : restarts > 0 ? [false, true] : [false];
  for (const previous of order) {
    try {
      const lines = await cluster.text(logsArgv({ namespace, pod, container, previous, lines: LINES }));
      if (lines.trim() !== '' && !GONE.test(lines)) return [{ pod, container, lines: lines.trimEnd() }];
    } catch {
      // A container that never started has no log: its status says why. And a host that is away changes no verdict.
    }
  }
  return [];
}
