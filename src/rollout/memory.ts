import { identity, type Pod, statusesOf } from '../kubectl/objects';

/** What a container's status forgets and a verdict needs. */
export interface ContainerMemory {
  /** Pulls of its image that have failed. */
  readonly failedPulls: number;
  /** What the last failed pull said: older kubelets (before 1.31) drop it while they wait for the next try. */
  readonly pullText: string;
  /** Whether the last look showed a pull's failure, so that each is counted once. */
  readonly isPullFailing: boolean;
  /** Restart counts at which the container had ended for want of memory. */
  readonly oomEnds: readonly number[];
}

/** By pod UID and container. */
export type Memory = Readonly<Record<string, ContainerMemory>>;

const NOTHING: ContainerMemory = { failedPulls: 0, pullText: '', isPullFailing: false, oomEnds: [] };

export function memoryKey(pod: Pod, container: string): string {
  return `${identity(pod).uid}/${container}`;
}

/** Adds what this look shows. Seeing the same look again adds nothing. */
export function remember(memory: Memory, pods: readonly Pod[]): Memory {
  return Object.fromEntries(
    pods.flatMap((pod) =>
      statusesOf(pod).map((status) => {
        const key = memoryKey(pod, status.name);
        const known = memory[key] ?? NOTHING;
        const { reason, message = '' } = status.state?.waiting ?? {};
        const isPullFailing = reason === 'ErrImagePull' || reason === 'RegistryUnavailable';
        // A look may come too late for the failure itself and show only the wait after it.
        const isNews = isPullFailing ? !known.isPullFailing : reason === 'ImagePullBackOff' && known.failedPulls === 0;
        // In a back-off the kubelet's text begins so, and (since 1.31) ends with the failure's own.
        const text = isPullFailing ? message : reason === 'ImagePullBackOff' ? afterBackOff(message) : '';
        const { state, lastState, restartCount } = status;
        const ooms = [
          ...(state?.terminated?.reason === 'OOMKilled' ? [restartCount] : []),
          // The count goes up when a container starts again: while it waits for that, its last end is the newest run's.
          ...(lastState?.terminated?.reason === 'OOMKilled' ? [state?.waiting ? restartCount : restartCount - 1] : []),
        ];
        return [
          key,
          {
            failedPulls: known.failedPulls + (isNews ? 1 : 0),
            pullText: text || known.pullText,
            isPullFailing,
            oomEnds: [...new Set([...known.oomEnds, ...ooms])],
          },
        ] as const;
      }),
    ),
  );
}

function afterBackOff(message: string): string {
  return /^Back-off pulling image "[^"]*"(?:: )?(.*)$/s.exec(message)?.[1] ?? message;
}
