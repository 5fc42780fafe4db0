import { identity } from '../../kubectl/objects';
import { troublesOf } from '../trouble';
import type { PodTrouble } from '../verdict';
import { isCacheLag, missingIn, startFault } from '../wording';
import type { Look, Suspicion } from './sign';

/** A Secret or ConfigMap may be made in the same moment as the rollout. */
const MISSING_MS = 10_000;
const CONFIG_MS = 30_000;
/** A kubelet that has just started fills its caches. */
const CACHE_LAG_MS = 90_000;
/** The runtime's own trouble, such as a name that is still taken by the container before. */
const CREATE_MS = 30_000;
/** The program could not be started, for a reason that may pass. */
const START_MS = 45_000;
/** The restart at which a program that cannot be started is sure not to be: the second try. */
const START_RESTARTS = 1;

/** Containers that cannot be made, or whose program cannot be started. */
export function starting({ target, snapshot, pods }: Look): Suspicion[] {
  return pods.flatMap((pod) =>
    troublesOf(pod, target).flatMap((given): Suspicion[] => {
      const said = snapshot.said?.[identity(pod).uid] ?? '';
      // A program for another processor is started, and ends: only its log says why.
      const isForeign = given.exitCode !== undefined && startFault(said) === 'format';
      const trouble = isForeign ? { ...given, message: said } : given;
      const key = (family: string) => `${family}/${trouble.pod}/${trouble.container}`;
      if (isForeign) return [{ key: key('start'), graceMs: startMs(trouble), cause: { code: 'start', trouble } }];
      switch (trouble.reason) {
        case 'CreateContainerConfigError':
          return [{ key: key('config'), graceMs: configMs(trouble.message), cause: { code: 'config', trouble } }];
        case 'CreateContainerError':
        case 'PreCreateHookError':
        case 'PreStartHookError':
          return [{ key: key('create'), graceMs: createMs(trouble.message), cause: { code: 'start', trouble } }];
        case 'RunContainerError':
        case 'StartError':
        case 'ContainerCannotRun':
          return [{ key: key('start'), graceMs: startMs(trouble), cause: { code: 'start', trouble } }];
        case 'CrashLoopBackOff':
          if (trouble.endedBy !== 'StartError' && trouble.endedBy !== 'ContainerCannotRun') return [];
          return [{ key: key('start'), graceMs: startMs(trouble), cause: { code: 'start', trouble } }];
        default:
          return [];
      }
    }),
  );
}

function configMs(message: string): number {
  if (isCacheLag(message)) return CACHE_LAG_MS;
  return missingIn(message) ? MISSING_MS : CONFIG_MS;
}

function createMs(message: string): number {
  return startFault(message) === 'other' ? CREATE_MS : MISSING_MS;
}

function startMs({ message, restarts }: PodTrouble): number {
  return startFault(message) !== 'other' && restarts >= START_RESTARTS ? 0 : START_MS;
}
