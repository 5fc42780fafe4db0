import { isSameImage } from '../image/reference';
import { KubectlError } from '../kubectl/client';
import { canonical, type Deployment, identity } from '../kubectl/objects';
import { Failure, line, problem } from '../words/words';
import { annotations } from './annotations';
import { type HistoryEntry, hasFailed, lastGood, parseHistory, record, recordedAs } from './history';
import { holderOf, type IsGone, isEarlierAttempt, isTaken, RELEASED, writerOf } from './hold';
import { type ChosenContainer, isComplete, type Overwritten } from './inspect';
import { historyPatch, type Operation, rolloutPatch } from './patch';
import { ownersSoak, type Soak } from './soak';
import { Unread, type Writing, write } from './write';

export interface ImageChange {
  readonly workload: Deployment;
  readonly container: ChosenContainer;
  readonly soak: Soak;
  /** As the container is to carry it. */
  readonly image: string;
  /** The commit of the image; empty where it is not known. */
  readonly commit: string;
  /** New pods, also where the image is the same. */
  readonly isRestart?: boolean;
  /** What the container has to run for this change to make sense; left out: whatever it runs. */
  readonly expected?: string;
  readonly ran?: Overwritten;
  /** Whether the workload's holder is gone, so that its hold may be taken over. */
  readonly isGone?: IsGone;
}

/** What the change was chosen by is not what runs any more: nothing was written. */
export class Moved extends Error {}

/** Another run is at work on the workload: nothing was written. */
export class Held extends Error {}

export interface Written {
  /** The workload as it is with the image. */
  readonly workload: Deployment;
  /** What it ran before. */
  readonly replaced: string;
  /** What to go back to: the image that was replaced if it served, else the last one of the history that did. */
  readonly lastGood?: string;
  /** What the template's `restartedAt` was; null where it had none. */
  readonly restartedAt: string | null;
}

