import { MANIFESTS_MANAGER } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import { explainKubectl } from '../kubectl/explain';
import { type Anything, canonical, type Workload } from '../kubectl/objects';
import { Failure, type Problem, problem } from '../words/words';
import { annotations } from '../workload/annotations';
import { ownersSoak } from '../workload/soak';
import { type Conflict, foreign, giveUpCommand, isSettled, parseConflicts } from './conflicts';
import { desired, diffOf } from './diff';
import { allOf, keyOf, type Manifest, type Manifests, titleOf } from './object';
import { imagesIn, type Put, withImages, withRollout } from './workload';

/** What applying a manifest would do. */
export interface Change {
  readonly manifest: Manifest;
  /** As it is; missing where it is not there. */
  readonly live?: Anything;
  /** As it would be. */
  readonly planned: Anything;
  /** The lines of a diff; none where it would be created, or stays as it is. */
  readonly lines: readonly string[];
  /** Whether there is anything to write, if only whose the fields are. */
  readonly isNews: boolean;
}

export interface Survey {
  /** In the order in which they are applied. */
  readonly others: readonly Change[];
  /** Of it `isNews` says whether it would change otherwise than by its image. */
  readonly workload?: Change;
  /** The manifests make the namespace: nothing in it could be tried out. */
  readonly isNamespaceNew: boolean;
}

/** What is there of the manifests' objects, by their keys. */
export type Live = ReadonlyMap<string, Anything>;

export async function readLive(cluster: Cluster, manifests: Manifests): Promise<Live> {
  const found = await cluster.read(allOf(manifests).map(({ object }) => object));
  return new Map(found.map((each) => [keyOf(each), each]));
}

export interface Trial {
  readonly live: Live;
  /** What a deploy puts into the workload, where that is among the manifests. */
  readonly put?: Omit<Put, 'resourceVersion' | 'annotations'>;
  readonly isNamespaceNew: boolean;
}

/** Tries the manifests out on the API server, all of them, and throws a `Failure` with everything that stands against them. */
export async function survey(cluster: Cluster, manifests: Manifests, trial: Trial): Promise<Survey> {
  const { live, put, isNamespaceNew } = trial;
  const { others, workload } = manifests;
  const wrong = new Map<Manifest, readonly Problem[]>();
  const known = (manifest: Manifest) => live.get(keyOf(manifest.object));
  const isTried = ({ object }: Manifest) => !isNamespaceNew || object.kind === 'Namespace';
  const tryOne = async (manifest: Manifest, object: Anything, containers?: readonly string[]) => {
    if (!isTried(manifest)) return object;
    try {
      return await applyUnlessForeign(cluster, object, { dryRun: true, ...(containers && { containers }) });
    } catch (error) {
      wrong.set(manifest, refusals(error, manifest, known(manifest)));
      return object;
    }
  };
  const tryOthers = async () => {
    const tried = others.filter(isTried);
    const all = tried.length > 0 ? await tryAll(cluster, tried) : new Map<string, Anything>();
    // Of several that are refused, kubectl does not say which.
    return Promise.all(others.map((each) => all.get(keyOf(each.object)) ?? tryOne(each, each.object)));
  };
  const tryWorkload = async () => {
    if (!workload || !put) return undefined;
    const object = withRollout(workload.object, { ...put, annotations: {} });
    const planned = await tryOne(workload, object, Object.keys(put.images));
    return workloadChange(workload, known(workload), planned, put);
  };
  const [planned, change] = await Promise.all([tryOthers(), tryWorkload()]);
  const changes = others.map((manifest, index) =>
    changeOf(manifest, known(manifest), planned[index] ?? manifest.object),
  );
  for (const { manifest, planned: each } of changes)
    if (each.kind !== 'Namespace' && each.metadata.namespace === undefined)
      wrong.set(manifest, [problem('manifests.cluster-scoped', { object: titleOf(each) }, manifest.at)]);
  const problems = allOf(manifests).flatMap((each) => wrong.get(each) ?? []);
  if (problems.length > 0) throw new Failure(problems);
  return { others: changes, ...(change && { workload: change }), isNamespaceNew };
}

async function tryAll(cluster: Cluster, manifests: readonly Manifest[]): Promise<Map<string, Anything>> {
  try {
    const planned = await cluster.apply(
      manifests.map(({ object }) => object),
      { dryRun: true },
    );
    return new Map(planned.map((each) => [keyOf(each), each]));
  } catch (error) {
    if (error instanceof KubectlError && REFUSED.has(error.reason)) return new Map();
    throw error;
  }
}

