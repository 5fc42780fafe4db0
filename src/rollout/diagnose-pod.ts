import { type Container, containersOf, type PodSpec, type Probe } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import type { Evidence } from './evidence';
import { newPods, type Snapshot } from './snapshot';
import type { PodTrouble, Sign } from './verdict';
import { probeAnswer, probeKill } from './warnings';
import { missingIn, programIn, startFault, withoutPasswords } from './wording';

export interface Case {
  readonly deployment: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly verifyPath?: string;
  /** The image that this run has pushed. */
  readonly pushed?: string;
  readonly snapshot: Snapshot;
  readonly evidence: Evidence;
}

export function notPulled({ fault, trouble }: Extract<Sign, { code: 'pull' }>, of: Case): Problem {
  const { namespace, evidence } = of;
  const image = specOf(of, trouble.container)?.image ?? '';
  const detail = trouble.message;
  const secrets = (podOf(of)?.imagePullSecrets ?? []).map(({ name = '' }) => name);
  const base = { image, namespace, detail };
  switch (fault) {
    case 'bad-name':
      return problem('cause.pull-bad-name', base);
    case 'never':
      return problem('cause.pull-never', base);
    case 'not-found':
      return problem('cause.pull-not-found', { ...base, isOurs: image === of.pushed });
    case 'denied': {
      // The kubelet goes on without a secret that is not there, and says so in an event only.
      const absent = evidence.warnings
        .filter(({ reason }) => reason === 'FailedToRetrieveImagePullSecret')
        .flatMap(({ message }) => /\(([^()]+)\)/.exec(message)?.[1]?.split(/,\s*/) ?? [])
        .find((name) => secrets.includes(name));
      if (absent !== undefined) return problem('cause.pull-secret-missing', { ...base, secret: absent });
      return secrets.length === 0
        ? problem('cause.pull-no-login', base)
        : problem('cause.pull-denied', { ...base, secrets });
    }
    case 'rate-limit':
      return problem('cause.pull-rate-limit', { ...base, secrets });
    case 'platform':
      return problem('cause.pull-platform', base);
    case 'network':
      return problem('cause.pull-network', base);
    case 'other':
      return problem('cause.pull-other', base);
    default:
      return fault satisfies never;
  }
}

export function misconfigured(trouble: PodTrouble, namespace: string): Problem {
  const { container, pod, message: detail } = trouble;
  const found = missing(trouble, namespace);
  if (found) return found;
  return problem(/runAsNonRoot/.test(detail) ? 'cause.root' : 'cause.config', { namespace, container, pod, detail });
}

export function missing({ container, pod, message }: PodTrouble, namespace: string): Problem | undefined {
  const object = missingIn(message);
  if (!object) return undefined;
  const { kind, name, key = '' } = object;
  return problem('cause.missing', { namespace, container, pod, kind, name, key });
}

export function notStarted({ container, pod, message }: PodTrouble, namespace: string): Problem {
  const entrypoint = programIn(message) ?? '';
  return problem('cause.start', { namespace, container, pod, entrypoint, fault: startFault(message), detail: message });
}

export function outOfMemory({ container, pod, restarts, reason }: PodTrouble, of: Case): Problem {
  const limit = specOf(of, container)?.resources?.limits?.memory ?? '';
  const ends = reason === 'Restarted' ? restarts : restarts + 1;
  return problem('cause.oom', { namespace: of.namespace, pod, container, limit, ends });
}

/** A container that ended: by its own fault, a probe's, or for want of memory. */
export function crashed(trouble: PodTrouble, of: Case): Problem {
  const { pod, container, restarts, exitCode = 0, isInit = false, reason, endedBy } = trouble;
  const { namespace, evidence } = of;
  const at = { namespace, pod, container };
  if (endedBy === 'OOMKilled') return outOfMemory(trouble, of);
  const probe = probeKill(evidence.warnings, at);
  const check = probe && specOf(of, container)?.[`${probe}Probe`];
  if (probe && check) {
    const answer = probeAnswer(evidence.warnings, probe === 'startup' ? 'Startup' : 'Liveness', pod);
    return problem('cause.probe-kill', {
      ...at,
      probe,
      restarts: Math.max(1, restarts),
      answer,
      check: printProbe(check),
    });
  }
  const logs = evidence.logs.filter((each) => each.pod === pod && each.container === container);
  const said = tellingLine(logs[0]?.lines ?? withoutPasswords(trouble.message));
  if (/exec format error/.test(said)) return problem('cause.format', at);
  const ends = reason === 'Restarted' ? restarts : restarts + 1;
  return problem('cause.crash', { ...at, isInit, exitCode, ends, said });
}

/** The line that most likely names the reason: the last that speaks of an error (a Java trace's last lines do not), else the last. */
function tellingLine(text: string): string {
  const lines = text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const telling =
    lines.findLast((each) => /^caused by/i.test(each)) ??
    lines.findLast((each) => /\b(?:fatal|panic|\w*(?:error|exception))\b/i.test(each));
  return (telling ?? lines.at(-1) ?? '').slice(0, 200);
}

/** A new pod as it was made, with what admission put in (pull secrets of its ServiceAccount, limits of a LimitRange); else its template. */
function podOf({ snapshot }: Case): PodSpec | undefined {
  const [pod] = newPods(snapshot);
  return pod?.spec ?? snapshot.workload?.spec?.template.spec;
}

/** The container as the new version's template has it. */
export function specOf(of: Case, container: string): Container | undefined {
  return containersOf(podOf(of)).find(({ name }) => name === container);
}

/** What a probe asks: `GET :8080/healthz`. */
export function printProbe({ httpGet, tcpSocket, grpc, exec }: Probe): string {
  if (httpGet) return `GET :${httpGet.port}${httpGet.path ?? '/'}`;
  if (tcpSocket) return `connecting to port ${tcpSocket.port}`;
  if (grpc) return `gRPC on port ${grpc.port}`;
  return exec?.command?.join(' ') ?? '';
}
