import { isSameImage } from '../image/reference';
import type { Deployment } from '../kubectl/objects';
import { annotations } from './annotations';
import { type Images, isSameVersion, type Version } from './images';
import { revisionOf } from './stateful';

/** One deploy of a workload, as its history annotation keeps it. */
export interface HistoryEntry {
  /** As the container carries it, `repository:tag@digest`. */
  readonly image: string;
  /** Of the containers that got theirs by the same change. */
  readonly others?: Images;
  /** The Deployment's revision, once its controller has given it one. */
  readonly revision?: string;
  /** The run's address; empty for what was found serving. */
  readonly run: string;
  /** ISO 8601. */
  readonly at: string;
  /** `open`: begun and not (or not yet) ended. `found`: it served when we first saw it. Otherwise how the run ended. */
  readonly outcome: string;
  /** The run's id. */
  readonly id?: string;
  /** Whose image it is; missing in entries of the first versions of this action. */
  readonly container?: string;
}

/** An annotation is copied to every ReplicaSet, so it must stay short. */
const KEPT = 10;

/** Outcomes after which the image is known to serve. */
const GOOD = new Set(['deployed', 'unchanged', 'found', 'restarted', 'rolled-back']);

/** Reads the annotation, oldest first. What cannot be read is no history: a person may have edited it. */
export function parseHistory(text: string | undefined): HistoryEntry[] {
  if (text === undefined) return [];
  try {
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) ? json.filter(isEntry) : [];
  } catch {
    return [];
  }
}

export function printHistory(history: readonly HistoryEntry[]): string {
  return JSON.stringify(history);
}

/** Adds an entry, or replaces the one of the same run. A container's last good entry is never the one that is dropped. */
export function record(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  const index = entry.id === undefined ? -1 : history.findIndex(({ id }) => id === entry.id);
  const next = index >= 0 ? history.with(index, entry) : [...history, entry];
  const good = new Set(next.map(({ container }) => lastGood(next, container)));
  while (next.length > KEPT)
    next.splice(
      Math.max(
        0,
        next.findIndex((each) => !good.has(each)),
      ),
      1,
    );
  return next;
}

/**
 * How a restart, or a manifest that changed all but the image, keeps that it failed: it says nothing against the image, which may serve
 * again as it was before.
 */
export function recordedAs(operation: string, outcome: string): string {
  const isOfImage = operation !== 'restart' && operation !== 'manifest';
  return !isOfImage && outcome.startsWith('failed') ? `${operation}-${outcome}` : outcome;
}

/** Whether a run ended so that its image is known to serve. */
export function isGood({ outcome }: HistoryEntry): boolean {
  return GOOD.has(outcome);
}

/** The entries of one container, oldest first. */
export function ofContainer(history: readonly HistoryEntry[], container: string): HistoryEntry[] {
  return history.filter((entry) => (entry.container ?? container) === container);
}

/** Whether the last that is known of this version is that it failed: then that it runs does not make it good. */
export function hasFailed(history: readonly HistoryEntry[], version: Version): boolean {
  // A run that was cancelled, or only restarted it, has learned nothing of the image.
  const isKnown = (entry: HistoryEntry) => isGood(entry) || entry.outcome.startsWith('failed');
  const last = history.findLast((entry) => isSameVersion(entry, version) && isKnown(entry));
  return last?.outcome.startsWith('failed') ?? false;
}

/** The version of the container that last served for certain, and has not failed since. */
export function lastGood(history: readonly HistoryEntry[], container: string | undefined): HistoryEntry | undefined {
  const isOfIt = (entry: HistoryEntry) => (entry.container ?? container) === container;
  return history.findLast((entry) => isGood(entry) && isOfIt(entry) && !hasFailed(history, entry));
}

/** What our runs have written down of a workload, oldest first. */
export function historyOf(workload: Deployment): HistoryEntry[] {
  return parseHistory(workload.metadata?.annotations?.[annotations.history]);
}

export function entryOf(workload: Deployment, id: string): HistoryEntry | undefined {
  return historyOf(workload).find((entry) => entry.id === id);
}

/** The workload's revision, where it is the image's: somebody may have put another one there since. */
export function revisionIn(
  workload: Deployment,
  of?: { container: string; image: string },
): { revision: string } | object {
  const revision = revisionOf(workload);
  const { image } = workload.spec?.template.spec?.containers.find(({ name }) => name === of?.container) ?? {};
  const isTheirs = of !== undefined && (image === undefined || !isSameImage(image, of.image));
  return revision === undefined || isTheirs ? {} : { revision };
}

function isEntry(value: unknown): value is HistoryEntry {
  const entry = value as Partial<Record<keyof HistoryEntry, unknown>> | null;
  return (
    typeof entry === 'object' &&
    entry !== null &&
    [entry.image, entry.run, entry.at, entry.outcome].every((field) => typeof field === 'string') &&
    [entry.revision, entry.id, entry.container].every((field) => field === undefined || typeof field === 'string') &&
    isImages(entry.others)
  );
}

function isImages(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string');
}
