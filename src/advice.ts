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

/** What is asked aside, for advice alone. */
export interface Facts {
  readonly certificate?: ClientCertificate | undefined;
  readonly isPullable?: boolean | undefined;
}

/** Looks for what will hurt one day. It never fails: what cannot be read gives no advice. */
export async function gatherFacts(config: Config, tools: Tools, cluster: Cluster, ready: Ready): Promise<Facts> {
  const [certificate, isPullable] = await Promise.all([
    readCertificate(cluster),
    isPreviousPullable(config, tools, ready),
  ]);
  return { certificate, isPullable };
}

/** `nodePods` are all pods of the node, where they were seen. */
export function adviceOf(
  config: Config,
  today: Date,
  ready: Ready,
  facts: Facts & { nodePods?: Pod[] | undefined },
): Advice[] {
  const { workload, container, pods } = ready;
  const username = config.host.kubectl[0] === 'sudo' ? 'root' : config.host.username;
  return advise({
    workload,
    index: container.index,
    pods: pods.items,
    nodePods: facts.nodePods,
    isPullable: facts.isPullable,
    certificate: facts.certificate,
    username,
    today,
  });
}

/** The pods beside our new ones, and which of them were started again while those came up. */
export async function lookBeside(
  cluster: Cluster,
  snapshot: Snapshot,
): Promise<{ nodePods?: Pod[] | undefined; hurt: RestartedNeighbour[] }> {
  const pods = newPods(snapshot);
  const [since] = pods.map(({ metadata }) => metadata?.creationTimestamp ?? '').sort();
  const nodePods = await podsBeside(cluster, pods);
  const hurt = since && nodePods ? restartedNeighbours(nodePods, [...pods, ...oldPods(snapshot)], since) : [];
  return { nodePods, hurt };
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

/** The pods of all namespaces on the nodes of these; undefined where the deploy user may not see them. */
async function podsBeside(cluster: Cluster, pods: readonly Pod[]): Promise<Pod[] | undefined> {
  const nodes = [...new Set(pods.map(({ spec }) => spec?.nodeName).filter((node) => node !== undefined))];
  const lists = await Promise.all(
    nodes.slice(0, NODES).map((node) => cluster.list<Pod>(paths.allPods, { fieldSelector: `spec.nodeName=${node}` })),
  ).catch(() => undefined);
  return lists?.flatMap(({ items }) => items);
}
