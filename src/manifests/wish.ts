import type { Anything, Workload } from '../kubectl/objects';
import { annotations } from '../workload/annotations';
import { imagesIn, withImages } from './workload';

/**
 * The workload as its manifest wants it, where there is one like it `present`: what the manifest leaves open stays. Its images are those
 * that run, for the manifest's may be anything.
 */
export function wishOf(object: Anything, present: Workload | undefined): Workload {
  const wanted = object as Anything & Workload;
  const { metadata, spec } = present ?? {};
  const { [annotations.minReadySeconds]: remembered, ...kept } = metadata?.annotations ?? {};
  // What the manifest itself says is its owner's, and not ours of the last time.
  const isOwners = wanted.spec?.minReadySeconds !== undefined;
  const ours = !isOwners && remembered !== undefined && { [annotations.minReadySeconds]: remembered };
  const images = present ? imagesIn(present) : {};
  // By what it is known for a StatefulSet; the API server gives it this one.
  const managed = object.kind === 'StatefulSet' ? { podManagementPolicy: 'OrderedReady' } : {};
  const merged = {
    ...wanted,
    metadata: { ...metadata, ...wanted.metadata, annotations: { ...kept, ...ours } },
    spec: { ...managed, ...spec, ...wanted.spec },
  } as object as Workload;
  return withImages(merged, images);
}

/** What stands for a workload that the manifests make, until they have: it has never been in the cluster, and runs nothing. */
export function standIn(wish: Workload, containers: readonly string[]): Workload {
  return withImages(wish, Object.fromEntries(containers.map((name) => [name, ''])));
}
