import { printDuration } from '../../inputs/duration';
import type { PodTrouble, WaitingFor } from '../../rollout/verdict';

const WAITS: Record<WaitingFor, string> = {
  controller: "the cluster's Deployment controller has not begun",
  pods: 'not all new pods have been created',
  ready: 'a new pod is not ready',
  soak: 'a new pod has not been ready for long enough',
  'old-pods': 'old pods have not ended',
};

interface Where {
  readonly deployment: string;
  readonly namespace: string;
}

/** Problems that a rollout ends in. */
export const rolloutProblems = {
  'rollout.deadline': (
    p: Where & { whose: 'timeout' | 'progress'; ms: number; waitingFor: WaitingFor; trouble?: PodTrouble },
  ) => ({
    what: `The new version did not come up within ${p.whose === 'timeout' ? `the ${printDuration(p.ms)} of "timeout"` : "the Deployment's own deadline (progressDeadlineSeconds)"}: ${WAITS[p.waitingFor]}${p.trouble ? ` (${troubleText(p.trouble)})` : ''}.`,
    next: p.trouble
      ? adviceFor(p.trouble, p, p.whose)
      : `Look at the pods: kubectl get pods -n ${p.namespace}. ${longer(p, p.whose)}`,
  }),
  'rollout.stalled': (p: Where & { reason: string; message: string }) => ({
    what: `The cluster cannot go on with the rollout: ${p.reason}: ${p.message}`,
    next: `Look at the Deployment: kubectl describe deployment/${p.deployment} -n ${p.namespace}`,
  }),
  'rollout.crash': (p: Where & { trouble: PodTrouble }) => ({
    what: `The new version starts and then ends, again and again: ${troubleText(p.trouble)}.`,
    next: adviceFor(p.trouble, p, 'timeout'),
  }),
  'rollout.superseded': (p: Where & { by: 'deleted' | 'recreated' | 'changed' }) => ({
    what: `While this run was watching, somebody else ${{ deleted: 'deleted', recreated: 'deleted and made again', changed: 'changed' }[p.by]} the Deployment "${p.deployment}". What serves now is their version, so this run has no say in it.`,
    next: `See what runs: kubectl get deployment/${p.deployment} -n ${p.namespace} -o wide. If this version should be out, run the job again.`,
  }),
  'rollout.scaled-to-zero': (p: Where) => ({
    what: `Somebody scaled the Deployment "${p.deployment}" to 0 replicas meanwhile, so nothing shows whether the new version works.`,
    next: `Scale it up and run the job again: kubectl scale deployment/${p.deployment} -n ${p.namespace} --replicas=1`,
  }),
  'rollout.no-contact': (p: Where & { detail: string }) => ({
    what: `The cluster could not be seen any more before the rollout had ended, so how it ended is not known: ${p.detail}`,
    next: `When the host answers again: kubectl rollout status deployment/${p.deployment} -n ${p.namespace}`,
  }),
  'rollout.interrupted': (p: Where) => ({
    what: 'The run was cancelled while the new version was being rolled out. The cluster goes on by itself; old pods stay until new ones have stayed ready.',
    next: `See how it ends: kubectl rollout status deployment/${p.deployment} -n ${p.namespace}`,
  }),
};

/** What is wrong with a container, in a few words. */
export function troubleText({ pod, container, reason, message, restarts, exitCode }: PodTrouble): string {
  const who = container === '' ? `pod ${pod}` : `container "${container}" of pod ${pod}`;
  const again = restarts > 0 ? `, after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}` : '';
  if (reason === 'NotReady') return `${who} runs, but its readiness probe fails${again}`;
  if (exitCode !== undefined) {
    const why = ENDED.has(reason) ? '' : ` (${reason})`;
    return `${who} ended with exit code ${exitCode}${why}${again}`;
  }
  const said = message.replace(/\s+/g, ' ').slice(0, 300);
  return `${who}: ${reason}${again}${said === '' ? '' : `, ${said}`}`;
}

/** Reasons that say no more than that a container has ended. */
const ENDED = new Set(['Error', 'Completed', 'CrashLoopBackOff', 'Restarted', 'Terminated']);

type Whose = 'timeout' | 'progress';

function adviceFor({ pod, container, reason }: PodTrouble, where: Where, whose: Whose): string {
  const { namespace } = where;
  const of = container === '' ? '' : ` -c ${container}`;
  const more = `More: kubectl describe pod ${pod} -n ${namespace}`;
  switch (reason) {
    case 'CrashLoopBackOff':
    case 'Error':
    case 'Completed':
    case 'Restarted':
      return `Its last words stand in the log of this step; they mostly name the reason (a missing setting, a database that does not answer). More: kubectl logs ${pod}${of} -n ${namespace} --previous`;
    case 'OOMKilled':
      return `It used more memory than its limit, so the node ended it: raise resources.limits.memory in the manifest, or make it need less. ${more}`;
    case 'NotReady':
      return `See what it says: kubectl logs ${pod}${of} -n ${namespace}. ${longer(where, whose)}`;
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return `The node cannot pull the image. The login of this step is for pushing only: for a private repository the cluster needs its own, a Secret made with "kubectl create secret docker-registry" in the namespace ${namespace} that the Deployment names under imagePullSecrets. ${more}`;
    case 'CreateContainerConfigError':
      return `The Secret or ConfigMap that it names, or a key of it, is not in the namespace ${namespace}: create it, or correct its name in the manifest. ${more}`;
    case 'Unschedulable':
      return `No node has room for the new pod, or a rule keeps it away. On a single node the old and the new pod must fit at once: lower resources.requests, or set maxSurge to 0 and maxUnavailable to 1 (with a gap). ${more}`;
    default:
      return `See the pod's events: kubectl describe pod ${pod} -n ${namespace}`;
  }
}

/** What to do about a version that is only slow: it depends on whose limit was reached. */
function longer({ deployment, namespace }: Where, whose: Whose): string {
  if (whose === 'timeout') return 'If it only needs longer to start, make "timeout" longer.';
  const patch = `kubectl patch deployment/${deployment} -n ${namespace} -p '{"spec":{"progressDeadlineSeconds":1200}}'`;
  return `If it only needs longer to start, raise the Deployment's own limit, in its manifest or with: ${patch} — and set "timeout" at least as long.`;
}
