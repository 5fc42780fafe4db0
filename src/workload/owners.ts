import type { Workload } from '../kubectl/objects';
import { writerOf } from './hold';
import type { Operation } from './patch';
import { readBack, type Writing, write } from './write';

/**
 * Changes whose the fields of a workload are, as long as this run wrote it last. Where that fails, all is as it was without:
 * what went back is to be watched, and does not wait for it long.
 */
export async function giveBack(
  { forMs: _, ...writing }: Writing,
  owners: (workload: Workload) => Operation[],
): Promise<void> {
  const isOurs = (workload: Workload) => writerOf(workload) === writing.config.run.id;
  const patchFor = (workload: Workload) => (isOurs(workload) ? owners(workload) : undefined);
  // Written twice it is the same.
  await write(writing, await readBack(writing), patchFor, () => false);
}
