import { printDuration } from '../../inputs/duration';
import type { PodTrouble, Superseded, WaitingFor } from '../../rollout/verdict';
import { isStateful, resourceOf } from '../workload';
import { because, named, short } from './because';

const WAITS: Record<WaitingFor, string> = {
  controller: "the cluster's controller has not begun",
  pods: 'not all new pods have been created',
  ready: 'a new pod is not ready',
  soak: 'a new pod has not been ready for long enough',
  'old-pods': 'old pods have not ended',
  verify: 'no new pod has given the right answer to "verify-path"',
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
    next: `Look at the pods ("kubectl get pods -n ${p.namespace}"${p.trouble ? ` and "kubectl describe pod ${p.trouble.pod} -n ${p.namespace}"` : ''}). ${longer(p)}`,
  }),
  'rollout.stalled': (p: Where & { reason: string; message: string }) => ({
    what: `The cluster cannot go on with the rollout: ${p.reason}: ${p.message}`,
    next: `Look at the Deployment: kubectl describe ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollout.superseded': (p: Where & { by: Superseded | 'held' }) => ({
    what: supersededBy(p),
    next:
      p.by === 'paused'
        ? `Resume it, and run the job again: kubectl rollout resume ${resourceOf(p.deployment)} -n ${p.namespace}`
        : `See what runs (kubectl get ${resourceOf(p.deployment)} -n ${p.namespace} -o wide). If this version should be out, run the job again.`,
  }),
  'rollout.sibling': (p: Where & { others: readonly string[] }) => ({
    what: `"${p.deployment}" came in one step with ${p.others.length === 0 ? 'another workload that could not be changed' : `${p.others.join(', ')}, which failed`}: its new version does not stay either.`,
    next: 'What is wrong stands with the other one. Once that is mended, run the job again.',
  }),
  'rollout.scaled-to-zero': (p: Where) => ({
    what: `Somebody scaled the ${named(p.deployment)} to 0 replicas meanwhile, so nothing shows whether the new version works.`,
    next: `Scale it up and run the job again: kubectl scale ${resourceOf(p.deployment)} -n ${p.namespace} --replicas=1`,
  }),
  'rollout.no-contact': (p: Where & { detail: string }) => ({
    what: `The cluster could not be seen any more before the rollout had ended, so how it ended is not known: ${p.detail}`,
    next: `When the host answers again: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollout.interrupted': (p: Where) => ({
    what: `The run was cancelled while the new version was being rolled out. The cluster goes on by itself${isStateful(p.deployment) ? ', pod by pod, and stops at one that does not come up.' : '; old pods stay until new ones have stayed ready.'}`,
    next: `See how it ends: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
};

/** Problems on the way back to the version before. */
export const rollbackProblems = {
  'rollback.failed': (p: Where & { image: string; detail: string }) => ({
    what: because(`The version before (${short(p.image)}) was put back, but it does not come up either`, p.detail),
    next: `What worked once and does not now mostly lacks something around it: a Secret, the database, room on the node. See the pods: kubectl get pods -n ${p.namespace}`,
  }),
  'rollback.blocked': (p: Where & { image: string; pod: string; detail: string }) => ({
    what: because(
      `The version before (${short(p.image)}) was put back, but the ${named(p.deployment)} waits for the broken pod ${p.pod}, which the deploy user may not delete`,
      p.detail,
    ),
    next: `For the next time, give the deploy user that right: the README of this action lists it. Now delete the pod, and it comes back as it was: kubectl delete pod ${p.pod} -n ${p.namespace}`,
  }),
  'rollback.unseen': (p: Where & { image: string; detail: string }) => ({
    what: because(
      `The version before (${short(p.image)}) was put back, but whether it serves could not be seen`,
      p.detail,
    ),
    next: `See how it stands: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'rollback.unwritten': (p: Where & { image: string; detail: string }) => ({
    what: because(`The version before (${short(p.image)}) could not be put back`, p.detail),
    next: 'Put it back by hand, with the command below.',
  }),
  'rollback.interrupted': (p: Where & { image: string }) => ({
    what: `The run was cancelled while the version before (${short(p.image)}) was coming back. The cluster goes on by itself.`,
    next: `See how it ends: kubectl rollout status ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
};

/** What is wrong with a container, in a few words. */
export function troubleText({ pod, container, reason, message, restarts, exitCode }: PodTrouble): string {
  const who = container === '' ? `pod ${pod}` : `container "${container}" of pod ${pod}`;
  const again = restarts > 0 ? `, after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}` : '';
  const said = message.replace(/\s+/g, ' ').slice(0, 300);
  if (reason === 'NotReady') return because(`${who} runs, but is not ready${again}`, said).replace(/\.$/, '');
  if (reason === 'NotStarted')
    return because(`${who} runs, but its startup probe has not passed${again}`, said).replace(/\.$/, '');
  if (exitCode !== undefined) {
    const why = ENDED.has(reason) ? '' : ` (${reason})`;
    return `${who} ended with exit code ${exitCode}${why}${again}`;
  }
  return `${who}: ${reason}${again}${said === '' ? '' : `, ${said}`}`;
}

/** Reasons that say no more than that a container has ended. */
const ENDED = new Set(['Error', 'Completed', 'CrashLoopBackOff', 'Restarted', 'Terminated']);

/** What to do about a version that is only slow: it depends on whose limit was reached. */
function longer({ whose, deployment, namespace }: Where & { whose: 'timeout' | 'progress' }): string {
  if (whose === 'timeout') return 'If it only needs longer to start, make "timeout" longer.';
  const patch = `kubectl patch ${resourceOf(deployment)} -n ${namespace} -p '{"spec":{"progressDeadlineSeconds":1200}}'`;
  return `If it only needs longer to start, set "timeout" longer, and raise the Deployment's own limit as far, in its manifest or with: ${patch}`;
}

function supersededBy({ deployment, by }: Where & { by: Superseded | 'held' }): string {
  switch (by) {
    case 'paused':
      return `While this run was watching, somebody paused the ${named(deployment)}: its rollout stays where it is until somebody resumes it.`;
    case 'held':
      return `Another run is at work on the ${named(deployment)}, or has been since this one began to watch: what becomes of the version is for that run to say, so this one has put nothing back.`;
    default: {
      const did = { deleted: 'deleted', recreated: 'deleted and made again', changed: 'changed' }[by];
      return `While this run was watching, somebody else ${did} the ${named(deployment)}. What serves now is their version, so this run has no say in it.`;
    }
  }
}
