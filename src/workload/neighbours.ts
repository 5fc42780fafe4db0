import { identity, type Pod, statusesOf } from '../kubectl/objects';

/** A container of somebody else's that ended, and was started again, while ours came up. */
export interface RestartedNeighbour {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Why it ended, in Kubernetes' word, such as `OOMKilled` or `Error`. */
  readonly reason: string;
  readonly exitCode: number;
  /** All restarts of its life; many mean that it had troubles before us. */
  readonly restarts: number;
}

/** The pods on the nodes of ours, without ours. */
export function neighboursOf(pods: readonly Pod[], ours: readonly Pod[]): Pod[] {
  const nodes = new Set(ours.map(({ spec }) => spec?.nodeName).filter((node) => node !== undefined));
  const uids = new Set(ours.map((pod) => identity(pod).uid));
  return pods.filter((pod) => nodes.has(pod.spec?.nodeName ?? '') && !uids.has(identity(pod).uid));
}

/**
 * The neighbours' containers that ended at or after `since` and were started again. `since` is a time of the cluster's, such as the
 * creationTimestamp of our first new pod: it is compared with the kubelet's times, never with the runner's clock. The API gives
 * both in UTC and whole seconds (metav1.Time), so they sort as text.
 */
export function restartedNeighbours(pods: readonly Pod[], ours: readonly Pod[], since: string): RestartedNeighbour[] {
  return neighboursOf(pods, ours).flatMap((pod) =>
    statusesOf(pod).flatMap(({ name, restartCount, lastState }) => {
      const ended = lastState?.terminated;
      // A container whose end nobody saw has no time (ContainerStatusUnknown).
      if (!ended?.finishedAt || ended.finishedAt < since) return [];
      const { exitCode, reason = 'Terminated' } = ended;
      const of = { namespace: pod.metadata?.namespace ?? '', pod: identity(pod).name, container: name };
      return [{ ...of, reason, exitCode, restarts: restartCount }];
    }),
  );
}
