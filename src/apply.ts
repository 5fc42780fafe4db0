import type { Cluster, KubectlError } from './kubectl/client';
import { type Anything, isNew, type Workload } from './kubectl/objects';
import { type Applied, applyChange, restoreChange, type Writing } from './manifests/apply';
import { keyOf, type Manifest, manifestsOf, titleOf } from './manifests/object';
import { applyUnlessForeign, refusals } from './manifests/survey';
import { ownersBack, restoring, withRollout } from './manifests/workload';
import type { Ready } from './preflight';
import type { Begun, Run } from './run';
import { quote } from './transport/quote';
import { Failure, line, type Problem, problem } from './words/words';
import { annotations } from './workload/annotations';
import type { ImageChange, Restoring } from './workload/changes';
import { imagesOf, isSameVersion, placedIn, versionIn } from './workload/images';
import { giveBack } from './workload/owners';
import { rolloutAnnotations, type Undo } from './workload/patch';
import { ownersSoak } from './workload/soak';
import type { Writing as WritingWorkload } from './workload/write';

/** Kinds that pods read when they start. */
const SETTINGS: ReadonlySet<string> = new Set(['ConfigMap', 'Secret']);

/** Applies what the manifests have beside the workload, and keeps how it was before. */
export async function applyOthers(run: Run, cluster: Cluster, { manifests }: Ready): Promise<void> {
  const { tools, reporter } = run;
  for (const change of manifests?.others ?? []) {
    if (!change.isNews) continue;
    if (tools.signal.aborted) throw new Failure(problem('run.cancelled', {}));
    const applied = await applyChange(writingOf(run, cluster), change);
    keep(run, applied);
    const did = change.lines.length > 0 ? 'manifests.changed' : 'manifests.applied';
    reporter.log.info(line(applied.before ? did : 'manifests.created', { object: titleOf(applied.after) }));
  }
}

function writingOf({ tools, config }: Run, cluster: Cluster): Writing {
  return { cluster: cluster.uncancelled(), clock: tools.clock, forMs: config.verdict.timeoutMs };
}

/** Of an object that is written twice, what it was before the first time counts. */
function keep({ written: { objects } }: Run, { before, after }: Applied): void {
  const index = objects.findIndex((each) => keyOf(each.after) === keyOf(after));
  const first = index < 0 ? before : objects[index]?.before;
  const entry = { after, ...(first && { before: first }) };
  if (index < 0) objects.push(entry);
  else objects[index] = entry;
}

/** Leaves what has been applied to a run that came first. Of several workloads, what was applied is the business of the first alone. */
export function leaveToOthers({ written, config }: Run): void {
  if (manifestsOf(config)?.others.length) written.left.push(...written.objects.splice(0));
}

/** What changed that the pods go on without, for their template is the same. */
export function tellSettings({ written, reporter }: Run): void {
  const isRead = ({ before, after }: Applied) => before && SETTINGS.has(after.kind);
  const objects = written.objects.filter(isRead).map(({ after }) => titleOf(after));
  if (objects.length > 0) reporter.warn(line('manifests.settings', { objects: objects.join(', ') }));
}

/** Puts back what this run has changed beside the workloads, the last first, once; says what could not be. */
export function putBack(run: Run, cluster: Cluster): Promise<readonly Problem[]> {
  run.written.putBack ??= putBackAll(run, writingOf(run, cluster));
  return run.written.putBack;
}

async function putBackAll({ written, reporter }: Run, writing: Writing): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { before, after } of written.objects.toReversed()) {
    if (!before) continue;
    const object = titleOf(after);
    const restored = await restoreChange(writing, { before, after });
    if (restored === 'restored') reporter.log.info(line('manifests.restored', { object }));
    else if (restored === 'changed') reporter.warn(line('manifests.kept', { object }));
    else problems.push(problem('manifests.not-restored', { object, detail: restored.detail }));
  }
  return problems;
}

