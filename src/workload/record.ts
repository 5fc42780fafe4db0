import { canonical, type Deployment } from '../kubectl/objects';
import { annotations } from './annotations';
import { presentSoak } from './changes';
import { entryOf, hasFailed, historyOf, record, recordedAs, revisionIn } from './history';
import { holderOf, isEarlierAttempt, isTaken, RELEASED, writerOf } from './hold';
import type { Version } from './images';
import { historyPatch, type Operation } from './patch';
import { type Writing, write } from './write';

export interface Ending {
  /** As the history keeps it. */
  readonly outcome: string;
  readonly container: string;
  /** What ended so. */
  readonly version: Version;
  /** Whether minReadySeconds becomes its owner's again. */
  readonly isSoakOver: boolean;
  /** The run that had written the workload when this one began to watch. */
  readonly writer: string | undefined;
  /** What the outcome is of, where that is not the operation. */
  readonly of?: 'manifest';
}

/**
 * Writes how the run ended into the workload's history, where the workload is still ours. It changes no template. Gives
 * why it could not, or nothing. A run that found its image there already has an entry only where that is news: it failed, or it
 * had failed before.
 */
export async function recordOutcome(writing: Writing, known: Deployment, ending: Ending): Promise<string | undefined> {
  const { run, operation } = writing.config;
  const outcome = recordedAs(ending.of ?? operation.kind, ending.outcome);
  const { container, version, isSoakOver, writer } = ending;
  const at = writing.clock.today().toISOString();
  const template = canonical(known.spec?.template);
  const patchFor = (workload: Deployment): Operation[] | undefined => {
    const holder = holderOf(workload);
    const isDead = holder !== undefined && isEarlierAttempt(holder, run);
    if (isTaken(workload, run, writer, () => isDead)) return undefined;
    const history = historyOf(workload);
    const isOurs = writerOf(workload) === run.id;
    const isNews = isDead || hasFailed(history, version) || outcome.startsWith('failed');
    const isSeen = isNews && canonical(workload.spec?.template) === template;
    const entry = isOurs
      ? entryOf(workload, run.id)
      : isSeen && { id: run.id, ...version, run: run.url, at, container, ...revisionIn(workload) };
    const isHeld = isDead || holder?.id === run.id;
    if (!entry && !isHeld) return undefined;
    // After a rollback the workload's revision is that of the version put back.
    const next = entry
      ? record(history, { ...revisionIn(workload, { container, image: version.image }), ...entry, outcome })
      : history;
    const released = isHeld ? { [annotations.hold]: RELEASED } : {};
    return historyPatch(workload, next, isSoakOver ? presentSoak(workload).before : undefined, released);
  };
  try {
    const isDone = (workload: Deployment) => {
      const { set, before } = presentSoak(workload);
      const holder = holderOf(workload);
      const isFree = !holder || (holder.id !== run.id && !isEarlierAttempt(holder, run));
      return isFree && entryOf(workload, run.id)?.outcome === outcome && (!isSoakOver || set === before);
    };
    await write(writing, known, patchFor, isDone);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
