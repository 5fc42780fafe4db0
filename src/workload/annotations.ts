const PREFIX = 'deploy-action.medibird.github.io';

/** The annotations that this action keeps on a workload. */
export const annotations = {
  /** The run that wrote the template last. */
  deployId: `${PREFIX}/id`,
  run: `${PREFIX}/run`,
  commit: `${PREFIX}/commit`,
  history: `${PREFIX}/history`,
  /** The run that is at work, as JSON; empty once it has ended. */
  hold: `${PREFIX}/hold`,
  /** What a run that waits has asked last, and the run at work answered last. */
  asked: `${PREFIX}/asked`,
  answered: `${PREFIX}/answered`,
  /** What minReadySeconds was before us, and what we set: `{"before":0,"set":30}`. */
  minReadySeconds: `${PREFIX}/min-ready-seconds`,
  /** Kubernetes' own: shown by `kubectl rollout history`. */
  changeCause: 'kubernetes.io/change-cause',
  /** Kubernetes' own, on the template: what `kubectl rollout restart` sets. */
  restartedAt: 'kubectl.kubernetes.io/restartedAt',
  /** Kubernetes' own: the number of the template, counted by the Deployment's controller. */
  revision: 'deployment.kubernetes.io/revision',
} as const;

/** Where `kubectl apply` keeps the manifest that it was given (client-side apply; Helm and server-side apply keep none). */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether an annotation is this action's to write, or kubectl's copy of a manifest: none of it is a manifest's. */
export function isOwn(key: string): boolean {
  return key.startsWith(`${PREFIX}/`) || key === annotations.changeCause || key === LAST_APPLIED;
}
