import { type Decided, decide, trialVersion } from './decide';
import type { Config } from './inputs/config';
import { paths, selectorText } from './kubectl/argv';
import type { Cluster } from './kubectl/client';
import { identity, isNew, isStatefulSet, type List, type Pod, type ReplicaSet, type Workload } from './kubectl/objects';
import { type Survey, survey } from './manifests/survey';
import { standIn } from './manifests/wish';
import { readSubject, readWorkload } from './subject';
import { isTriedOut, tryOut, tryVerifyPath, warningsOf } from './try-out';
import { imagesOf } from './workload/images';
import { isComplete } from './workload/inspect';

/** What is known of the workload before anything is changed. */
export interface Ready extends Decided {
  readonly workload: Workload;
  readonly pods: List<Pod>;
  readonly replicaSets: readonly ReplicaSet[];
  /** Everything that the workload asked for was there: the image it runs is known to serve. */
  readonly complete: boolean;
  /** What may come as a surprise about this rollout. */
  readonly warnings: readonly string[];
  /** What the manifests would change; missing where none are given. */
  readonly manifests?: Survey;
}

/**
 * Looks at the workload and, unless the change itself comes at once, tries it out on the API server. Throws a `Failure` with all
 * that stands against the deploy.
 */
export async function preflight(config: Config, cluster: Cluster): Promise<Ready> {
  const ready = await look(config, cluster, isTriedOut(config) ? tryOut : undefined);
  await tryVerifyPath(config, cluster, ready);
  return { ...ready, warnings: await warningsOf(config, cluster, ready.workload) };
}

/** What there is now: the same as before, as long as nothing has been written to the workload, its status included. */
export async function lookAgain(config: Config, cluster: Cluster, before: Ready): Promise<Ready> {
  if (isNew(before.workload)) return look(config, cluster);
  const workload = await readWorkload(config, cluster);
  const isSame = identity(workload).resourceVersion === identity(before.workload).resourceVersion;
  return isSame ? before : look(config, cluster);
}

/** Looks at the workload, its pods and ReplicaSets; `beside` runs while the last two are read. Manifests are always tried out. */
export async function look(config: Config, cluster: Cluster, beside?: typeof tryOut): Promise<Ready> {
  const subject = await readSubject(config, cluster);
  const { present, wanted, manifests, live, isNamespaceNew } = subject;
  const decided = decide(config, subject);
  const { container, soak } = decided;
  const images = Object.fromEntries(imagesOf(container, trialVersion(config, container)));
  const trial = { live, isNamespaceNew, put: { images, minReadySeconds: soak.set } };
  const { namespace } = config.workload;
  const query = { labelSelector: selectorText(wanted.spec?.selector ?? {}) };
  const [pods, replicaSets, changes] = await Promise.all([
    cluster.list<Pod>(paths.pods(namespace), query),
    isStatefulSet(wanted) ? { items: [] } : cluster.list<ReplicaSet>(paths.replicaSets(namespace), query),
    manifests && survey(cluster, manifests, trial),
    present && !manifests?.workload && beside?.(config, cluster, present, decided),
  ]);
  const workload = present ?? standIn(wanted, Object.keys(images));
  const seen = { workload, pods, replicaSets: replicaSets.items, complete: isComplete(workload), warnings: [] };
  return { ...decided, ...seen, ...(changes && { manifests: changes }) };
}
