import type { Config } from './inputs/config';
import type { Cluster } from './kubectl/client';
import { identity, ownedBy, type Pod, type Workload } from './kubectl/objects';
import type { Applied } from './manifests/apply';
import type { Outcome } from './outcome';
import type { Ready } from './preflight';
import type { Report } from './report/report';
import type { Reporter } from './report/reporter';
import type { Ending } from './rollout/ending';
import type { Observer } from './rollout/observe';
import { isReady, isStaying, runsImage, type Snapshot, type Target } from './rollout/snapshot';
import type { Closing, Tools } from './tools';
import { quote } from './transport/quote';
import type { Problem } from './words/words';
import { printWorkload, resourceOf } from './words/workload';
import { annotations } from './workload/annotations';
import { imagesOf, isSameVersion, type Version } from './workload/images';
import type { ChosenContainer } from './workload/inspect';
import { waitsForBroken } from './workload/stateful';

/** What the manifests have written beside the workloads, and a workload that was not there. */
export interface WrittenObjects {
  readonly objects: Applied[];
  /** What was written before another run came first: that one may build on it, so none of it is put back. */
  readonly left: Applied[];
  /** What could not be put back, once that has begun. */
  putBack?: Promise<Problem[]>;
}

/** What the phases of one run share. */
export interface Run {
  readonly config: Config;
  readonly tools: Tools;
  readonly reporter: Reporter;
  readonly closing: Closing;
  /** Whether a write to the workload may have taken effect. */
  wrote: boolean;
  /** Whether a hold of this run may stand on the workload. */
  holds: boolean;
  /** What the manifests have written so far; all workloads of the step share it. */
  readonly written: WrittenObjects;
}

/** What the containers are to run: images as they are to carry them, `repository:tag@digest` where that is known. */
export interface Wanted extends Version {
  /** Its commit; empty where it is not known. */
  readonly commit: string;
  /** New pods, also where the image is there already. */
  readonly isRestart?: true;
  /** What the container has to run for this to be the right choice; left out: whatever it runs. */
  readonly expected?: string;
  /** Chooses again, where it runs something else by the time that it is written. */
  readonly again?: (ready: Ready) => Wanted;
  /** Its manifest, byte by byte, where it was read. */
  readonly manifest?: string;
}

/** A rollout that has begun, or (`changed` false) was there already: what it wants to see, and what there was before. */
export interface Begun {
  readonly cluster: Cluster;
  readonly target: Target;
  readonly container: ChosenContainer;
  readonly changed: boolean;
  readonly observer: Observer;
  /** The run that had written the workload when this one began to watch: this one itself, if it wrote. */
  readonly writer: string | undefined;
  /** What the containers run now. */
  readonly version: Version;
  /** What they ran before. */
  readonly replaced: Version;
  /** What to go back to, where there is a version that served. */
  readonly lastGood?: Version;
  /** What the template's `restartedAt` was, where this run has set it. */
  readonly restartedAt?: string | null;
  /** The workload before its manifest was applied, and as that was answered; missing where only the images are new. */
  readonly manifest?: { readonly before: Workload; readonly after: Workload };
}

/** How a run ended, and what the cluster looked like then. */
export interface Ended extends Ending {
  readonly snapshot: Snapshot;
  /** Whose template the workload has at the end. */
  readonly current: 'new' | 'old';
  /** What the history keeps, where it is not the outcome: a version seen to be bad stays so, however the run ended after that. */
  readonly recorded?: 'failed' | 'unknown';
}

/** The workload as problems name it. */
export function whereOf({ config: { workload } }: Pick<Run, 'config'>): { deployment: string; namespace: string } {
  return { deployment: printWorkload(workload), namespace: workload.namespace };
}

/** The command that brings the version before back: quoted, for it is meant to be copied into a shell. */
export function wayBack({ config }: Run, begun: Begun, current: Ended['current']): Pick<Report, 'wayBack'> {
  const { container, lastGood, replaced, version, manifest } = begun;
  const back = lastGood ?? replaced;
  const { namespace } = config.workload;
  const isOnlyImage = !manifest || !isSameVersion(back, replaced);
  if (isOnlyImage && (back.image === '' || isSameVersion(back, version))) return {};
  const images = imagesOf(container, back).map(([each, image]) => `${each}=${image}`);
  const resource = resourceOf(printWorkload(config.workload));
  // Where more than images was changed, only its template of before brings it back.
  const how = isOnlyImage ? ['set', 'image', resource, ...images] : ['rollout', 'undo', resource, ...to(manifest)];
  const words = ['kubectl', ...how, '-n', namespace];
  const broken = brokenPods(begun);
  const unblock = ['kubectl', 'delete', 'pod', ...broken, '-n', namespace];
  // A StatefulSet's revisions have no number here: once the version is back, an undo would bring the bad one again.
  const isDone = !isOnlyImage && current === 'old' && to(manifest).length === 0;
  const command = [...(isDone ? [] : [words]), ...(broken.length > 0 ? [unblock] : [])].map(quote).join(' && ');
  if (command === '') return {};
  return { wayBack: { command, isKnownGood: lastGood !== undefined } };
}

/** The revision of before, where it has a number. */
function to({ before }: { readonly before: Workload }): string[] {
  const revision = before.metadata?.annotations?.[annotations.revision];
  return revision === undefined ? [] : [`--to-revision=${revision}`];
}

/** The pods of the new version (by name) for which a StatefulSet would wait, whatever its template says. */
function brokenPods({ observer, target }: Begun): string[] {
  const { workload, pods } = observer.snapshot();
  if (!workload || !waitsForBroken(workload)) return [];
  const isBroken = (pod: Pod) => isStaying(pod) && !isReady(pod) && runsImage(pod, target);
  return pods.filter((pod) => ownedBy(pod, target.uid) && isBroken(pod)).map((pod) => identity(pod).name);
}

/** How a change that serves ends. */
export function outcomeOf({ operation }: Config): Outcome {
  const outcomes = { deploy: 'deployed', redeploy: 'deployed', restart: 'restarted', rollback: 'rolled-back' } as const;
  return outcomes[operation.kind];
}
