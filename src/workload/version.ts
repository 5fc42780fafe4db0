import { parseReference } from '../image/reference';
import type { ReplicaSet } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import { annotations } from './annotations';
import { type HistoryEntry, hasFailed, isGood, ofContainer } from './history';

export interface Past {
  readonly history: readonly HistoryEntry[];
  /** Those of the workload: the cluster keeps the last ten templates by default. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The container and the image that it has now. */
  readonly container: { readonly index: number; readonly name: string; readonly image: string };
}

/**
 * The image that a rollback goes to: what `version` names (a revision, an image, its tag or its digest), else the last one that
 * served before what runs now. Never one of which the last that is known is that it failed.
 */
export function chooseVersion(past: Past, version: string | undefined): { readonly image: string } | Problem {
  const { container } = past;
  const history = ofContainer(past.history, container.name);
  if (version === undefined) {
    const good = history.findLast(
      (entry) => isGood(entry) && !isSameImage(entry.image, container.image) && !hasFailed(history, entry.image),
    );
    return good ?? problem('version.no-good', { running: container.image });
  }
  const image = history.findLast((entry) => isCalled(entry, version))?.image ?? imageOfRevision(past, version);
  if (image === undefined) return problem('version.not-here', { version, known: history.map(nameOf).join(', ') });
  if (hasFailed(history, image)) return problem('version.has-failed', { version, image });
  return { image };
}

/** Whether two references mean one image: the same digest, or where one has none, the same words. */
export function isSameImage(one: string, other: string): boolean {
  const [first, second] = [one, other].map((each) => parseReference(each).value?.digest);
  return first !== undefined && second !== undefined ? first === second : one === other;
}

/**
 * The last entry of the container's history, where what runs now is neither its image nor the last good one: somebody else has
 * changed it since.
 */
export function driftFrom({ history, container }: Omit<Past, 'replicaSets'>): HistoryEntry | undefined {
  const entries = ofContainer(history, container.name);
  const expected = [entries.at(-1), entries.findLast(isGood)].filter((entry) => entry !== undefined);
  return expected.some(({ image }) => isSameImage(image, container.image)) ? undefined : expected.at(-1);
}

function isCalled({ image, revision }: HistoryEntry, version: string): boolean {
  const { tag, digest } = parseReference(image).value ?? {};
  const isCommit = /^[0-9a-f]{40,64}$/.test(version) && (tag?.includes(version) ?? false);
  return isCommit || [revision, image, tag, digest].includes(version);
}

function imageOfRevision({ replicaSets, container }: Past, revision: string): string | undefined {
  const set = replicaSets.find(({ metadata }) => metadata?.annotations?.[annotations.revision] === revision);
  return set?.spec?.template?.spec?.containers.find(({ name }) => name === container.name)?.image;
}

/** As a person would name it in `version`. */
function nameOf({ image, revision }: HistoryEntry): string {
  const tag = parseReference(image).value?.tag ?? image;
  return revision === undefined ? tag : `revision ${revision} (${tag})`;
}