/** Puts it back before a workload that goes back, whose pods read their settings when they start. */
export function putBackFirst(run: Run, cluster: Cluster): Pick<Restoring, 'first'> {
  return run.written.objects.length > 0 ? { first: () => putBack(run, cluster) } : {};
}

/** Says what of a run that failed stays: what it has created, and what it has changed where that was not to be put back. */
export function tellLeft({ written, reporter, config }: Run): void {
  const isThere = ({ after }: Applied) => written.objects.some((each) => keyOf(each.after) === keyOf(after));
  const left = written.left.filter((each) => !isThere(each));
  const changed = [...left, ...(written.putBack ? [] : written.objects)].filter(({ before }) => before);
  if (changed.length > 0)
    reporter.warn(line('manifests.left', { objects: changed.map(({ after }) => titleOf(after)).join(', ') }));
  const created = [...left, ...written.objects].filter(({ before }) => !before).map(({ after }) => after);
  if (created.length === 0) return;
  const { namespace } = config.workload;
  const whole = created.find(({ kind }) => kind === 'Namespace');
  const words = whole ? [keyOf(whole)] : [...created.map(keyOf), '-n', namespace];
  const objects = created.map(titleOf).join(', ');
  reporter.warn(line('manifests.stay', { objects, command: quote(['kubectl', 'delete', ...words]) }));
}

/** How the workload is written by its manifest; nothing where the manifests do not have it. */
export function applyOf(run: Run, cluster: Cluster, ready: Ready): Pick<ImageChange, 'apply'> {
  const manifest = manifestsOf(run.config)?.workload;
  if (!manifest) return {};
  const apply: ImageChange['apply'] = async (workload, change) => {
    const images = Object.fromEntries(imagesOf(change.container, change.version));
    const containers = Object.keys(images);
    const object = withRollout(manifest.object, {
      images,
      minReadySeconds: change.soak.set,
      annotations: rolloutAnnotations(change),
      ...(!isNew(workload) && { resourceVersion: workload.metadata?.resourceVersion }),
    });
    const written = await applyUnlessForeign(cluster.uncancelled(), object, { dryRun: false, containers });
    if (isNew(ready.workload)) keep(run, { after: written });
    return written as object as Workload;
  };
  return { apply };
}

/** What a refused write of the workload's manifest means. */
export function conflictsOf(error: KubectlError, manifest: Manifest, { workload }: Ready): Failure {
  return new Failure(refusals(error, manifest, workload as object as Anything), { cause: error });
}

/** What undoes the manifest's changes of the workload, from how it was `before` and as it was `after` them. */
export function undoOf({ manifest, container }: Begun): { undo?: (now: Workload) => Undo } {
  if (!manifest) return {};
  const { before, after } = manifest;
  const remembered = before.metadata?.annotations?.[annotations.minReadySeconds];
  const owners = ownersSoak(remembered, before.spec?.minReadySeconds ?? 0);
  const undo = (now: Workload): Undo => ({
    operations: restoring(before as object as Anything, after as object as Anything, now as object as Anything),
    container: placedIn(before, container),
    soak: { before: owners, set: Math.max(owners, now.spec?.minReadySeconds ?? 0) },
    isSameVersion: isOfManifest({ manifest, container }),
  });
  return { undo };
}

/** Gives the fields of a workload that went back to whom they belonged before its manifest was applied. */
export async function ownersBackOf(writing: WritingWorkload, { manifest }: Begun): Promise<void> {
  if (!manifest) return;
  const owners = (now: Workload) => ownersBack(manifest.before as object as Anything, now as object as Anything);
  // It serves all the same; only what a later manifest leaves out would stay.
  await giveBack(writing, owners).catch(() => undefined);
}

/** Whether all that is new is the manifest: then how it ends says nothing of the images. */
export function isOfManifest({ manifest, container }: Pick<Begun, 'manifest' | 'container'>): boolean {
  if (!manifest) return false;
  return isSameVersion(versionIn(manifest.before, container), versionIn(manifest.after, container));
}
