import { parseReference } from './image/reference';
import { isPullable } from './image/registry';
import type { Config } from './inputs/config';
import { paths } from './kubectl/argv';
import { CLIENT_CERTIFICATE_ARGV, type ClientCertificate, clientCertificate } from './kubectl/certificate';
import type { Cluster } from './kubectl/client';
import type { Pod } from './kubectl/objects';
import type { Ready } from './preflight';
import { newPods, oldPods, type Snapshot } from './rollout/snapshot';
import type { Tools } from './tools';
import { type Advice, advise } from './workload/advice';
import { type RestartedNeighbour, restartedNeighbours } from './workload/neighbours';

/** Nodes that are asked for their pods; the apps that this is for run on one. */
const NODES = 2;

/** What will hurt one day, as far as it can be seen. It never fails: what cannot be read gives no advice. */
export async function gatherAdvice(config: Config, tools: Tools, cluster: Cluster, ready: Ready): Promise<Advice[]> {
  const { workload, container, pods } = ready;
  const [certificate, wasPullable, nodePods] = await Promise.all([
    readCertificate(cluster),
    isPreviousPullable(config, tools, ready),
    hasRequests(ready) ? undefined : podsBeside(cluster, pods.items),
  ]);
  return advise({
    workload,
    index: container.index,
    pods: pods.items,
    nodePods,
    isPullable: wasPullable,
    certificate,
    username: config.host.kubectl[0] === 'sudo' ? 'root' : config.host.username,
    today: tools.clock.today(),
  });
}

/** Pods beside our new ones that were started again while those came up. */
export async function hurtNeighbours(cluster: Cluster, snapshot: Snapshot): Promise<RestartedNeighbour[]> {
  const pods = newPods(snapshot);
  const [since] = pods.map(({ metadata }) => metadata?.creationTimestamp ?? '').sort();
  const beside = await podsBeside(cluster, pods);
  return since && beside ? restartedNeighbours(beside, [...pods, ...oldPods(snapshot)], since) : [];
}

async function readCertificate(cluster: Cluster): Promise<ClientCertificate | undefined> {
  return cluster.text(CLIENT_CERTIFICATE_ARGV).then(clientCertificate, () => undefined);
}

/** Only where the node asks the registry at each start of a pod. */
async function isPreviousPullable(
  { image: { repository, credentials } }: Config,
  { fetch, signal }: Tools,
  { workload, container }: Ready,
): Promise<boolean | undefined> {
  const reference = parseReference(container.image).value;
  const policy = workload.spec?.template.spec?.containers[container.index]?.imagePullPolicy;
  if (!reference || policy !== 'Always') return undefined;
  // A login is for its own registry alone.
  const isOurs = reference.repository.registry === repository.registry;
  return isPullable(reference, isOurs ? credentials : undefined, fetch, signal);
}

function hasRequests({ workload, container }: Ready): boolean {
  const { requests, limits } = workload.spec?.template.spec?.containers[container.index]?.resources ?? {};
  return requests?.memory !== undefined || limits?.memory !== undefined;
}

/** The pods of all namespaces on the nodes of these; undefined where the deploy user may not see them. */
async function podsBeside(cluster: Cluster, pods: readonly Pod[]): Promise<Pod[] | undefined> {
  const nodes = [...new Set(pods.map(({ spec }) => spec?.nodeName).filter((node) => node !== undefined))];
  const lists = await Promise.all(
    nodes.slice(0, NODES).map((node) => cluster.list<Pod>(paths.allPods, { fieldSelector: `spec.nodeName=${node}` })),
  ).catch(() => undefined);
  return lists?.flatMap(({ items }) => items);
}
