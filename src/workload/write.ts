import { type PinnedImage, printReference } from '../image/reference';
import type { Config } from '../inputs/config';
import { paths } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import type { Deployment } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { Failure, line, problem } from '../words/words';
import { annotations } from './annotations';
import { type HistoryEntry, lastGood, parseHistory, record } from './history';
import type { ChosenContainer } from './inspect';
import { historyPatch, type Operation, rolloutPatch } from './patch';
import type { Soak } from './soak';

/** 3 of 12 writes in the middle of a rollout were measured to conflict, so a few tries are plenty. */
const TRIES = 6;
const PAUSE_MS = 200;

export interface Writing {
  readonly config: Config;
  readonly cluster: Cluster;
  readonly clock: Clock;
}

export interface ImageChange {
  readonly workload: Deployment;
  readonly container: ChosenContainer;
  readonly soak: Soak;
  readonly image: PinnedImage;
  /** Whether what runs now is known to serve. */
  readonly complete: boolean;
}

/** Writes the image into the workload and gives the workload as it is then. */
export async function writeImage(
  writing: Writing,
  { container, soak, image, complete, workload: known }: ImageChange,
): Promise<Deployment> {
  const { run, workload: where } = writing.config;
  const to = printReference(image);
  const patchFor = (workload: Deployment): Operation[] => {
    const at = writing.clock.today().toISOString();
    const before = historyOf(workload);
    const isNews = complete && lastGood(before)?.image !== container.image;
    const found: HistoryEntry = { image: container.image, run: '', at, outcome: 'found', ...revisionOf(workload) };
    const entry: HistoryEntry = { id: run.id, image: to, run: run.url, at, outcome: 'open' };
    const history = record(isNews ? record(before, found) : before, entry);
    const changeCause = line('change.cause', { image: to, sha: run.sha, url: run.url });
    return rolloutPatch(workload, { container, image: to, soak, history, changeCause, run });
  };
  try {
    return await write(
      writing,
      known,
      patchFor,
      (workload) => workload.metadata?.annotations?.[annotations.deployId] === run.id,
    );
  } catch (error) {
    if (error instanceof KubectlError && error.reason === 'Invalid') {
      throw new Failure(problem('workload.rejected', { detail: error.message }), { cause: error });
    }
    if (error instanceof Unread) {
      throw new Failure(
        problem('workload.write-unknown', {
          deployment: where.name,
          namespace: where.namespace,
          detail: error.message,
        }),
        { cause: error },
      );
    }
    throw error;
  }
}

/**
 * Writes how the run ended into the workload's history, where the workload is still ours. It changes no template. Gives
 * why it could not, or nothing.
 */
export async function recordOutcome(writing: Writing, known: Deployment, outcome: string): Promise<string | undefined> {
  const { run } = writing.config;
  const isOurs = (workload: Deployment) => workload.metadata?.annotations?.[annotations.deployId] === run.id;
  const entryIn = (workload: Deployment) => historyOf(workload).find(({ id }) => id === run.id);
  const patchFor = (workload: Deployment): Operation[] | undefined => {
    const entry = entryIn(workload);
    if (!isOurs(workload) || !entry) return undefined;
    return historyPatch(workload, record(historyOf(workload), { ...entry, outcome, ...revisionOf(workload) }));
  };
  try {
    await write(writing, known, patchFor, (workload) => entryIn(workload)?.outcome === outcome);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A write got no clear answer, and the workload does not show that it took effect. */
class Unread extends Error {}

/**
 * Patches the workload as it is now. After a conflict, or an answer that was lost or says nothing clear, the workload is read back
 * before anything else: `isDone` decides whether the patch took effect (one that was given up may arrive late and win against its
 * own repetition); if not, it is made again from this fresh look.
 */
async function write(
  { config, cluster, clock }: Writing,
  known: Deployment,
  patchFor: (workload: Deployment) => Operation[] | undefined,
  isDone: (workload: Deployment) => boolean,
): Promise<Deployment> {
  const { name, namespace } = config.workload;
  let workload = known;
  for (let tries = 1; ; tries++) {
    const patch = patchFor(workload);
    if (!patch) return workload;
    try {
      return await cluster.patch(config.workload, JSON.stringify(patch), { dryRun: false });
    } catch (error) {
      const reason = error instanceof KubectlError ? error.reason : 'Other';
      if (reason !== 'Conflict' && !UNCLEAR.has(reason)) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      await clock.sleep(PAUSE_MS * tries);
      workload = await cluster.get<Deployment>(paths.deployment(namespace, name)).catch((unread: unknown) => {
        throw new Unread(detail, { cause: unread });
      });
      if (isDone(workload)) return workload;
      if (tries < TRIES) continue;
      if (reason === 'Conflict')
        throw new Failure(problem('workload.contended', { deployment: name }), { cause: error });
      throw new Unread(detail, { cause: error });
    }
  }
}

/** Endings of a write that leave open whether it took effect. */
const UNCLEAR: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'TimedOut', 'Unreachable', 'Other'] as const);

function historyOf(workload: Deployment): HistoryEntry[] {
  return parseHistory(workload.metadata?.annotations?.[annotations.history]);
}

function revisionOf(workload: Deployment): { revision: string } | object {
  const revision = workload.metadata?.annotations?.[annotations.revision];
  return revision === undefined ? {} : { revision };
}
