import { containersOf, identity, type Pod } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import {
  type Case,
  crashed,
  misconfigured,
  missing,
  notPulled,
  notStarted,
  outOfMemory,
  printProbe,
  specOf,
} from './diagnose-pod';
import { isBeingSetUp, newPods } from './snapshot';
import type { Cause, PodTrouble, Sign } from './verdict';
import { probeAnswer } from './warnings';
import { missingIn } from './wording';

/** What a cause means, with what the evidence adds to it: one sentence that names it, and one that says what to do. Pure. */
export function diagnose(cause: Cause, of: Case): Problem {
  const { deployment, namespace } = of;
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
    case 'start':
      return notStarted(cause.trouble, namespace);
    case 'crash':
      return crashed(cause.trouble, of);
    case 'oom':
      return outOfMemory(cause.trouble, of);
    case 'no-room':
      return noRoom(cause.trouble.message, of);
    case 'refused':
      return refusedBy(cause, where);
    case 'claim':
      return missing(cause.trouble, namespace) ?? problem('cause.claim', { ...where, detail: cause.trouble.message });
    case 'setup': {
      const { pod, message: detail } = cause.trouble;
      return missing(cause.trouble, namespace) ?? problem('cause.setup', { ...where, pod, detail });
    }
    case 'evicted':
      return problem('cause.evicted', { ...where, count: cause.count, detail: evictionText(cause.trouble, of) });
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
  // One pod that was thrown out, and replaced, says less than what its successor waits for.
  const isOld = behind?.code === 'evicted' && trouble !== undefined && trouble.container !== '';
  if (behind && !isOld) return diagnose(behind, of);
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
  const pulling = newPods(of.snapshot).find(
    (pod) => isBeingSetUp(pod) && of.evidence.pulling.includes(identity(pod).name),
  );
  if (!trouble && pulling) {
    return problem('cause.pull-slow', {
      image: imageBeingPulled(pulling),
      namespace,
      detail: '',
      ms,
      whose,
    });
  }
  return problem('rollout.deadline', {
    deployment,
    namespace,
    whose,
    waitingFor: cause.waitingFor,
    ms,
    ...(trouble && { trouble }),
  });
}

/** Images are pulled one container after the other, init containers first. */
function imageBeingPulled({ spec, status }: Pod): string {
  const isDone = (name: string) =>
    (status?.initContainerStatuses ?? []).some((each) => each.name === name && each.state?.waiting === undefined);
  const next = containersOf(spec).find(({ name }) => !isDone(name));
  return next?.image ?? '';
}

function evictionText({ message, pod }: PodTrouble, { evidence: { warnings } }: Case): string {
  const said = warnings.filter(({ reason }) => reason === 'Evicted');
  return message.trim() || (said.find(({ about }) => about === `Pod ${pod}`) ?? said[0])?.message || '';
}

function noRoom(detail: string, { deployment, namespace, evidence }: Case): Problem {
  const where = { deployment, namespace };
  const resource =
    /Insufficient ([\w./-]*[\w])/.exec(detail)?.[1] ?? (/Too many pods/.test(detail) ? 'pods' : undefined);
  if (!resource) {
    if (/free ports/.test(detail)) return problem('cause.port-taken', { ...where, detail });
    const isApart = /anti-affinity|topology spread/.test(detail);
    return problem(isApart ? 'cause.kept-apart' : 'cause.no-node', { ...where, detail });
  }
  const { asks = '', free = '', node = '' } = evidence.room ?? {};
  return problem('cause.no-room', { ...where, resource, asks, free, node, detail });
}

function refusedBy(
  { by, message }: Extract<Sign, { code: 'refused' }>,
  where: { deployment: string; namespace: string },
): Problem {
  // The controller's own words before the API server's.
  const detail = message.replace(
    /^(?:Error creating: |create Pod \S+ in StatefulSet \S+ failed error: )?(?:Internal error occurred: )?/,
    '',
  );
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
