import type { Container, PodSpec, Probe } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import type { Evidence } from './evidence';
import { currentReplicaSet, type Snapshot } from './snapshot';
import type { Cause, PodTrouble, Sign } from './verdict';
import { probeAnswer, probeKill } from './warnings';
import { missingIn, programIn, startFault, withoutLogin } from './wording';

export interface Case {
  readonly deployment: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly verifyPath?: string;
  readonly snapshot: Snapshot;
  readonly evidence: Evidence;
}

/** What a cause means, with what the evidence adds to it: one sentence that names it, and one that says what to do. Pure. */
export function diagnose(cause: Cause, of: Case): Problem {
  const { deployment, namespace, evidence } = of;
  const where = { deployment, namespace };
  switch (cause.code) {
    case 'deadline':
      return overdue(cause, of);
    case 'stalled':
      return problem('rollout.stalled', { ...where, reason: cause.reason, message: cause.message });
    case 'pull':
      return notPulled(cause, of);
    case 'config':
      return misconfigured(cause.trouble, namespace);
    case 'start': {
      const { container, pod, message } = cause.trouble;
      const program = programIn(message) ?? '';
      return problem('cause.start', {
        namespace,
        container,
        pod,
        program,
        fault: startFault(message),
        detail: message,
      });
    }
    case 'crash':
      return crashed(cause.trouble, of);
    case 'oom': {
      const { container, restarts, reason } = cause.trouble;
      const limit = specOf(of, container)?.resources?.limits?.memory ?? '';
      const ends = reason === 'Restarted' ? restarts : restarts + 1;
      return problem('cause.oom', { namespace, pod: cause.trouble.pod, container, limit, ends });
    }
    case 'no-room':
      return noRoom(cause.trouble.message, of);
    case 'refused':
      return refusedBy(cause, where);
    case 'claim':
      return missing(cause.trouble, namespace) ?? problem('cause.claim', { ...where, detail: cause.trouble.message });
    case 'setup': {
      const { pod } = cause.trouble;
      const said = evidence.warnings.find(({ about }) => about === `Pod ${pod}`)?.message ?? '';
      return (
        missing({ ...cause.trouble, message: said }, namespace) ??
        problem('cause.setup', { ...where, pod, detail: said })
      );
    }
    case 'evicted':
      return problem('cause.evicted', { ...where, count: cause.count, detail: cause.trouble.message });
    case 'node':
      return problem('cause.node', { ...where, node: cause.node, detail: cause.message });
    case 'verify':
      return problem('cause.verify-path', { path: of.verifyPath ?? '', detail: cause.detail });
    case 'verify-url':
      return problem('cause.verify-url', { url: cause.url, detail: cause.detail });
    default:
      return cause satisfies never;
  }
}

/** A deadline says little by itself: what stands behind it is the cause. */
function overdue(cause: Extract<Cause, { code: 'deadline' }>, of: Case): Problem {
  const { behind, trouble, whose } = cause;
  if (behind) return diagnose(behind, of);
  const isWaiting = trouble?.reason === 'NotReady' || trouble?.reason === 'NotStarted';
  if (trouble && !isWaiting && trouble.exitCode !== undefined) return crashed(trouble, of);
  const probe = trouble?.reason === 'NotStarted' ? 'startup' : 'readiness';
  const check = trouble && specOf(of, trouble.container)?.[`${probe}Probe`];
  if (trouble && check && isWaiting) {
    const { pod, container } = trouble;
    const answer = probeAnswer(of.evidence.warnings, probe === 'startup' ? 'Startup' : 'Readiness', pod);
    const { namespace, timeoutMs: ms } = of;
    return problem('cause.not-ready', {
      namespace,
      pod,
      container,
      probe,
      check: printProbe(check),
      answer,
      ms,
      whose,
    });
  }
  const { deployment, namespace, timeoutMs: ms } = of;
  return problem('rollout.deadline', {
    deployment,
    namespace,
    whose,
    waitingFor: cause.waitingFor,
    ms,
    ...(trouble && { trouble }),
  });
}

