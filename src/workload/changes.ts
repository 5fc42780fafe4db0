import type { Config } from '../inputs/config';
import { KubectlError } from '../kubectl/client';
import { canonical, type Deployment, identity } from '../kubectl/objects';
import { Failure, line, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import { annotations } from './annotations';
import { entryOf, historyOf, record, recordedAs, revisionIn } from './history';
import { type IsGone, isTaken, writerOf } from './hold';
import { type Chosen, isSameVersion, type Version, versionIn } from './images';
import type { ChosenContainer, Overwritten } from './inspect';
import { type Change, rolloutPatch, type Undo } from './patch';
import { planChange } from './plan-change';
import { ownersSoak, type Soak } from './soak';
import { readBack, Unread, type Writing, writePlanned } from './write';

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

/** Writes the image into the workload, and that this run is at work on it. Gives nothing where the change may not be made. */
export async function writeImage(writing: Writing, wanted: ImageChange): Promise<Written | undefined> {
  const { run, workload: where } = writing.config;
  const { container, version, apply } = wanted;
  // All of it is read from the very workload that is patched: somebody may have changed it since preflight.
  const planFor = (found: Deployment) => {
    const plan = planChange(found, wanted, run, writing.clock.today().toISOString());
    if (!plan) return {};
    const { change, before } = plan;
    return { patch: apply ? () => apply(found, change) : rolloutPatch(found, change), before };
  };
  const isDone = (workload: Deployment) =>
    writerOf(workload) === run.id && isSameVersion(versionIn(workload, container), version);
  try {
    const { workload, plan } = await writePlanned(writing, wanted.workload, planFor, isDone);
    return plan.before && { workload, ...plan.before };
  } catch (error) {
    throw inWords(error, where);
  }
}

/** What a failed write of the image means, where that is not clear from the error itself. */
function inWords(error: unknown, where: Config['workload']): unknown {
  if (error instanceof KubectlError && error.reason === 'Invalid')
    return new Failure(problem('workload.rejected', { detail: error.message }), { cause: error });
  if (!(error instanceof Unread)) return error;
  const about = { deployment: printWorkload(where), namespace: where.namespace, detail: error.message };
  return new Failure(problem('workload.write-unknown', about), { cause: error });
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
  const theirsIn = (workload: Deployment): 'changed' | 'held' | undefined => {
    if (identity(workload).uid !== uid || canonical(workload.spec?.template) !== template) return 'changed';
    return isTaken(workload, run, writer, isGone) ? 'held' : undefined;
  };
  const changeCause = line('change.cause-back', { image: version.image, url: run.url });
  const planFor = (workload: Deployment) => {
    const theirs = theirsIn(workload);
    if (theirs) return { theirs };
    const at = writing.clock.today().toISOString();
    const lost = { id: run.id, ...versionIn(workload, container), run: run.url, at, container: container.name };
    const entry = entryOf(workload, run.id) ?? lost;
    const undone = undo?.(workload);
    // What failed must not look as if it were still under way, should this run end before it can say more.
    const outcome = recordedAs(undone?.isSameVersion ? 'manifest' : operation.kind, 'failed');
    const history = record(historyOf(workload), { ...entry, outcome, ...revisionIn(workload) });
    const soak = undone?.soak ?? presentSoak(workload);
    const back = { container, version, soak, history, changeCause, commit: '', run };
    const others = undone && { container: undone.container, first: undone.operations };
    const restarted = restartedAt !== undefined && { restartedAt };
    return { patch: rolloutPatch(workload, { ...back, ...restarted, ...others }) };
  };
  const isDone = (workload: Deployment) =>
    isSameVersion(versionIn(workload, container), version) &&
    workload.metadata?.annotations?.[annotations.changeCause] === changeCause;
  const seen = first ? await readBack(writing) : known;
  const already = theirsIn(seen);
  if (already) return already;
  await first?.();
  const { workload: written, plan } = await writePlanned(writing, seen, planFor, isDone);
  return plan.theirs ?? written;
}

/** What minReadySeconds is, and what its owner had: a version that comes back has to stay up as well. */
export function presentSoak({ metadata, spec }: Deployment): Soak {
  const set = spec?.minReadySeconds ?? 0;
  return { set, before: ownersSoak(metadata?.annotations?.[annotations.minReadySeconds], set) };
}
