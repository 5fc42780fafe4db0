import type { RunInfo } from '../inputs/config';
import { canonical, type Deployment } from '../kubectl/objects';
import { line } from '../words/words';
import { annotations } from './annotations';
import type { ImageChange, Written } from './changes';
import { type HistoryEntry, hasFailed, historyOf, lastGood, record, revisionIn } from './history';
import { holderOf } from './hold';
import { type Version, versionIn, versionOf } from './images';
import { isComplete, type Overwritten } from './inspect';
import type { Change } from './patch';

/** What to write on the workload as it is, and what that takes the place of; nothing where the change may not be made. */
export function planChange(
  workload: Deployment,
  wanted: ImageChange,
  run: RunInfo,
  at: string,
): { readonly change: Change; readonly before: Omit<Written, 'workload'> } | undefined {
  const { container, soak, version, commit, isRestart, expected, ran, isGone } = wanted;
  const holder = holderOf(workload);
  if (holder && holder.id !== run.id && !isGone?.(workload)) return undefined;
  const replaced = versionIn(workload, container);
  if (expected !== undefined && replaced.image !== expected) return undefined;
  const past = historyWith(workload, wanted, at);
  const good = asItWas(lastGood(past, container.name), ran);
  // Of a container that the manifest makes or renames there is no image to go back to, but its template of before.
  const isTemplateGood = replaced.image === '' && servesWhole(workload);
  // A restart is taken back to the very template, whatever is known of it. And what nothing is known of stays as it was.
  const back =
    isRestart || isTemplateGood ? replaced : good && versionOf(good.image, { ...replaced.others, ...good.others });
  const restartedAt = workload.spec?.template.metadata?.annotations?.[annotations.restartedAt] ?? null;
  const open = { id: run.id, ...version, run: run.url, at, outcome: 'open', container: container.name };
  const about = { image: version.image, commit, url: run.url };
  const changeCause = line(isRestart ? 'change.cause-restart' : 'change.cause', about);
  const restarted = isRestart && { restartedAt: at };
  return {
    change: { container, version, soak, history: record(past, open), changeCause, commit, run, ...restarted },
    before: { found: workload, replaced, restartedAt, ...(back !== undefined && { lastGood: back }) },
  };
}

/** The workload's history, with what it runs as found serving, where that is news. */
function historyWith(workload: Deployment, { container, ran }: ImageChange, at: string): HistoryEntry[] {
  const history = historyOf(workload);
  const { image, others = {} } = versionIn(workload, container);
  // Of a container that the manifest adds nothing was there.
  const running = versionOf(image, Object.fromEntries(Object.entries(others).filter(([, each]) => each !== '')));
  const served = asItWas(running, ran);
  if (!served || running.image === '' || !serves(workload, running)) return history;
  const known = lastGood(history, container.name);
  if (known && printed(known) === printed(served)) return history;
  return record(history, {
    ...served,
    run: '',
    at,
    outcome: 'found',
    container: container.name,
    ...revisionIn(workload),
  });
}

/** The version of the workload that last served for certain; undefined where none is known. */
export function knownGood({ workload, container }: Pick<ImageChange, 'workload' | 'container'>): Version | undefined {
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

function printed({ image, others }: Version): string {
  return canonical([image, others]);
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
