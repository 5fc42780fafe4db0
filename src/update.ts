import { applyOf, applyOthers, conflictsOf, leaveToOthers, tellSettings } from './apply';
import { changeLines, isThere, joinedRollout, overwrittenBy, type Rollout, rolloutOf, versionToBe } from './begun';
import { answerAsks, letGo, type Wait, waitForHolder } from './hold';
import { type Cluster, KubectlError } from './kubectl/client';
import { isNew } from './kubectl/objects';
import { patiently } from './kubectl/patience';
import { manifestsOf } from './manifests/object';
import { look, lookAgain, type Ready } from './preflight';
import { Observer } from './rollout/observe';
import type { Begun, Run, Wanted } from './run';
import { Failure, line, problem } from './words/words';
import { printWorkload } from './words/workload';
import { type ImageChange, type Written, writeImage } from './workload/changes';
import { holderOf } from './workload/hold';

/** Answers after which nothing can have been changed. */
const REFUSALS: ReadonlySet<KubectlError['reason']> = new Set([
  ...(['Forbidden', 'NotFound', 'Unauthorized', 'CertificateExpired', 'NoKubectl', 'NoKubeconfig'] as const),
  ...(['FieldConflict', 'NoKind'] as const),
]);

/** Puts the image into the workload, unless it is there already, and makes ready to watch. */
export async function update(run: Run, cluster: Cluster, before: Ready, wanted: Wanted): Promise<Begun> {
  const wait: Wait = { questions: 0 };
  for (let ready = before; ; ) {
    const begun = await tryToUpdate({ run, ready, wanted }, cluster, wait);
    if (begun) return begun;
    leaveToOthers(run);
    ready = await lookPatiently(run, () => look(run.config, cluster));
  }
}

/** A workload that this run is at work on, as it was found, and what it is to run. */
export interface Updating {
  readonly run: Run;
  readonly ready: Ready;
  readonly wanted: Wanted;
}

/**
 * Updates one workload after the other, always in the same order: two runs that each hold what the other waits for would wait for
 * ever. Where one cannot be written, those before it are given back with the `error`; where nothing has been changed, it is thrown.
 */
export async function updateAll<T extends Updating>(
  cluster: Cluster,
  all: readonly T[],
): Promise<{ begun: Map<T, Begun>; lost?: { of: T; error: unknown } }> {
  const begun = new Map<T, Begun>();
  const byName = all.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  for (const of of byName) {
    // Who asks whether this run is still at work on one of them wants an answer also while it waits for the next.
    for (const { changed, observer } of begun.values()) if (changed) observer.start();
    try {
      begun.set(of, await update(of.run, cluster, of.ready, of.wanted));
    } catch (error) {
      if (![...begun.values()].some(({ changed }) => changed)) throw error;
      return { begun, lost: { of, error } };
    }
  }
  return { begun };
}

function nameOf({ run }: Updating): string {
  return printWorkload(run.config.workload);
}

function lookPatiently({ tools, reporter }: Run, read: () => Promise<Ready>): Promise<Ready> {
  const onTrouble = (detail: string) => reporter.log.info(line('log.no-contact', { detail }));
  return patiently(read, { clock: tools.clock, signal: tools.signal, onTrouble });
}

/** Begins; gives nothing where another run is at work, or was: it has waited for that one, and all has to be looked at again. */
async function tryToUpdate(updating: Updating, cluster: Cluster, wait: Wait): Promise<Begun | undefined> {
  const { run, wanted: asked } = updating;
  const { config, tools, reporter } = run;
  if (tools.signal.aborted) throw new Failure(problem('run.cancelled', {}));
  const ready = await lookNow(updating, cluster);
  const { workload, container } = ready;
  // What it was chosen by may have changed while another run was at work.
  const wanted = asked.again && container.image !== asked.expected ? asked.again(ready) : asked;
  if (wanted !== asked) reporter.chose(wanted.image);
  // The watches begin at what was seen then, so nothing that happens from here on can be missed.
  const observer = new Observer(cluster, tools.clock, config.workload.namespace, ready);
  const end = answerWhile(run, cluster, observer);
  const seen = { cluster, observer, container };
  if (isThere(ready, wanted)) return { ...seen, ...(await join(run, cluster, ready)) };
  if (holderOf(workload) && !wait.isGone?.(workload)) await waitForHolder(run, cluster, observer, wait);
  else {
    const written = await putIn({ run, ready, wanted }, cluster, observer, wait);
    if (written) return { ...seen, ...rolloutOf(config, ready, wanted, written) };
  }
  await end();
  return undefined;
}

/** What preflight saw may be as old as the build took. A write notices by itself; where there is none, look again. */
async function lookNow({ run, ready: before, wanted }: Updating, cluster: Cluster): Promise<Ready> {
  const isOld = isThere(before, wanted) || holderOf(before.workload) !== undefined || isNew(before.workload);
  return isOld ? lookPatiently(run, () => lookAgain(run.config, cluster, before)) : before;
}

/** Answers who asks whether this run is at work, until what it gives is called, at the latest when the run closes. */
function answerWhile(run: Run, cluster: Cluster, observer: Observer): () => Promise<void> {
  const over = new AbortController();
  const answering = answerAsks(run, cluster.uncancelled(), observer, over.signal);
  const end = async () => {
    over.abort();
    await answering;
    await letGo(run, cluster.uncancelled(), observer).finally(() => observer.stop());
  };
  run.closing.add(end);
  return end;
}

/** Leaves the workload as it is: it has the image already. */
async function join(run: Run, cluster: Cluster, ready: Ready): Promise<Rollout> {
  await applyOthers(run, cluster, ready);
  tellSettings(run);
  run.reporter.log.info(line('log.unchanged', { image: ready.container.image }));
  return joinedRollout(run.config, ready);
}

/** Writes the image, and says so; gives nothing where another run was quicker. */
async function putIn(
  { run, ready, wanted }: Updating,
  cluster: Cluster,
  observer: Observer,
  { isGone }: Wait,
): Promise<Written | undefined> {
  const ran = overwrittenBy(run.config, ready, wanted);
  await applyOthers(run, cluster, ready);
  const how = { ...(ran && { ran }), ...(isGone && { isGone }), ...applyOf(run, cluster, ready) };
  const version = versionToBe(ready, wanted);
  const written = await write(run, cluster, ready, { ...ready, ...wanted, version, ...how });
  if (!written) return undefined;
  observer.see(written.workload);
  run.reporter.found({ previousImage: written.replaced.image });
  for (const text of changeLines(run.config, ready, wanted, written)) run.reporter.log.info(text);
  return written;
}

/** Notes before the write that it may take effect, and takes that back where it certainly has not. */
async function write(run: Run, cluster: Cluster, ready: Ready, change: ImageChange): Promise<Written | undefined> {
  const { config, tools } = run;
  const note = (mayBe: boolean) => Object.assign(run, { wrote: mayBe, holds: mayBe });
  note(true);
  try {
    const { timeoutMs: forMs } = config.verdict;
    const written = await writeImage({ config, cluster: cluster.uncancelled(), clock: tools.clock, forMs }, change);
    if (!written) note(false);
    return written;
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    // What the API server clearly refused has changed nothing.
    if (REFUSALS.has(error.reason)) note(false);
    const manifest = manifestsOf(config)?.workload;
    throw manifest && error.reason === 'FieldConflict' ? conflictsOf(error, manifest, ready) : error;
  }
}