/** Answers that are about the objects: each is told of by itself. */
const REFUSED: ReadonlySet<KubectlError['reason']> = new Set([
  ...(['FieldConflict', 'Invalid', 'NoKind', 'NotFound', 'Forbidden', 'Conflict', 'Other'] as const),
]);

/** Fields that other managers hold, and that a manifest sets otherwise. */
class ForeignFields extends KubectlError {
  constructor(
    readonly conflicts: readonly Conflict[],
    { reason, message, command }: KubectlError,
  ) {
    super(reason, message, command);
  }
}

export interface Applying {
  readonly dryRun: boolean;
  /** Of the workload: its containers that get an image. */
  readonly containers?: readonly string[];
}

/** Applies an object, and takes over fields that are this action's to set, but no others. */
export async function applyUnlessForeign(
  cluster: Cluster,
  object: Anything,
  { dryRun, containers }: Applying,
): Promise<Anything> {
  const apply = async (force: boolean, isTrial = dryRun) => {
    const [applied] = await cluster.apply([object], { dryRun: isTrial, force });
    if (!applied) throw new KubectlError('Other', 'kubectl printed nothing');
    return applied;
  };
  try {
    return await apply(false);
  } catch (error) {
    if (!(error instanceof KubectlError) || error.reason !== 'FieldConflict') throw error;
    const conflicts = parseConflicts(error.message);
    const theirs = conflicts && foreign(conflicts, containers);
    if (!theirs) throw error;
    if (theirs.length > 0) {
      const [[live], would] = await Promise.all([cluster.read([object]), apply(true, true)]);
      const isOpen = (each: Conflict) => !live || !isSettled(each, live, would);
      if (theirs.some(isOpen)) throw new ForeignFields(theirs.filter(isOpen), error);
    }
    return apply(true);
  }
}

/** What a refused apply means to the user; throws on what says nothing of the object. */
export function refusals(error: unknown, { object, at }: Manifest, live: Anything | undefined): Problem[] {
  if (!(error instanceof KubectlError) || !REFUSED.has(error.reason)) throw error;
  const title = titleOf(object);
  if (error.reason === 'Forbidden') {
    const { params } = explainKubectl(error) as { params: { detail: string } };
    return [problem('manifests.forbidden', { object: title, detail: params.detail }, at)];
  }
  const conflicts = error instanceof ForeignFields ? error.conflicts : [];
  if (conflicts.length === 0) return [problem('manifests.rejected', { object: title, detail: error.message }, at)];
  const managers = [...new Set(conflicts.map(({ manager }) => manager))];
  return managers.map((manager) => {
    const fields = conflicts.filter((each) => each.manager === manager).map(({ field }) => field);
    const command = live ? giveUpCommand(live, manager) : '';
    return problem('manifests.conflict', { object: title, manager, fields, command }, at);
  });
}

function changeOf(manifest: Manifest, live: Anything | undefined, planned: Anything): Change {
  if (!live) return { manifest, planned, lines: [], isNews: true };
  const isNews = ownershipOf(live) !== ownershipOf(planned) || contentOf(live) !== contentOf(planned);
  return { manifest, live, planned, lines: diffOf(live, planned), isNews };
}

/** All of an object that people want of it, so that equal objects give equal texts. */
export function contentOf(object: Anything): string {
  return canonical(desired(object));
}

/** The fields that our manager holds. */
function ownershipOf({ metadata }: Anything): string {
  const ours = metadata.managedFields?.filter(({ manager }) => manager === MANIFESTS_MANAGER) ?? [];
  return canonical(ours.map(({ time: _, ...entry }) => entry));
}

/** Compared without the images, which every deploy changes, and with its owner's minReadySeconds. */
function workloadChange(
  manifest: Manifest,
  live: Anything | undefined,
  planned: Anything,
  { images }: Pick<Put, 'images'>,
): Change {
  if (!live) return { manifest, planned, lines: [], isNews: true };
  const now = live as Anything & Workload;
  const ofManifest = (manifest.object as Anything & Workload).spec?.minReadySeconds;
  const owners = ownersSoak(now.metadata.annotations?.[annotations.minReadySeconds], now.spec?.minReadySeconds ?? 0);
  const present = Object.fromEntries(Object.entries(imagesIn(now)).filter(([name]) => Object.hasOwn(images, name)));
  const compared = (workload: Anything & Workload, minReadySeconds: number) => {
    const { spec, ...rest } = withImages(workload, present) as Anything & Workload;
    return { ...rest, spec: { ...spec, minReadySeconds } } as Anything;
  };
  const before = compared(now, owners);
  const after = compared(planned as Anything & Workload, ofManifest ?? owners);
  return { manifest, live, planned, lines: diffOf(before, after), isNews: contentOf(before) !== contentOf(after) };
}