function notPulled({ fault, trouble }: Extract<Sign, { code: 'pull' }>, of: Case): Problem {
  const { namespace, evidence } = of;
  const image = specOf(of, trouble.container)?.image ?? '';
  const detail = withoutLogin(trouble.message);
  const secrets = (podOf(of)?.imagePullSecrets ?? []).map(({ name = '' }) => name);
  const base = { image, namespace, detail };
  switch (fault) {
    case 'bad-name':
      return problem('cause.pull-bad-name', base);
    case 'never':
      return problem('cause.pull-never', base);
    case 'not-found':
      return problem('cause.pull-not-found', base);
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

function misconfigured(trouble: PodTrouble, namespace: string): Problem {
  const { container, pod, message: detail } = trouble;
  const found = missing(trouble, namespace);
  if (found) return found;
  return problem(/runAsNonRoot/.test(detail) ? 'cause.root' : 'cause.config', { namespace, container, pod, detail });
}

function missing({ container, pod, message }: PodTrouble, namespace: string): Problem | undefined {
  const object = missingIn(message);
  if (!object) return undefined;
  const { kind, name, key = '' } = object;
  return problem('cause.missing', { namespace, container, pod, kind, name, key });
}

function crashed(trouble: PodTrouble, of: Case): Problem {
  const { pod, container, restarts, exitCode = 0, isInit = false, reason, endedBy } = trouble;
  const { namespace, evidence } = of;
  const at = { namespace, pod, container };
  if (endedBy === 'OOMKilled') return diagnose({ code: 'oom', trouble }, of);
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
  const said = tellingLine(logs[0]?.lines ?? trouble.message);
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
    lines.findLast((each) => /\b(?:fatal|panic|error|exception)\b/i.test(each));
  return (telling ?? lines.at(-1) ?? '').slice(0, 200);
}

function noRoom(detail: string, { deployment, namespace, evidence }: Case): Problem {
  const where = { deployment, namespace };
  const resource = /Insufficient ([\w.-]+)/.exec(detail)?.[1] ?? (/Too many pods/.test(detail) ? 'pods' : undefined);
  if (!resource) return problem('cause.no-node', { ...where, detail });
  const { asks = '', free = '', node = '' } = evidence.room ?? {};
  return problem('cause.no-room', { ...where, resource, asks, free, node, detail });
}

function refusedBy(
  { by, message }: Extract<Sign, { code: 'refused' }>,
  where: { deployment: string; namespace: string },
): Problem {
  // The controller's own words before the API server's.
  const detail = message.replace(/^(?:Error creating: )?(?:Internal error occurred: )?/, '');
  const of = { ...where, detail };
  switch (by) {
    case 'quota':
      return problem('cause.quota', { ...of, quota: /exceeded quota: ([^,]+)/.exec(detail)?.[1] ?? '' });
    case 'webhook-away':
      return problem('cause.webhook-away', { ...of, webhook: /webhook "([^"]+)"/.exec(detail)?.[1] ?? '' });
    case 'rule': {
      const object = missingIn(detail);
      if (object)
        return problem('cause.missing', {
          namespace: where.namespace,
          container: '',
          pod: '',
          kind: object.kind,
          name: object.name,
          key: '',
        });
      if (/violates PodSecurity/.test(detail)) return problem('cause.pod-security', of);
      return problem(
        /(?:maximum|minimum) (?:cpu|memory|[\w-]+) usage per|limit to request ratio/.test(detail)
          ? 'cause.limit-range'
          : 'cause.rule',
        of,
      );
    }
    case 'other':
      return problem('cause.refused', of);
    default:
      return by satisfies never;
  }
}

function podOf({ snapshot }: Case): PodSpec | undefined {
  const replicaSet = currentReplicaSet(snapshot);
  return replicaSet?.spec?.template?.spec ?? snapshot.workload?.spec?.template.spec;
}

function specOf(of: Case, container: string): Container | undefined {
  const pod = podOf(of);
  return [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].find(({ name }) => name === container);
}

/** What a probe asks: `GET :8080/healthz`. */
function printProbe({ httpGet, tcpSocket, grpc, exec }: Probe): string {
  if (httpGet) return `GET :${httpGet.port}${httpGet.path ?? '/'}`;
  if (tcpSocket) return `connecting to port ${tcpSocket.port}`;
  if (grpc) return `gRPC on port ${grpc.port}`;
  return exec?.command?.join(' ') ?? '';
}
