import { logsArgv } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import type { ContainerLog } from '../report/report';
import type { PodTrouble } from './verdict';

const LINES = 50;

/** The last lines that a failing container wrote: of the run that ended, else of the present one; none where it wrote none. */
export async function lastWords(cluster: Cluster, namespace: string, { pod, container, restarts }: PodTrouble): Promise<ContainerLog[]> {
  if (container === '') return [];
  for (const previous of restarts > 0 ? [true, false] : [false]) {
    try {
      const lines = await cluster.text(logsArgv({ namespace, pod, container, previous, lines: LINES }));
      if (lines.trim() !== '') return [{ pod, container, lines: lines.trimEnd() }];
    } catch (error) {
      // A container that never started has no log: its status says why, and that is told already.
      if (!(error instanceof KubectlError)) throw error;
    }
  }
  return [];
}
