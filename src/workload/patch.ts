import type { RunInfo } from '../inputs/config';
import { type Deployment, identity } from '../kubectl/objects';
import { annotations } from './annotations';
import { type HistoryEntry, printHistory } from './history';
import { printHold } from './hold';
import type { Chosen, OtherContainer, Version } from './images';
import { printRemembered, type Soak } from './soak';

/** RFC 6902. */
export interface Operation {
  readonly op: 'add' | 'replace' | 'test' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

export interface Change {
  readonly container: Chosen;
  /** Each image as `repository:tag@digest`, where its digest is known. */
  readonly version: Version;
  readonly soak: Soak;
  readonly history: readonly HistoryEntry[];
  readonly changeCause: string;
  /** The commit of the image; empty where it is not known. */
  readonly commit: string;
  readonly run: RunInfo;
  /** What the template's `restartedAt` is to be: a time, `null` for none; left out: as it is. */
  readonly restartedAt?: string | null;
  /** What else changes, before all that stands above. */
  readonly first?: readonly Operation[];
}

/** What takes a manifest's changes of the workload back. */
export interface Undo {
  readonly operations: readonly Operation[];
  /** Where the containers are after that. */
  readonly container: Chosen;
  readonly soak: Soak;
  /** The images had served in the template before, so that nothing is held against them. */
  readonly isSameVersion: boolean;
}

/**
 * The patch that rolls a new image out. It is a JSON patch, for two reasons measured on 1.34: a strategic patch with a
 * mistyped container name *adds* a container, and replacing the resourceVersion turns a workload that somebody changed
 * meanwhile into a 409 Conflict of its own, where a failed `test` is answered like every other mistake (422).
 */
export function rolloutPatch(workload: Deployment, change: Change): Operation[] {
  const { container, version } = change;
  const others = (container.others ?? []).map((each) => setImage(each, version.others?.[each.name]));
  return [
    ...guarded(workload),
    ...(change.first ?? []),
    ...setImage({ list: 'containers', ...container }, version.image),
    ...others.flat(),
    { op: 'add', path: '/spec/minReadySeconds', value: change.soak.set },
    ...restart(workload, change.restartedAt),
    ...annotate(workload, rolloutAnnotations(change)),
  ];
}

/** What a rollout writes on the workload beside the images. */
export function rolloutAnnotations(change: Change): Record<string, string> {
  return {
    [annotations.changeCause]: change.changeCause,
    [annotations.deployId]: change.run.id,
    [annotations.run]: change.run.url,
    [annotations.commit]: change.commit,
    [annotations.history]: printHistory(change.history),
    [annotations.hold]: printHold(change.run),
    [annotations.minReadySeconds]: printRemembered(change.soak),
  };
}

function setImage({ list, index, name }: Omit<OtherContainer, 'fixed'>, image: string | undefined): Operation[] {
  const container = `/spec/template/spec/${list}/${index}`;
  // What is not known of it, or is not there, stays as it is.
  if (image === undefined || index < 0) return [];
  return [
    { op: 'test', path: `${container}/name`, value: name },
    { op: 'replace', path: `${container}/image`, value: image },
  ];
}

/**
 * The patch that writes how a run ended, with whatever `more` it has to, and gives the owner's minReadySeconds back where it has to.
 * It leaves the template alone, so nothing is rolled out by it.
 */
export function historyPatch(
  workload: Deployment,
  history: readonly HistoryEntry[],
  minReadySeconds: number | undefined,
  more: Readonly<Record<string, string>> = {},
): Operation[] {
  const written = { [annotations.history]: printHistory(history), ...more };
  if (minReadySeconds === undefined) return annotationPatch(workload, written);
  const soak = printRemembered({ before: minReadySeconds, set: minReadySeconds });
  return [
    ...guarded(workload),
    { op: 'add', path: '/spec/minReadySeconds', value: minReadySeconds },
    ...annotate(workload, { ...written, [annotations.minReadySeconds]: soak }),
  ];
}

/** The patch that writes annotations, and nothing else, on a workload that is as it was seen. */
export function annotationPatch(workload: Deployment, values: Readonly<Record<string, string>>): Operation[] {
  return [...guarded(workload), ...annotate(workload, values)];
}

function guarded(workload: Deployment): Operation[] {
  return [{ op: 'replace', path: '/metadata/resourceVersion', value: identity(workload).resourceVersion }];
}

function restart({ spec }: Deployment, at: string | null | undefined): Operation[] {
  const present = spec?.template.metadata?.annotations;
  const path = '/spec/template/metadata/annotations';
  const own = `${path}/${pointerStep(annotations.restartedAt)}`;
  if (at === undefined) return [];
  if (at === null) return present?.[annotations.restartedAt] === undefined ? [] : [{ op: 'remove', path: own }];
  return [...(present ? [] : [{ op: 'add' as const, path, value: {} }]), { op: 'add', path: own, value: at }];
}

function annotate(workload: Deployment, values: Readonly<Record<string, string>>): Operation[] {
  const add = Object.entries(values).map(
    ([key, value]): Operation => ({ op: 'add', path: `/metadata/annotations/${pointerStep(key)}`, value }),
  );
  // `add` into a map that does not exist is an error.
  return workload.metadata?.annotations ? add : [{ op: 'add', path: '/metadata/annotations', value: {} }, ...add];
}

/** A key as one step of a JSON pointer (RFC 6901). */
export function pointerStep(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
