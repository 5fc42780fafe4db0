import { applyOf, applyOthers, conflictsOf, tellSettings } from './apply';
import { answerAsks, letGo, type Wait, waitForHolder } from './hold';
import { parseReference } from './image/reference';
import { type Cluster, KubectlError } from './kubectl/client';
import { type Deployment, identity, isNew } from './kubectl/objects';
import { patiently } from './kubectl/patience';
import { manifestsOf } from './manifests/object';
import { look, lookAgain, type Ready } from './preflight';
import { Observer } from './rollout/observe';
import { restartCounts, stalledSince, type Target, templateOf } from './rollout/snapshot';
import type { Begun, Run, Wanted } from './run';
import { Failure, line, problem } from './words/words';
import { printWorkload, resourceOf } from './words/workload';
import { Held, knownGood, Moved, type Written, writeImage } from './workload/changes';
import { holderOf, writerOf } from './workload/hold';
import { imagesOf, isSameVersion, type Version, versionFor, versionIn, versionOf } from './workload/images';
import { overwritten } from './workload/inspect';

/** The part of the soak in which a ready pod has to answer `verify-path`: until the soak is over, all old pods are there. */
const VERIFY_SHARE = 0.6;
const VERIFY_MIN_MS = 3_000;

/** Answers after which nothing can have been changed. */
const REFUSALS: ReadonlySet<KubectlError['reason']> = new Set([
  ...(['Forbidden', 'NotFound', 'Unauthorized', 'CertificateExpired', 'NoKubectl', 'NoKubeconfig'] as const),
  ...(['FieldConflict', 'NoKind'] as const),
]);

