import { OURS } from '../kubectl/argv';
import type { Anything, ManagedFields, PodSpec, Workload } from '../kubectl/objects';
import { type Operation, pointerStep } from '../workload/patch';

/** What a run puts into the workload's manifest. */
export interface Put {
  /** By the names of their containers. */
  readonly images: Readonly<Record<string, string>>;
  readonly minReadySeconds: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The version of the workload for which it is meant; left out: there is none yet. */
  readonly resourceVersion?: string | undefined;
}

/** The workload's manifest with all that a rollout writes: applied, it is the rollout. */
export function withRollout(object: Anything, put: Put): Anything {
  const { metadata, spec } = object as Anything & Workload;
  const { template } = spec ?? {};
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(put.resourceVersion !== undefined && { resourceVersion: put.resourceVersion }),
      annotations: { ...metadata?.annotations, ...put.annotations },
    },
    spec: {
      ...spec,
      minReadySeconds: put.minReadySeconds,
      template: { ...template, spec: withImagesOf(template?.spec, put.images) },
    },
  };
}

/** The workload with other images, to be compared with. */
export function withImages(workload: Workload, images: Readonly<Record<string, string>>): Workload {
  const { template } = workload.spec ?? {};
  return {
    ...workload,
    spec: { ...workload.spec, template: { ...template, spec: withImagesOf(template?.spec, images) } },
  } as Workload;
}

function withImagesOf(pod: PodSpec | undefined, images: Put['images']): Partial<PodSpec> {
  const set = (list: PodSpec['containers']) =>
    list.map((each) => (Object.hasOwn(images, each.name) ? { ...each, image: images[each.name] ?? '' } : each));
  const { containers = [], initContainers } = pod ?? {};
  return { ...pod, containers: set(containers), ...(initContainers && { initContainers: set(initContainers) }) };
}

/** The images of all containers, by their names. */
export function imagesIn({ spec }: Workload): Record<string, string> {
  const { containers = [], initContainers = [] } = spec?.template.spec ?? {};
  return Object.fromEntries([...containers, ...initContainers].map(({ name, image = '' }) => [name, image]));
}

/**
 * What puts an object back to how it was `before`, from how it is now: all but what the cluster keeps of it. Of its annotations only
 * those that `applied` had changed: others write theirs meanwhile.
 */
export function restoring(before: Anything, applied: Anything, now: Anything): Operation[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => !KEPT.has(key));
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: now.metadata.resourceVersion },
    ...fields.flatMap((key) => put(`/${pointerStep(key)}`, scaled(before[key], applied[key], now[key]), now[key])),
    ...put('/metadata/labels', before.metadata.labels, now.metadata.labels),
    ...annotationsBack(before, applied, now),
  ];
}

/**
 * What gives the fields back to those who had set them `before`. The API server has made them ours by the very write that put them back,
 * and takes no field out that a later manifest leaves out, as long as it is anybody's but the manifests'. In a write of its own: in one
 * with the fields it is not heeded.
 */
export function ownersBack(before: Anything, now: Anything): Operation[] {
  const was = before.metadata.managedFields ?? [];
  const named = ({ manager, operation, subresource = '' }: ManagedFields) => `${manager} ${operation} ${subresource}`;
  const known = new Set(was.map(named));
  const isNews = (each: ManagedFields) => !known.has(named(each)) && !OURS.has(each.manager ?? '');
  const value = [...was, ...(now.metadata.managedFields ?? []).filter(isNews)];
  if (was.length === 0) return [];
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: now.metadata.resourceVersion },
    { op: 'add', path: '/metadata/managedFields', value },
  ];
}

/** The number of replicas may be somebody else's since: it is put back only where it is what was applied. */
function scaled(before: unknown, applied: unknown, now: unknown): unknown {
  const [, set, is] = [before, applied, now].map((each) => (each as { replicas?: number } | undefined)?.replicas);
  return is === undefined || is === set ? before : { ...(before as object), replicas: is };
}

const KEPT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function put(path: string, before: unknown, now: unknown): Operation[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  return before === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value: before }];
}

function annotationsBack(before: Anything, applied: Anything, now: Anything): Operation[] {
  const [was, set, is] = [before, applied, now].map(({ metadata }) => metadata.annotations ?? {});
  const keys = Object.keys({ ...was, ...set }).filter((key) => was?.[key] !== set?.[key] && set?.[key] === is?.[key]);
  if (keys.length === 0) return [];
  const path = '/metadata/annotations';
  const isThere = now.metadata.annotations !== undefined;
  return [
    ...(isThere ? [] : [{ op: 'add' as const, path, value: {} }]),
    ...keys.flatMap((key) => put(`${path}/${pointerStep(key)}`, was?.[key], is?.[key])),
  ];
}
