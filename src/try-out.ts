import { type Decided, trialVersion } from './decide';
import type { Config } from './inputs/config';
import { getArgv, paths } from './kubectl/argv';
import { type Cluster, KubectlError } from './kubectl/client';
import { identity, isStatefulSet, type List, type Pod, type Workload } from './kubectl/objects';
import { Failure, line, problem } from './words/words';
import { versionIn } from './workload/images';
import type { ChosenContainer } from './workload/inspect';
import { rolloutPatch } from './workload/patch';
import { keptByPartition, waitsForBroken } from './workload/stateful';

/** Whether there is time between the checks and the change: a build, or a plan's reader. */
export function isTriedOut({ operation, isDryRun }: Config): boolean {
  return operation.kind === 'deploy' || isDryRun;
}

/** A dry run of the patch: rights, admission and container at once, with the digest of no image in the place of the one being built. */
export async function tryOut(config: Config, cluster: Cluster, workload: Workload, decided: Decided): Promise<void> {
  const { container } = decided;
  const isRestart = config.operation.kind === 'restart';
  const patch = rolloutPatch(workload, {
    ...decided,
    version: isRestart ? versionIn(workload, container) : trialVersion(config, container),
    ...(isRestart && { restartedAt: new Date(0).toISOString() }),
    history: [],
    changeCause: '',
    commit: '',
    run: config.run,
  });
  try {
    await cluster.patch(config.workload, JSON.stringify(patch), { dryRun: true });
  } catch (error) {
    // A conflict only says that the status moved on meanwhile: the rest was accepted, or will be tried at the real write.
    if (error instanceof KubectlError && error.reason === 'Conflict') return;
    if (error instanceof KubectlError && error.reason === 'Invalid') {
      throw new Failure(problem('workload.rejected', { detail: error.message }), { cause: error });
    }
    throw error;
  }
}

/** Asks an old pod: a missing right shows now. What it answers does not count, for the path may be new. */
export async function tryVerifyPath(
  { workload, verdict }: Config,
  cluster: Cluster,
  { container, pods }: { readonly container: ChosenContainer; readonly pods: List<Pod> },
): Promise<void> {
  const { namespace } = workload;
  const port = verdict.verifyPath?.port ?? container.port;
  const pod = pods.items.find(({ status }) => status?.podIP !== undefined);
  if (!verdict.verifyPath || !port || !pod) return;
  try {
    await cluster.text(getArgv(paths.podProxy(namespace, identity(pod).name, port, verdict.verifyPath.path)));
  } catch (error) {
    // The app itself may say "forbidden" too.
    if (error instanceof KubectlError && error.reason === 'Forbidden' && /pods\/proxy/.test(error.message)) throw error;
  }
}

/** What a StatefulSet's partition keeps back, and a right that only a rollback would miss. */
export async function warningsOf(config: Config, cluster: Cluster, workload: Workload): Promise<string[]> {
  const { workload: where, verdict } = config;
  if (!isStatefulSet(workload)) return [];
  const { replicas = 1, ordinals } = workload.spec ?? {};
  const kept = keptByPartition(workload);
  const pod = `${where.name}-${(ordinals?.start ?? 0) + replicas - 1}`;
  const isAsked = verdict.rollbackOnFailure && waitsForBroken(workload);
  // Where that cannot be asked, it is not known, and a rollback finds out.
  const mayDelete = !isAsked || (await cluster.mayDeletePod(where.namespace, pod).catch(() => true));
  return [
    ...(kept > 0 ? [line('log.partition', { kept, replicas })] : []),
    ...(mayDelete ? [] : [line('log.no-delete', { namespace: where.namespace })]),
  ];
}