/** Puts the image into the workload, unless it is there already, and makes ready to watch. */
export async function update(run: Run, cluster: Cluster, before: Ready, wanted: Wanted): Promise<Begun> {
  const wait: Wait = { questions: 0 };
  for (let known = before; ; ) {
    const begun = await tryToUpdate(run, cluster, known, wanted, wait);
    if ('target' in begun) return begun;
    known = await lookPatiently(run, () => look(run.config, cluster));
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

/** Gives the workload as it is after another run's work, where that came first: then all has to be looked at again. */
async function tryToUpdate(
  run: Run,
  cluster: Cluster,
  before: Ready,
  asked: Wanted,
  wait: Wait,
): Promise<Begun | { readonly waited: true }> {
  const { config, tools, reporter, closing } = run;
  const { clock, signal } = tools;
  if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
  const isOtherwise = (seen: Ready) => seen.manifests?.workload?.isNews === true;
  const hasVersion = (seen: Ready) =>
    !asked.isRestart && !isOtherwise(seen) && isSameVersion(running(seen), versionFor(seen.container, asked));
  // What preflight saw may be as old as the build took. A write notices by itself; where there is none, look again.
  const isOld = hasVersion(before) || holderOf(before.workload) !== undefined || isNew(before.workload);
  const ready = isOld ? await lookPatiently(run, () => lookAgain(config, cluster, before)) : before;
  const { container, soak } = ready;
  // What it was chosen by may have changed while another run was at work.
  const wanted = asked.again && container.image !== asked.expected ? asked.again(ready) : asked;
  if (wanted !== asked) reporter.chose(wanted.image);
  // The watches begin at what was seen then, so nothing that happens from here on can be missed.
  const observer = new Observer(cluster, clock, config.workload.namespace, ready);
  const over = new AbortController();
  const answering = answerAsks(run, cluster.uncancelled(), observer, over.signal);
  const end = async () => {
    over.abort();
    await answering;
    await letGo(run, cluster.uncancelled(), observer).finally(() => observer.stop());
  };
  closing.add(end);
  const present = running(ready);
  const version = wanted.isRestart ? versionOf(wanted.image, present.others ?? {}) : versionFor(container, wanted);
  const changed = wanted.isRestart === true || isOtherwise(ready) || !isSameVersion(present, version);
  let { workload } = ready;
  let replaced = present;
  let lastGood = knownGood(ready);
  let restartedAt: string | null = null;
  let found: Deployment | undefined;
  if (changed) {
    const written = await write(run, { cluster, observer }, ready, { ...wanted, version }, wait);
    if (!written) {
      await end();
      return { waited: true };
    }
    ({ workload, found, lastGood, replaced, restartedAt } = written);
    observer.see(workload);
    reporter.found({ previousImage: replaced.image });
    const was = new Map(imagesOf(container, replaced));
    if (isNew(found))
      reporter.log.info(line('manifests.created', { object: resourceOf(printWorkload(config.workload)) }));
    else if (wanted.isRestart)
      reporter.log.info(line('log.restarting', { container: container.name, image: replaced.image }));
    else
      for (const [name, to] of imagesOf(container, version))
        reporter.log.info(line('log.patched', { container: name, from: was.get(name) ?? '', to }));
    const from = found.spec?.minReadySeconds ?? 0;
    if (from !== soak.set)
      reporter.log.info(line('log.soak', { from, to: soak.set, probe: container.hasReadinessProbe }));
  } else {
    await applyOthers(run, cluster, ready);
    tellSettings(run);
    reporter.log.info(line('log.unchanged', { image: container.image }));
  }
  const { uid, generation } = identity(workload);
  const stalledBefore = changed ? stalledSince(workload) : undefined;
  const target: Target = {
    uid,
    generation,
    template: templateOf(workload),
    container: container.name,
    image: changed ? wanted.image : container.image,
    restartsBefore: restartCounts(ready.pods.items),
    timeoutMs: config.verdict.timeoutMs,
    maxRestarts: config.verdict.maxRestarts,
    ...(config.verdict.verifyPath && { verifyMs: Math.max(VERIFY_MIN_MS, soak.set * 1_000 * VERIFY_SHARE) }),
    ...(!changed && { joined: { soakMs: soak.set * 1_000 } }),
    ...(stalledBefore !== undefined && { stalledBefore }),
  };
  const writer = changed ? config.run.id : writerOf(ready.workload);
  return {
    cluster,
    target,
    container,
    changed,
    observer,
    writer,
    version: changed ? version : present,
    replaced,
    ...(lastGood !== undefined && { lastGood }),
    ...(wanted.isRestart && { restartedAt }),
    ...(isOtherwise(ready) && found && !isNew(found) && { manifest: { before: found, after: workload } }),
  };
}

function running({ workload, container }: Ready): Version {
  return versionIn(workload, container);
}

/** Writes the image, unless another run is at work: then it waits for that one, and gives nothing. */
async function write(
  run: Run,
  { cluster, observer }: { cluster: Cluster; observer: Observer },
  ready: Ready,
  wanted: Wanted & { readonly version: Version },
  wait: Wait,
): Promise<Written | undefined> {
  const { config, tools } = run;
  const { isGone } = wait;
  if (holderOf(ready.workload) && !isGone?.(ready.workload)) {
    await waitForHolder(run, cluster, observer, wait);
    return undefined;
  }
  // A restart gives no tag another meaning; what a redeploy takes may be the newer image of the very tag that runs.
  const { value: taken } = parseReference(wanted.image);
  const pushed = [...config.image.references, ...(taken ? [taken] : [])];
  const ran = wanted.isRestart ? undefined : overwritten(ready, pushed);
  await applyOthers(run, cluster, ready);
  run.wrote = true;
  run.holds = true;
  try {
    const { timeoutMs: forMs } = config.verdict;
    const writing = { config, cluster: cluster.uncancelled(), clock: tools.clock, forMs };
    const how = { ...(ran && { ran }), ...(isGone && { isGone }), ...applyOf(run, cluster, ready) };
    return await writeImage(writing, { ...ready, ...wanted, ...how });
  } catch (error) {
    const isHeld = error instanceof Held || error instanceof Moved;
    // What the API server clearly refused has changed nothing.
    if (isHeld || (error instanceof KubectlError && REFUSALS.has(error.reason))) {
      run.wrote = false;
      run.holds = false;
    }
    if (isHeld) return undefined;
    const manifest = manifestsOf(config)?.workload;
    if (manifest && error instanceof KubectlError && error.reason === 'FieldConflict')
      throw conflictsOf(error, manifest, ready);
    throw error;
  }
}
