import type { ClientCertificate } from '../kubectl/certificate';
import { type Container, identity, isStatefulSet, type Pod, type Workload } from '../kubectl/objects';
import { appliedImage, isOtherImage } from './applied';
import { neighboursOf } from './neighbours';

/** Something that does no harm to this run and will hurt one day. */
export type Advice =
  /** `days`: whole ones that are left. */
  | { readonly code: 'certificate-ends'; readonly params: ClientCertificate & { days: number; username: string } }
  | { readonly code: 'previous-gone'; readonly params: { container: string; image: string } }
  | { readonly code: 'no-readiness-probe'; readonly params: { container: string; probe: Probe } }
  | {
      readonly code: 'all-unavailable';
      readonly params: { replicas: number; maxUnavailable: Amount; maxSurge: Amount };
    }
  | { readonly code: 'recreate-one'; readonly params: object }
  | { readonly code: 'no-requests'; readonly params: { container: string; neighbours: readonly string[] } }
  | { readonly code: 'manifest-differs'; readonly params: { container: string; applied: string; running: string } };

/** A number of pods, or a percentage such as `25%`. */
export type Amount = number | string;

/** What a readiness probe could ask; `tcp` without a port where nothing in the Deployment names one. */
export type Probe =
  | { kind: 'http'; path: string; port: Amount; scheme?: string; timeoutSeconds?: number }
  | { kind: 'tcp'; port?: Amount };

/** What preflight saw. What could not be seen is left out or undefined: missing evidence is no advice. */
export interface AdviceFacts {
  readonly workload: Workload;
  /** The place of the container to update among the workload's containers. */
  readonly index: number;
  /** The workload's own pods. */
  readonly pods: readonly Pod[];
  /** The pods of all namespaces on the nodes of those. */
  readonly nodePods?: readonly Pod[] | undefined;
  /** Whether the registry still has the image that the container runs now. */
  readonly isPullable?: boolean | undefined;
  readonly certificate?: ClientCertificate | undefined;
  /** Whose kubeconfig it stands in: the SSH user's, or root's where kubectl is run by sudo. */
  readonly username: string;
  readonly today: Date;
}

const DAY_MS = 86_400_000;
/** Days before its end from which on a certificate is spoken of: time for whoever looks after the host. kubeadm's last a year. */
const CERTIFICATE_DAYS = 30;

/** The advice for this workload, the most harmful first: what ends all, the way back, every deploy, the node, the next apply. */
export function advise(facts: AdviceFacts): Advice[] {
  const container = facts.workload.spec?.template.spec?.containers[facts.index];
  if (!container) return [];
  return [
    certificate(facts),
    previous(container, facts),
    probe(container),
    gap(facts.workload),
    requests(container, facts),
    manifest(container, facts.workload),
  ].filter((each) => each !== undefined);
}

function certificate({ certificate, today, username }: AdviceFacts): Advice | undefined {
  if (!certificate) return undefined;
  const days = (certificate.end.getTime() - today.getTime()) / DAY_MS;
  if (days > CERTIFICATE_DAYS) return undefined;
  // One that seems to have ended has just served: the runner's clock is not the cluster's.
  return { code: 'certificate-ends', params: { ...certificate, days: Math.max(0, Math.floor(days)), username } };
}

/** Under other policies a node that has the image starts it without asking the registry. */
function previous({ name, image = '', imagePullPolicy }: Container, { isPullable }: AdviceFacts): Advice | undefined {
  if (isPullable !== false || imagePullPolicy !== 'Always') return undefined;
  return { code: 'previous-gone', params: { container: name, image } };
}