/** Writes the image into the workload, and that this run is at work on it. Throws `Held` where another one is, and `Moved`. */
export async function writeImage(
  writing: Writing,
  { container, soak, image: to, commit, isRestart, expected, workload: known, ran, isGone }: ImageChange,
): Promise<Written> {
  const { run, workload: where } = writing.config;
  const of = { container: container.name };
  const imageIn = (workload: Deployment) => workload.spec?.template.spec?.containers[container.index]?.image ?? '';
  let before: Omit<Written, 'workload'> = { replaced: container.image, restartedAt: null };
  // All of it is read from the very workload that is patched: somebody may have changed it since preflight.
  const patchFor = (workload: Deployment): Operation[] => {
    const holder = holderOf(workload);
    if (holder && holder.id !== run.id && !isGone?.(workload)) throw new Held(holder.url);
    const at = writing.clock.today().toISOString();
    const replaced = imageIn(workload);
    if (expected !== undefined && replaced !== expected) throw new Moved();
    // Under a tag that this run has pushed there is another image now.
    const asItWas = (it: string | undefined) => (it !== undefined && it === ran?.image ? ran.pinned : it);
    const served = asItWas(replaced);
    const isNews = serves(workload, replaced) && lastGood(historyOf(workload), container.name)?.image !== served;
    const found = served !== undefined && {
      image: served,
      run: '',
      at,
      outcome: 'found',
      ...of,
      ...revisionOf(workload),
    };
    const past = isNews && found ? record(historyOf(workload), found) : historyOf(workload);
    const good = asItWas(lastGood(past, container.name)?.image);
    const restartedAt = workload.spec?.template.metadata?.annotations?.[annotations.restartedAt] ?? null;
    // A restart is taken back to the very template, whatever is known of it.
    const back = isRestart ? replaced : good;
    before = { replaced, restartedAt, ...(back !== undefined && { lastGood: back }) };
    const history = record(past, { id: run.id, image: to, run: run.url, at, outcome: 'open', ...of });
    const about = { image: to, commit, url: run.url };
    const changeCause = line(isRestart ? 'change.cause-restart' : 'change.cause', about);
    const restarted = isRestart && { restartedAt: at };
    return rolloutPatch(workload, { container, image: to, soak, history, changeCause, commit, run, ...restarted });
  };
  try {
    const isDone = (workload: Deployment) => writerOf(workload) === run.id && imageIn(workload) === to;
    return { workload: await write(writing, known, patchFor, isDone), ...before };
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

export interface Restoring {
  /** The workload as it was seen last, and the template of the version that failed. */
  readonly workload: Deployment;
  readonly template: string;
  readonly container: { readonly index: number; readonly name: string };
  /** The image that is known to have served. */
  readonly image: string;
  /** What the template's `restartedAt` was before this run set it; left out where it has not. */
  readonly restartedAt?: string | null;
  /** The run that had written the workload when this one began to watch. */
  readonly writer: string | undefined;
  readonly isGone?: IsGone;
}

/**
 * Puts an image back. Gives the workload as it is then; or what keeps it from that: somebody else has `changed` the workload
 * meanwhile, or another run is at work on it (`held`). What they chose stays.
 */
export async function restoreImage(
  writing: Writing,
  { workload: known, template, container, image, writer, restartedAt, isGone }: Restoring,
): Promise<Deployment | 'changed' | 'held'> {
  const { run, operation } = writing.config;
  const { uid } = identity(known);
  const imageIn = (workload: Deployment) => workload.spec?.template.spec?.containers[container.index]?.image;
  let theirs: 'changed' | 'held' | undefined;
  const patchFor = (workload: Deployment): Operation[] | undefined => {
    const isChanged = identity(workload).uid !== uid || canonical(workload.spec?.template) !== template;
    theirs = isChanged ? 'changed' : isTaken(workload, run, writer, isGone) ? 'held' : undefined;
    if (theirs) return undefined;
    const at = writing.clock.today().toISOString();
    const entry = entryOf(workload, run.id) ?? {
      id: run.id,
      image: imageIn(workload) ?? '',
      run: run.url,
      at,
      container: container.name,
    };
    // What failed must not look as if it were still under way, should this run end before it can say more.
    const outcome = recordedAs(operation.kind, 'failed');
    const history = record(historyOf(workload), { ...entry, outcome, ...revisionOf(workload) });
    const changeCause = line('change.cause-back', { image, url: run.url });
    const soak = presentSoak(workload);
    const back = restartedAt !== undefined && { restartedAt };
    return rolloutPatch(workload, { container, image, soak, history, changeCause, commit: '', run, ...back });
  };
  const isDone = (workload: Deployment) =>
    imageIn(workload) === image &&
    workload.metadata?.annotations?.[annotations.changeCause] === line('change.cause-back', { image, url: run.url });
  const written = await write(writing, known, patchFor, isDone);
  return theirs ?? written;
}

/** What minReadySeconds is, and what its owner had: a version that comes back has to stay up as well. */
function presentSoak({ metadata, spec }: Deployment): Soak {
  const set = spec?.minReadySeconds ?? 0;
  return { set, before: ownersSoak(metadata?.annotations?.[annotations.minReadySeconds], set) };
}

/** The image of the workload that last served for certain; undefined where none is known. */
export function knownGood({
  workload,
  container,
}: {
  workload: Deployment;
  container: ChosenContainer;
}): string | undefined {
  return serves(workload, container.image) ? container.image : lastGood(historyOf(workload), container.name)?.image;
}

/** Whether the image that the workload has is known to serve: all of it runs, and no run of ours found it bad. */
function serves(workload: Deployment, image: string): boolean {
  return isComplete(workload) && !hasFailed(historyOf(workload), image);
}

export interface Ending {
  /** As the history keeps it. */
  readonly outcome: string;
  readonly container: string;
  /** The image that ended so. */
  readonly image: string;
  /** Whether minReadySeconds becomes its owner's again. */
  readonly isSoakOver: boolean;
  /** The run that had written the workload when this one began to watch. */
  readonly writer: string | undefined;
}

/**
 * Writes how the run ended into the workload's history, where the workload is still ours. It changes no template. Gives
 * why it could not, or nothing. A run that found its image there already has an entry only where that is news: it failed, or it
 * had failed before.
 */
export async function recordOutcome(writing: Writing, known: Deployment, ending: Ending): Promise<string | undefined> {
  const { run, operation } = writing.config;
  const outcome = recordedAs(operation.kind, ending.outcome);
  const { container, image, isSoakOver, writer } = ending;
  const at = writing.clock.today().toISOString();
  const template = canonical(known.spec?.template);
  const patchFor = (workload: Deployment): Operation[] | undefined => {
    const holder = holderOf(workload);
    const isDead = holder !== undefined && isEarlierAttempt(holder, run);
    if (isTaken(workload, run, writer, () => isDead)) return undefined;
    const history = historyOf(workload);
    const isOurs = writerOf(workload) === run.id;
    const isNews = isDead || hasFailed(history, image) || outcome.startsWith('failed');
    const isSeen = isNews && canonical(workload.spec?.template) === template;
    const entry = isOurs
      ? entryOf(workload, run.id)
      : isSeen && { id: run.id, image, run: run.url, at, container, ...revisionOf(workload) };
    const isHeld = isDead || holder?.id === run.id;
    if (!entry && !isHeld) return undefined;
    // After a rollback the workload's revision is that of the version put back.
    const next = entry
      ? record(history, { ...revisionOf(workload, { container, image }), ...entry, outcome })
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

/** What our runs have written down of a workload, oldest first. */
export function historyOf(workload: Deployment): HistoryEntry[] {
  return parseHistory(workload.metadata?.annotations?.[annotations.history]);
}

function entryOf(workload: Deployment, id: string): HistoryEntry | undefined {
  return historyOf(workload).find((entry) => entry.id === id);
}

/** The workload's revision, where it is the image's: somebody may have put another one there since. */
function revisionOf(workload: Deployment, of?: { container: string; image: string }): { revision: string } | object {
  const revision = workload.metadata?.annotations?.[annotations.revision];
  const { image } = workload.spec?.template.spec?.containers.find(({ name }) => name === of?.container) ?? {};
  const isTheirs = of !== undefined && (image === undefined || !isSameImage(image, of.image));
  return revision === undefined || isTheirs ? {} : { revision };
}
