import { type ContainerStatus, identity, type Pod } from '../kubectl/objects';
import { isReady, type Target } from './snapshot';
import type { PodTrouble } from './verdict';
import { pullText, scheduled } from './wording';

type Baseline = Pick<Target, 'restartsBefore'>;

/** What is wrong with a new pod, worst container first; empty where nothing is (yet). */
export function troublesOf(pod: Pod, { restartsBefore }: Baseline): PodTrouble[] {
  if (isThrownOut(pod)) return podTrouble(pod);
  const before = restartsBefore[identity(pod).uid] ?? {};
  // An init container that has ended well is done, however often it had to try; a sidecar is one that has to go on.
  const sidecars = new Set(
    pod.spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  const isDone = ({ name, state }: ContainerStatus) => state?.terminated?.exitCode === 0 && !sidecars.has(name);
  const starting = pod.status?.initContainerStatuses?.filter((status) => !isDone(status)) ?? [];
  const of = (status: ContainerStatus) => containerTrouble(pod, status, before[status.name] ?? 0);
  const init = starting
    .map(of)
    .filter((trouble) => trouble !== undefined)
    .map((trouble) => (sidecars.has(trouble.container) ? trouble : { ...trouble, isInit: true }));
  const main = (pod.status?.containerStatuses ?? []).map(of).filter((trouble) => trouble !== undefined);
  const troubles = [...init, ...main].sort(byWeight);
  return troubles.length > 0 ? troubles : podTrouble(pod);
}

export function troubleOf(pod: Pod, target: Baseline): PodTrouble | undefined {
  return troublesOf(pod, target)[0];
}

/** The pod that is worst off. */
export function worstTrouble(pods: readonly Pod[], target: Baseline): PodTrouble | undefined {
  const worst = (of: readonly Pod[]) =>
    of
      .map((pod) => troubleOf(pod, target))
      .filter((trouble) => trouble !== undefined)
      .sort(byWeight)[0];
  // A pod that was thrown out has been replaced.
  return worst(pods.filter((pod) => !isThrownOut(pod))) ?? worst(pods);
}

/** The most restarts first; one that is merely not ready yet last. */
function byWeight(one: PodTrouble, other: PodTrouble): number {
  const isMild = ({ reason }: PodTrouble) => Number(reason === 'NotReady' || reason === 'NotStarted');
  return other.restarts - one.restarts || isMild(one) - isMild(other);
}

function containerTrouble(pod: Pod, status: ContainerStatus, restartsBefore: number): PodTrouble | undefined {
  const { waiting, terminated } = status.state ?? {};
  const last = status.lastState?.terminated;
  const restarts = status.restartCount - restartsBefore;
  const base = { pod: identity(pod).name, container: status.name, restarts };
  const ended = (end = last) => end && { exitCode: end.exitCode, endedBy: end.reason ?? '' };
  if (terminated && (terminated.exitCode !== 0 || restarts > 0)) {
    const { reason = 'Terminated', message = '' } = terminated;
    return { ...base, reason, message, ...ended(terminated) };
  }
  if (waiting?.reason && waiting.reason !== 'ContainerCreating' && waiting.reason !== 'PodInitializing') {
    // A program that could not be started is explained where it ended, not where the next try waits.
    const said = waiting.reason === 'CrashLoopBackOff' ? last?.message : pullText(waiting.message ?? '');
    return { ...base, reason: waiting.reason, message: said ?? '', ...ended() };
  }
  if (status.state?.running && restarts > 0 && last) {
    return { ...base, reason: 'Restarted', message: last.message ?? '', ...ended() };
  }
  if (status.state?.running && !status.ready && !isReady(pod)) {
    // Until its startup probe has passed, the others do not run.
    return { ...base, reason: status.started === false ? 'NotStarted' : 'NotReady', message: '' };
  }
  return undefined;
}

function podTrouble(pod: Pod): PodTrouble[] {
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const base = { pod: identity(pod).name, container: '', restarts: 0 };
  if (unscheduled)
    return [{ ...base, reason: unscheduled.reason ?? 'Unschedulable', message: scheduled(unscheduled.message ?? '') }];
  if (isThrownOut(pod))
    return [{ ...base, reason: pod.status?.reason ?? 'Evicted', message: pod.status?.message ?? '' }];
  return [];
}

/**
 * Whether the pod as a whole has ended, which one of a Deployment never does by itself: the node threw it out. Measured on 1.34:
 * one whose program ends well when it is told to is "Succeeded" then, without a word of the eviction.
 */
export function isThrownOut({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}
