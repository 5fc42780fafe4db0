import { type ContainerStatus, identity, type Pod } from '../kubectl/objects';
import { isReady, type Target } from './snapshot';
import type { PodTrouble } from './verdict';

/** What is wrong with a new pod, worst container first; undefined where nothing is (yet). */
export function troubleOf(pod: Pod, { restartsBefore }: Pick<Target, 'restartsBefore'>): PodTrouble | undefined {
  const before = restartsBefore[identity(pod).uid] ?? {};
  // An init container that has ended well is done, however often it had to try; a sidecar is one that has to go on.
  const sidecars = new Set(
    pod.spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  const isDone = ({ name, state }: ContainerStatus) => state?.terminated?.exitCode === 0 && !sidecars.has(name);
  const starting = pod.status?.initContainerStatuses?.filter((status) => !isDone(status)) ?? [];
  const troubles = [...starting, ...(pod.status?.containerStatuses ?? [])]
    .map((status) => containerTrouble(pod, status, before[status.name] ?? 0))
    .filter((trouble) => trouble !== undefined)
    .sort((one, other) => other.restarts - one.restarts);
  return troubles[0] ?? podTrouble(pod);
}

/** The pod that is worst off: the most restarts first, then the one with any trouble at all. */
export function worstTrouble(pods: readonly Pod[], target: Pick<Target, 'restartsBefore'>): PodTrouble | undefined {
  return pods
    .map((pod) => troubleOf(pod, target))
    .filter((trouble) => trouble !== undefined)
    .sort((one, other) => other.restarts - one.restarts)[0];
}

function containerTrouble(pod: Pod, status: ContainerStatus, restartsBefore: number): PodTrouble | undefined {
  const { waiting, terminated } = status.state ?? {};
  const last = status.lastState?.terminated;
  const restarts = status.restartCount - restartsBefore;
  const base = { pod: identity(pod).name, container: status.name, restarts };
  if (terminated && (terminated.exitCode !== 0 || restarts > 0)) {
    return {
      ...base,
      reason: terminated.reason ?? 'Terminated',
      message: terminated.message ?? '',
      exitCode: terminated.exitCode,
    };
  }
  if (waiting?.reason && waiting.reason !== 'ContainerCreating' && waiting.reason !== 'PodInitializing') {
    return {
      ...base,
      reason: waiting.reason,
      message: waiting.message ?? '',
      ...(last && { exitCode: last.exitCode }),
    };
  }
  if (status.state?.running && !status.ready && restarts > 0 && last) {
    return { ...base, reason: 'Restarted', message: last.message ?? '', exitCode: last.exitCode };
  }
  if (status.state?.running && !status.ready && status.started !== false && !isReady(pod)) {
    return { ...base, reason: 'NotReady', message: '' };
  }
  return undefined;
}

function podTrouble(pod: Pod): PodTrouble | undefined {
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const base = { pod: identity(pod).name, container: '', restarts: 0 };
  if (unscheduled)
    return { ...base, reason: unscheduled.reason ?? 'Unschedulable', message: unscheduled.message ?? '' };
  if (pod.status?.phase === 'Failed')
    return { ...base, reason: pod.status.reason ?? 'Failed', message: pod.status.message ?? '' };
  return undefined;
}