function probe({ name, ports, readinessProbe, livenessProbe, startupProbe }: Container): Advice | undefined {
  if (readinessProbe) return undefined;
  const other = [livenessProbe, startupProbe];
  const known = other.find((each) => each?.httpGet && !each.httpGet.host);
  const { path = '/', port, scheme = 'HTTP', httpHeaders = [] } = known?.httpGet ?? {};
  const { timeoutSeconds = 1 } = known ?? {};
  if (port !== undefined && httpHeaders.length === 0) {
    // The default is 1 s; an app that was given longer to answer needs it here too.
    const more = { ...(scheme !== 'HTTP' && { scheme }), ...(timeoutSeconds > 1 && { timeoutSeconds }) };
    return { code: 'no-readiness-probe', params: { container: name, probe: { kind: 'http', path, port, ...more } } };
  }
  const declared = ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort;
  const open = port ?? other.find((each) => each?.tcpSocket)?.tcpSocket?.port ?? declared;
  const found: Probe = { kind: 'tcp', ...(open !== undefined && { port: open }) };
  return { code: 'no-readiness-probe', params: { container: name, probe: found } };
}

/** Whether nothing need serve while a rollout is under way. */
function gap(workload: Workload): Advice | undefined {
  const { replicas = 1, strategy } = workload.spec ?? {};
  // A StatefulSet has no choice: it replaces its pods one by one.
  if (replicas === 0 || isStatefulSet(workload) || mustStandAlone(workload)) return undefined;
  if (strategy?.type === 'Recreate') return { code: 'recreate-one', params: {} };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const missing = resolve(maxUnavailable, replicas, Math.floor);
  // Where both come to 0, one may be missing (ResolveFenceposts, k8s.io/kubernetes/pkg/controller/deployment/util).
  const most = surge === 0 && missing === 0 ? 1 : missing;
  return most >= replicas ? { code: 'all-unavailable', params: { replicas, maxUnavailable, maxSurge } } : undefined;
}

function resolve(amount: Amount, replicas: number, round: (value: number) => number): number {
  return typeof amount === 'number' ? amount : round((Number.parseInt(amount, 10) * replicas) / 100);
}

/**
 * Whether an old and a new pod may be unable to run beside each other: by the same port of the node, a rule that keeps them apart,
 * or the same volume. Its access mode stands in another object, so a volume that may be shared is left alone too.
 */
function mustStandAlone({ spec }: Workload): boolean {
  const { hostNetwork, affinity, volumes = [], containers = [] } = spec?.template.spec ?? {};
  return (
    hostNetwork === true ||
    (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0 ||
    volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim) ||
    containers.some(({ ports = [] }) => ports.some(({ hostPort }) => hostPort))
  );
}

function requests(container: Container, { workload, pods, nodePods = [] }: AdviceFacts): Advice | undefined {
  const { name } = container;
  const isSized = (spec: Pod['spec']) => {
    // `resources` of a whole pod are newer than the types we have.
    const all = [spec as Pick<Container, 'resources'> | undefined, spec?.containers.find((each) => each.name === name)];
    // A limit alone is taken for the request too (kubernetes.io, "Resource Management for Pods and Containers").
    return all.some((each) => each?.resources?.requests?.memory ?? each?.resources?.limits?.memory);
  };
  // A LimitRange writes requests into the pods only.
  if ([workload.spec?.template, ...pods].some((each) => isSized(each?.spec))) return undefined;
  const neighbours = neighboursOf(nodePods, pods).flatMap((pod) => (isExposed(pod) ? [identity(pod).name] : []));
  return neighbours.length > 0 ? { code: 'no-requests', params: { container: name, neighbours } } : undefined;
}

/** Whether the kernel may choose the pod when the node has no memory left: it runs, and the kubelet does not shield it. */
function isExposed({ spec, status }: Pod): boolean {
  // k8s.io/kubernetes/pkg/kubelet/qos/policy.go: a critical pod of the node is scored -997 of -1000.
  return status?.phase === 'Running' && spec?.priorityClassName !== 'system-node-critical';
}

function manifest({ name, image: running = '' }: Container, workload: Workload): Advice | undefined {
  const applied = appliedImage(workload, name);
  if (applied === undefined || !isOtherImage(applied, running)) return undefined;
  return { code: 'manifest-differs', params: { container: name, applied, running } };
}
