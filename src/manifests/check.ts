import type { Anything, Metadata } from '../kubectl/objects';
import { type Place, type Problem, problem } from '../words/words';
import { annotations, isOwn } from '../workload/annotations';
import type { Document } from './documents';
import { keyOf, type Manifest, titleOf } from './object';

/** Names that the API server lets an object have; roles may have colons. None begins like an option. */
const NAME = /^[a-z0-9](?:[a-z0-9.:-]{0,251}[a-z0-9])?$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;
const API_VERSION = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,30}$/;

/** Kinds of Kubernetes' own that belong to no namespace. Those of others are found when they are tried out. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  ...['APIService', 'CertificateSigningRequest', 'ClusterRole', 'ClusterRoleBinding', 'ComponentStatus', 'CSIDriver'],
  ...['CSINode', 'CustomResourceDefinition', 'FlowSchema', 'IngressClass', 'MutatingAdmissionPolicy', 'Node'],
  ...['MutatingAdmissionPolicyBinding', 'MutatingWebhookConfiguration', 'PersistentVolume', 'PriorityClass'],
  ...['PriorityLevelConfiguration', 'RuntimeClass', 'StorageClass', 'ValidatingAdmissionPolicy', 'VolumeAttachment'],
  ...['ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration', 'DeviceClass', 'ServiceCIDR', 'IPAddress'],
]);

/** What others need is there before them: pods that start without their settings would have to be started again. */
const FIRST: readonly (readonly string[])[] = [
  ['Namespace'],
  ['ServiceAccount', 'Secret', 'ConfigMap', 'PersistentVolumeClaim'],
];

/** Makes the objects of these documents ready to be applied, in their order; or says everything that is wrong with them. */
export function checkManifests(
  documents: readonly Document[],
  namespace: string,
): { manifests: readonly Manifest[]; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const found = new Map<string, Manifest>();
  for (const { object, at } of documents.flatMap(unfold)) {
    const checked = checkObject(object, at, namespace);
    if (isProblem(checked)) {
      problems.push(checked);
      continue;
    }
    const first = found.get(keyOf(checked));
    if (first) problems.push(problem('manifests.twice', { object: titleOf(checked), ...first.at }, at));
    else found.set(keyOf(checked), { object: checked, at });
  }
  const manifests = [...found.values()].sort((one, other) => rankOf(one.object.kind) - rankOf(other.object.kind));
  return { manifests, problems };
}

function rankOf(kind: string): number {
  const rank = FIRST.findIndex((kinds) => kinds.includes(kind));
  return rank < 0 ? FIRST.length : rank;
}

/** The objects of a document: none of an empty one, several of a list. */
function unfold({ value, file, line }: Document): { object: unknown; at: Place }[] {
  if (value === null || value === undefined) return [];
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  const at = { file, line };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ object: value, at }];
  return items.flatMap((each: unknown) => unfold({ value: each, file, line }));
}

function checkObject(value: unknown, at: Place, namespace: string): Anything | Problem {
  const { apiVersion, kind, metadata } = isMap(value) ? value : {};
  const { name, namespace: own } = isMap(metadata) ? metadata : {};
  if (typeof apiVersion !== 'string' || !API_VERSION.test(apiVersion)) return incomplete('apiVersion', at);
  if (typeof kind !== 'string' || !KIND.test(kind)) return incomplete('kind', at);
  if (typeof name !== 'string' || !NAME.test(name)) return incomplete('metadata.name', at);
  const object = titleOf({ apiVersion, kind, metadata: { name } });
  if (CLUSTER_SCOPED.has(kind)) return problem('manifests.cluster-scoped', { object }, at);
  if (kind === 'Namespace') {
    return name === namespace
      ? clean(value as Anything, {})
      : problem('manifests.namespace', { object, found: name, namespace }, at);
  }
  if (own !== undefined && own !== null && own !== namespace)
    return problem('manifests.namespace', { object, found: String(own), namespace }, at);
  return clean(value as Anything, { namespace });
}

function isProblem(checked: Anything | Problem): checked is Problem {
  return !('apiVersion' in checked);
}

function incomplete(field: string, at: Place): Problem {
  return problem('manifests.incomplete', { field }, at);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the cluster writes into objects stays out: a manifest that was copied from there has it. So does what runs of ours write. */
function clean({ status: _, ...object }: Anything, where: { namespace?: string }): Anything {
  const { resourceVersion, uid, generation, creationTimestamp, managedFields, selfLink, ...metadata } =
    object.metadata as Metadata & Record<string, unknown>;
  const { annotations: given, ...rest } = metadata;
  const kept = isMap(given) ? Object.entries(given).filter(([key]) => !isOwn(key) && key !== annotations.revision) : [];
  const own = isMap(given) ? { annotations: Object.fromEntries(kept) } : given !== undefined && { annotations: given };
  return { ...object, metadata: { ...rest, ...own, ...where } } as Anything;
}
