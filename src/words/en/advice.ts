import type { Advice, Amount, Probe } from '../../workload/advice';
import type { RestartedNeighbour } from '../../workload/neighbours';
import { short } from './because';

/** One line for a person who does not know Kubernetes, and what to write where. */
export interface AdviceWords {
  readonly text: string;
  readonly snippet?: Snippet;
}

export interface Snippet {
  readonly language: 'yaml' | 'sh';
  readonly code: string;
}

type Words = { [Code in Advice['code']]: (params: Extract<Advice, { code: Code }>['params']) => AdviceWords };

/** What will hurt one day, and what to do about it. */
export const adviceLines: Words = {
  'certificate-ends': ({ days, end, madeBy, username }) => {
    const [date] = end.toISOString().split('T');
    const left = days === 0 ? 'within a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
    const ends = `The certificate that "${username}" signs in to the cluster with ends ${left} (${date}), and then every deploy fails`;
    switch (madeBy) {
      case 'kubeadm':
        return {
          text: `${ends}; the cluster's own certificates mostly end with it. Renew them on the host before that:`,
          snippet: { language: 'sh', code: renewal(username) },
        };
      case 'k3s':
        return {
          text: `${ends}. k3s renews it when it is restarted, which leaves the apps running; a copy of its kubeconfig must then be made again.`,
          snippet: { language: 'sh', code: 'sudo systemctl restart k3s' },
        };
      case 'other':
        return {
          text: `${ends}. Ask whoever looks after the cluster for a new one, in the kubeconfig of "${username}" on the host.`,
        };
      default:
        return madeBy satisfies never;
    }
  },
  'previous-gone': ({ container, image }) => ({
    text: `The registry no longer has ${short(image)}, which ran when this run began: with "imagePullPolicy: Always" no new pod can start from it, so a rollback to it would fail. Keep old images in the registry, and let the node use those that it still has:`,
    snippet: inContainer(container, ['imagePullPolicy: IfNotPresent']),
  }),
  'no-readiness-probe': ({ container, probe }) => ({
    text: `The container "${container}" has no readiness probe, so users are sent to a new pod before it can answer, and one that never answers counts as ready. ${PROBES[kindOf(probe)]}`,
    snippet: inContainer(container, ['readinessProbe:', ...probeLines(probe).map((each) => `  ${each}`)]),
  }),
  'all-unavailable': ({ replicas, maxUnavailable, maxSurge }) => ({
    text: `At each deploy ${PODS[replicas] ?? `all ${replicas} pods`} may be stopped before a new one is ready (maxUnavailable ${maxUnavailable}, maxSurge ${maxSurge}), so that nothing serves meanwhile. Unless the node has no room for one pod more, write into the manifest:`,
    snippet: strategy(isNone(maxSurge) ? 1 : maxSurge),
  }),
  'recreate-one': () => ({
    text: 'Each deploy has a gap in which nothing serves: the strategy Recreate ends the old pods before it starts new ones. It is right only where two versions must never run at once, as with files on a ReadWriteOnce volume; otherwise write into the manifest:',
    snippet: strategy(1),
  }),
  'no-requests': ({ container, neighbours }) => ({
    text: `The container "${container}" does not say how much memory it needs, so the cluster starts it whether there is room or not; when the node runs out of memory, something on it is killed, perhaps a neighbour (${some(neighbours)}). Say in the manifest what it needs when it is busy, such as 512Mi, instead of MEMORY:`,
    snippet: inContainer(container, ['resources:', '  requests:', '    memory: MEMORY']),
  }),
  'manifest-differs': ({ container, applied, running }) => ({
    text: `The manifest that was applied last names ${short(applied)} for the container "${container}", which ran ${short(running)} when this run began: the next "kubectl apply" brings the manifest's image back. Leave the image to this step (run it again after each apply), or write the deployed image into the manifest first.`,
  }),
};

/** Lines of the log and the summary about what a rollout did to others. */
export const neighbourLines = {
  'log.neighbour': ({ namespace, pod, container, reason, exitCode, restarts }: RestartedNeighbour) => {
    const count = `${restarts} ${restarts === 1 ? 'restart' : 'restarts'} in all`;
    const who = `While the new version started, the container "${container}" of pod ${pod} (namespace ${namespace}) on the same node restarted`;
    return reason === 'OOMKilled'
      ? `${who} (OOMKilled, ${count}): the node may be short of memory. Say in the manifests how much memory each app needs (resources.requests), or lower what they use. More: kubectl describe pod ${pod} -n ${namespace}`
      : `${who} (${reason}, exit code ${exitCode}, ${count}): the new version may have taken something that it needs, such as memory. See why: kubectl logs ${pod} -c ${container} -n ${namespace} --previous`;
  },
};

const PODS: Readonly<Record<number, string>> = { 1: 'the only pod', 2: 'both pods' };

const PROBES = {
  http: 'Add one to the manifest, here with what the other probe asks:',
  tcp: 'Add one to the manifest (better still an httpGet with a path that answers 200 only when the app works):',
  unknown: 'Add one to the manifest, with the port that the app listens on instead of PORT:',
};

function kindOf(probe: Probe): keyof typeof PROBES {
  if (probe.kind === 'http') return 'http';
  return probe.port === undefined ? 'unknown' : 'tcp';
}

function probeLines(probe: Probe): string[] {
  // A placeholder that the API server refuses: one that it took would make every rollout wait in vain.
  if (probe.kind === 'tcp')
    return ['tcpSocket:', `  port: ${probe.port === undefined ? 'PORT' : scalar(probe.port)}`, 'periodSeconds: 5'];
  const { path, port, scheme, timeoutSeconds } = probe;
  return [
    ...['httpGet:', `  path: ${scalar(path)}`, `  port: ${scalar(port)}`],
    ...(scheme === undefined ? [] : [`  scheme: ${scheme}`]),
    'periodSeconds: 5',
    ...(timeoutSeconds === undefined ? [] : [`timeoutSeconds: ${timeoutSeconds}`]),
  ];
}

/** Lines of one container, at their place in the Deployment's manifest. */
function inContainer(container: string, lines: readonly string[]): Snippet {
  const head = ['spec:', '  template:', '    spec:', '      containers:', `        - name: ${scalar(container)}`];
  return { language: 'yaml', code: [...head, ...lines.map((each) => `          ${each}`)].join('\n') };
}

function strategy(maxSurge: Amount): Snippet {
  const rolling = ['    rollingUpdate:', `      maxSurge: ${maxSurge}`, '      maxUnavailable: 0'];
  return { language: 'yaml', code: ['spec:', '  strategy:', '    type: RollingUpdate', ...rolling].join('\n') };
}

function isNone(amount: Amount): boolean {
  return Number.parseInt(String(amount), 10) === 0;
}

function renewal(username: string): string {
  return [
    'sudo kubeadm certs renew all',
    `# Only where ~${username}/.kube/config is a copy of admin.conf:`,
    `sudo install -m 600 -o ${username} /etc/kubernetes/admin.conf ~${username}/.kube/config`,
    '# The cluster itself takes its new certificates when the host restarts: do that at a quiet hour, before the date above.',
  ].join('\n');
}

/** A number or a word as YAML: as it is where nothing else can be read into it, such as `null` or 1e3, and in quotes otherwise. */
function scalar(value: Amount): string {
  const isPlain =
    typeof value === 'number' || /^(?!(?:null|true|false|yes|no|on|off|y|n)$)[a-z/][\w/.-]*$/i.test(value);
  return isPlain ? String(value) : JSON.stringify(value);
}

/** Enough names to see who is meant. */
function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ');
}
