import type { Config } from '../inputs/config';
import { paths } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import type { Workload } from '../kubectl/objects';
import { isHostAway, patiently } from '../kubectl/patience';
import type { Clock } from '../system/clock';
import { Failure, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import type { Operation } from './patch';

/** 3 of 12 writes in the middle of a rollout were measured to conflict, so a few tries are plenty. */
const TRIES = 6;
const PAUSE_MS = 200;

export interface Writing {
  readonly config: Config;
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** How long a workload is read back after a lost answer, in milliseconds; left out: 30 s. */
  readonly forMs?: number;
}

/** A JSON patch, or a write of another form, which holds for one version of the workload too. */
export type Patch = readonly Operation[] | (() => Promise<Workload>);

/** A write got no clear answer, and the workload does not show that it took effect. */
export class Unread extends Error {}

/**
 * Patches the workload as it is now. After a conflict, or an answer that was lost or says nothing clear, the workload is read back
 * before anything else: `isDone` decides whether the patch took effect (one that was given up may arrive late and win against its
 * own repetition); if not, it is made again from this fresh look.
 */
export async function write(
  writing: Writing,
  known: Workload,
  patchFor: (workload: Workload) => Patch | undefined,
  isDone: (workload: Workload) => boolean,
): Promise<Workload> {
  return (await writePlanned(writing, known, (workload) => ({ patch: patchFor(workload) }), isDone)).workload;
}

/** The same, for a patch that comes with more: gives that of the last try as well. */
export async function writePlanned<Plan extends { readonly patch?: Patch | undefined }>(
  writing: Writing,
  known: Workload,
  planFor: (workload: Workload) => Plan,
  isDone: (workload: Workload) => boolean,
): Promise<{ readonly workload: Workload; readonly plan: Plan }> {
  const { config, cluster, clock } = writing;
  let workload = known;
  for (let tries = 1; ; tries++) {
    const plan = planFor(workload);
    const { patch } = plan;
    if (!patch) return { workload, plan };
    try {
      if (typeof patch === 'function') return { workload: await patch(), plan };
      return { workload: await cluster.patch(config.workload, JSON.stringify(patch), { dryRun: false }), plan };
    } catch (error) {
      const reason = error instanceof KubectlError ? error.reason : 'Other';
      if (reason !== 'Conflict' && !UNCLEAR.has(reason)) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      await clock.sleep(PAUSE_MS * tries);
      workload = await readBack(writing, detail);
      if (isDone(workload)) return { workload, plan };
      if (tries < TRIES) continue;
      if (reason === 'Conflict')
        throw new Failure(problem('workload.contended', { deployment: printWorkload(config.workload) }), {
          cause: error,
        });
      throw new Unread(detail, { cause: error });
    }
  }
}

/** Reads the workload, also from an API server that is away for a while. */
export async function readBack({ config, cluster, clock, forMs }: Writing, detail?: string): Promise<Workload> {
  const read = () => cluster.get<Workload>(paths.workload(config.workload));
  return patiently(read, { clock, forMs, isPassing: isUnclear }).catch((cause: unknown) => {
    throw new Unread(detail ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
  });
}

function isUnclear(error: unknown): boolean {
  return isHostAway(error) || (error instanceof KubectlError && UNCLEAR.has(error.reason));
}

/** Endings of a write that leave open whether it took effect. */
const UNCLEAR: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'TimedOut', 'Unreachable', 'Other'] as const);
