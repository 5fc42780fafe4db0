import { parseReference } from '../image/reference';
import { containersOf, type ReplicaSet } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import { annotations } from './annotations';
import { type HistoryEntry, hasFailed, isGood, ofContainer } from './history';
import { type Chosen, isSameVersion, type Version, versionOf } from './images';

export interface Past {
  readonly history: readonly HistoryEntry[];
  /** Those of the workload: the cluster keeps the last ten templates by default. */
  readonly replicaSets: readonly ReplicaSet[];
  readonly container: Chosen;
  /** What the containers have now. */
  readonly running: Version;
}

/**
 * The image that a rollback goes to: what `version` names (a revision, an image, its tag or its digest), else the last one that
 * served before what runs now. Never one of which the last that is known is that it failed.
 */
export function chooseVersion(past: Past, version: string | undefined): Version | Problem {
  const { container, running } = past;
  const history = ofContainer(past.history, container.name);
  if (version === undefined) {
    const good = history.findLast(
      (entry) => isGood(entry) && !isSameVersion(entry, running) && !hasFailed(history, entry),
    );
    return good ?? problem('version.no-good', { running: running.image });
  }
  const named = history.findLast((entry) => isCalled(entry, version));
  const numbered = history.findLast(({ revision }) => revision === version) ?? ofRevision(past, version);
  // Tags may be numbers too.
  if (named && numbered && !isSameVersion(named, numbered))
    return problem('version.ambiguous', { version, tag: named.image, revision: numbered.image });
  const found = named ?? numbered;
  if (!found) return problem('version.not-here', { version, known: history.map(nameOf).join(', ') });
  if (hasFailed(history, found)) return problem('version.has-failed', { version, image: found.image });
  return found;
}

/**
 * The last entry of the container's history, where what runs now is neither its image nor the last good one: somebody else has
 * changed it since.
 */
export function driftFrom({ history, container, running }: Omit<Past, 'replicaSets'>): HistoryEntry | undefined {
  const entries = ofContainer(history, container.name);
  const expected = [entries.at(-1), entries.findLast(isGood)].filter((entry) => entry !== undefined);
  return expected.some((entry) => isSameVersion(entry, running)) ? undefined : expected.at(-1);
}

function isCalled({ image }: HistoryEntry, version: string): boolean {
  const { tag, digest } = parseReference(image).value ?? {};
  const isCommit = /^[0-9a-f]{40,64}$/.test(version) && (tag?.includes(version) ?? false);
  return isCommit || [image, tag, digest].includes(version);
}

function ofRevision({ replicaSets, container }: Past, revision: string): Version | undefined {
  const set = replicaSets.find(({ metadata }) => metadata?.annotations?.[annotations.revision] === revision);
  // The container may have had another place in it.
  const images = new Map(containersOf(set?.spec?.template?.spec).map(({ name, image = '' }) => [name, image]));
  const image = images.get(container.name);
  const others = (container.others ?? []).map(({ name }) => [name, images.get(name)] as const);
  const known = others.filter((each): each is [string, string] => each[1] !== undefined);
  return image === undefined ? undefined : versionOf(image, Object.fromEntries(known));
}

/** As a person would name it in `version`. */
function nameOf({ image, revision }: HistoryEntry): string {
  const tag = parseReference(image).value?.tag ?? image;
  return revision === undefined ? tag : `revision ${revision} (${tag})`;
}
