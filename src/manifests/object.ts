import type { Config } from '../inputs/config';
import type { Anything } from '../kubectl/objects';
import type { Place } from '../words/words';
import { printWorkload } from '../words/workload';

/** An object of a manifest that can be applied as it is. */
export interface Manifest {
  readonly object: Anything;
  readonly at: Place;
}

/** What of the manifests goes with one workload. */
export interface Manifests {
  /** What is no workload's that gets an image, in the order in which it is applied. */
  readonly others: readonly Manifest[];
  /** Its own; missing where the manifests do not have it: it has to be in the cluster. */
  readonly workload?: Manifest;
}

/** Of several workloads, the one that is updated first takes with it all that is none of theirs. */
export function manifestsOf({ manifests = [], workload, workloads }: Config): Manifests | undefined {
  const keys = workloads.map(keyOfWorkload);
  const [first] = workloads.map(printWorkload).toSorted();
  const others =
    printWorkload(workload) === first ? manifests.filter(({ object }) => !keys.includes(keyOf(object))) : [];
  const own = manifests.find(({ object }) => keyOf(object) === keyOfWorkload(workload));
  return others.length > 0 || own ? { others, ...(own && { workload: own }) } : undefined;
}

function keyOfWorkload({ kind, name }: Config['workload']): string {
  return `${kind}.apps/${name}`;
}

/** All that is applied, in its order. */
export function allOf({ others, workload }: Manifests): readonly Manifest[] {
  return workload ? [...others, workload] : others;
}

/** The same for the same object, whatever version of its API is used. */
export function keyOf({ apiVersion, kind, metadata }: Anything): string {
  return `${kindOf({ apiVersion, kind })}/${metadata.name}`;
}

/** As people and kubectl call it: `service/api`, `ingress.networking.k8s.io/api`. */
export function titleOf({ apiVersion, kind, metadata }: Anything): string {
  const group = groupOf(apiVersion);
  const isKnown = group === '' || group === 'apps';
  return `${isKnown ? kind.toLowerCase() : kindOf({ apiVersion, kind })}/${metadata.name}`;
}

function kindOf({ apiVersion, kind }: Pick<Anything, 'apiVersion' | 'kind'>): string {
  const group = groupOf(apiVersion);
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** The values of Secrets, as they stand in the manifests and as they are: none of them may be in a log. */
export function secretsIn(manifests: readonly Manifest[] = []): string[] {
  const secrets = manifests.filter(({ object }) => object.kind === 'Secret');
  return secrets.flatMap(({ object }) => {
    const [encoded, plain] = [object.data, object.stringData].map((of) =>
      Object.values((of ?? {}) as object).filter((value): value is string => typeof value === 'string'),
    );
    return [...(encoded ?? []).flatMap((each) => [each, Buffer.from(each, 'base64').toString()]), ...(plain ?? [])];
  });
}
