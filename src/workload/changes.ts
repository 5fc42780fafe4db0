import { isSameImage } from '../image/reference';
import { KubectlError } from '../kubectl/client';
import { canonical, type Deployment, identity } from '../kubectl/objects';
import { Failure, line, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import { annotations } from './annotations';
import { type HistoryEntry, hasFailed, lastGood, parseHistory, record, recordedAs } from './history';
import { holderOf, type IsGone, isTaken, writerOf } from './hold';
import { type Chosen, isSameVersion, type Version, versionIn, versionOf } from './images';
import { type ChosenContainer, isComplete, type Overwritten } from './inspect';
import { type Change, type Operation, rolloutPatch, type Undo } from './patch';
import { ownersSoak, type Soak } from './soak';
import { revisionOf } from './stateful';
import { readBack, type Send, Unread, type Writing, write } from './write';

export interface ImageChange {
  readonly workload: Deployment;
  readonly container: ChosenContainer;
  readonly soak: Soak;
  /** As the containers are to carry it. */
  readonly version: Version;
  /** The commit of the image; empty where it is not known. */
  readonly commit: string;
  /** New pods, also where the image is the same. */
  readonly isRestart?: boolean;
  /** What the container has to run for this change to make sense; left out: whatever it runs. */
  readonly expected?: string;
  readonly ran?: Overwritten;
  /** Whether the workload's holder is gone, so that its hold may be taken over. */
  readonly isGone?: IsGone;
  /** Writes the change with the workload's whole manifest; left out: it is patched. */
  readonly apply?: (workload: Deployment, change: Change) => Promise<Deployment>;
}

/** What the change was chosen by is not what runs any more: nothing was written. */
export class Moved extends Error {}

/** Another run is at work on the workload: nothing was written. */
export class Held extends Error {}

export interface Written {
  /** The workload as it is with the image. */
  readonly workload: Deployment;
  /** The workload as it was. */
  readonly found: Deployment;
  /** What it ran before. */
  readonly replaced: Version;
  /** What to go back to: the version that was replaced if it served, else the last one of the history that did. */
  readonly lastGood?: Version;
  /** What the template's `restartedAt` was; null where it had none. */
  readonly restartedAt: string | null;
}

/** Writes the image into the workload, and that this run is at work on it. Throws `Held` where another one is, and `Moved`. */
export async function writeImage(
  writing: Writing,
  { container, soak, version: to, commit, isRestart, expected, workload: known, ran, isGone, apply }: ImageChange,
): Promise<Written> {
  const { run, workload: where } = writing.config;
  const of = { container: container.name };
  let before: Omit<Written, 'workload'> = { found: known, replaced: versionIn(known, container), restartedAt: null };
  // All of it is read from the very workload that is patched: somebody may have changed it since preflight.
  const patchFor = (workload: Deployment): Operation[] | Send => {
    const holder = holderOf(workload);
    if (holder && holder.id !== run.id && !isGone?.(workload)) throw new Held(holder.url);
    const at = writing.clock.today().toISOString();
    const replaced = versionIn(workload, container);
    if (expected !== undefined && replaced.image !== expected) throw new Moved();
    const served = asItWas(replaced, ran);
    const known = lastGood(historyOf(workload), container.name);
    const isNews =
      replaced.image !== '' &&
      serves(workload, replaced) &&
      (known === undefined || printed(known) !== printed(served));
    const found = served !== undefined && {
      ...served,
      run: '',
      at,
      outcome: 'found',
      ...of,
      ...revisionIn(workload),
    };
    const past = isNews && found ? record(historyOf(workload), found) : historyOf(workload);
    const good = asItWas(lastGood(past, container.name), ran);
    const restartedAt = workload.spec?.template.metadata?.annotations?.[annotations.restartedAt] ?? null;
    // A restart is taken back to the very template, whatever is known of it. And what nothing is known of stays as it was.
    // Of a container that the manifest makes or renames there is no image to go back to, but its template of before.
    const isTemplateGood = replaced.image === '' && servesWhole(workload);
    const back =
      isRestart || isTemplateGood ? replaced : good && versionOf(good.image, { ...replaced.others, ...good.others });
    before = { found: workload, replaced, restartedAt, ...(back !== undefined && { lastGood: back }) };
    const history = record(past, { id: run.id, ...to, run: run.url, at, outcome: 'open', ...of });
    const about = { image: to.image, commit, url: run.url };
    const changeCause = line(isRestart ? 'change.cause-restart' : 'change.cause', about);
    const restarted = isRestart && { restartedAt: at };
    const change = { container, version: to, soak, history, changeCause, commit, run, ...restarted };
    return apply ? () => apply(workload, change) : rolloutPatch(workload, change);
  };
  try {
    const isDone = (workload: Deployment) =>
      writerOf(workload) === run.id && isSameVersion(versionIn(workload, container), to);
    return { workload: await write(writing, known, patchFor, isDone), ...before };
  } catch (error) {
    if (error instanceof KubectlError && error.reason === 'Invalid') {
      throw new Failure(problem('workload.rejected', { detail: error.message }), { cause: error });
    }
    if (error instanceof Unread) {
      throw new Failure(
        problem('workload.write-unknown', {
          deployment: printWorkload(where),
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
  readonly container: Chosen;
  /** What is known to have served. */
  readonly version: Version;
  /** What the template's `restartedAt` was before this run set it; left out where it has not. */
  readonly restartedAt?: string | null;
  /** The run that had written the workload when this one began to watch. */
  readonly writer: string | undefined;
  readonly isGone?: IsGone;
  /** What has to be undone beside the images, on the workload as it is: a manifest's changes. */
  readonly undo?: (workload: Deployment) => Undo;
  /** What goes back before the workload does, and not at all where the workload is somebody else's by now. */
  readonly first?: () => Promise<unknown>;
}

/**
 * Puts an image back. Gives the workload as it is then; or what keeps it from that: somebody else has `changed` the workload
 * meanwhile, or another run is at work on it (`held`). What they chose stays.
 */
export async function restoreImage(
  writing: Writing,
  { workload: known, template, container, version, writer, restartedAt, isGone, undo, first }: Restoring,
): Promise<Deployment | 'changed' | 'held'> {
  const { run, operation } = writing.config;
  const { uid } = identity(known);
  const theirsIn = (workload: Deployment): typeof theirs => {
    if (identity(workload).uid !== uid || canonical(workload.spec?.template) !== template) return 'changed';
    return isTaken(workload, run, writer, isGone) ? 'held' : undefined;
  };
  let theirs: 'changed' | 'held' | undefined;
  const patchFor = (workload: Deployment): Operation[] | undefined => {
    theirs = theirsIn(workload);
    if (theirs) return undefined;
    const at = writing.clock.today().toISOString();
    const entry = entryOf(workload, run.id) ?? {
      id: run.id,
      ...versionIn(workload, container),
      run: run.url,
      at,
      container: container.name,
    };
    const undone = undo?.(workload);
    // What failed must not look as if it were still under way, should this run end before it can say more.
    const outcome = recordedAs(undone?.isSameVersion ? 'manifest' : operation.kind, 'failed');
    const history = record(historyOf(workload), { ...entry, outcome, ...revisionIn(workload) });
    const changeCause = line('change.cause-back', { image: version.image, url: run.url });
    const soak = undone?.soak ?? presentSoak(workload);
    const first = undone && { container: undone.container, first: undone.operations };
    const back = { ...(restartedAt !== undefined && { restartedAt }), ...first };
    return rolloutPatch(workload, { container, version, soak, history, changeCause, commit: '', run, ...back });
  };
  const isDone = (workload: Deployment) =>
    isSameVersion(versionIn(workload, container), version) &&
    workload.metadata?.annotations?.[annotations.changeCause] ===
      line('change.cause-back', { image: version.image, url: run.url });
  const seen = first ? await readBack(writing) : known;
  theirs = theirsIn(seen);
  if (theirs) return theirs;
  await first?.();
  const written = await write(writing, seen, patchFor, isDone);
  return theirs ?? written;
}

/** What minReadySeconds is, and what its owner had: a version that comes back has to stay up as well. */
export function presentSoak({ metadata, spec }: Deployment): Soak {
  const set = spec?.minReadySeconds ?? 0;
  return { set, before: ownersSoak(metadata?.annotations?.[annotations.minReadySeconds], set) };
}

/** The version of the workload that last served for certain; undefined where none is known. */
export function knownGood({
  workload,
  container,
}: {
  workload: Deployment;
  container: ChosenContainer;
}): Version | undefined {
  const running = versionIn(workload, container);
  const good = serves(workload, running) ? running : lastGood(historyOf(workload), container.name);
  return good && versionOf(good.image, good.others ?? {});
}

/** Under a tag that this run has pushed there is another image now; undefined where it is not known what was there. */
function asItWas(version: Version | undefined, ran: Overwritten | undefined): Version | undefined {
  const others = Object.entries(version?.others ?? {});
  if (!version || !ran || ![version.image, ...others.map(([, image]) => image)].includes(ran.image)) return version;
  const { image: tagged, pinned } = ran;
  if (pinned === undefined) return undefined;
  const was = (image: string) => (image === tagged ? pinned : image);
  const all = Object.fromEntries(others.map(([name, image]) => [name, was(image)]));
  return { ...version, ...versionOf(was(version.image), all) };
}

function printed(version: Version | undefined): string {
  return canonical(version && [version.image, version.others]);
}

/** Whether what the workload has is known to serve: all of it runs, and no run of ours found it bad. */
function serves(workload: Deployment, version: Version): boolean {
  return isComplete(workload) && !hasFailed(historyOf(workload), version);
}

/** The same of all that it runs, whatever its containers are called. */
function servesWhole(workload: Deployment): boolean {
  const { containers = [] } = workload.spec?.template.spec ?? {};
  return containers.every(({ image = '' }) => serves(workload, { image }));
}

/** What our runs have written down of a workload, oldest first. */
export function historyOf(workload: Deployment): HistoryEntry[] {
  return parseHistory(workload.metadata?.annotations?.[annotations.history]);
}

export function entryOf(workload: Deployment, id: string): HistoryEntry | undefined {
  return historyOf(workload).find((entry) => entry.id === id);
}

/** The workload's revision, where it is the image's: somebody may have put another one there since. */
export function revisionIn(
  workload: Deployment,
  of?: { container: string; image: string },
): { revision: string } | object {
  const revision = revisionOf(workload);
  const { image } = workload.spec?.template.spec?.containers.find(({ name }) => name === of?.container) ?? {};
  const isTheirs = of !== undefined && (image === undefined || !isSameImage(image, of.image));
  return revision === undefined || isTheirs ? {} : { revision };
}
