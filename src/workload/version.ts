import { isSameImage, parseReference } from '../image/reference';
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
  const named = history.findLast((entry) => isCalled(entry, version))?.image;
  const numbered = history.findLast(({ revision }) => revision === version)?.image ?? imageOfRevision(past, version);
  // Tags may be numbers too.
  if (named !== undefined && numbered !== undefined && !isSameImage(named, numbered))
    return problem('version.ambiguous', { version, tag: named, revision: numbered });
  const image = named ?? numbered;
  if (image === undefined) return problem('version.not-here', { version, known: history.map(nameOf).join(', ') });
  if (hasFailed(history, image)) return problem('version.has-failed', { version, image });
  return { image };
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

function isCalled({ image }: HistoryEntry, version: string): boolean {
  const { tag, digest } = parseReference(image).value ?? {};
  const isCommit = /^[0-9a-f]{40,64}$/.test(version) && (tag?.includes(version) ?? false);
  return isCommit || [image, tag, digest].includes(version);
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
