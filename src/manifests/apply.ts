import { type Cluster, KubectlError } from '../kubectl/client';
import type { Anything } from '../kubectl/objects';
import { isHostAway, patiently } from '../kubectl/patience';
import type { Clock } from '../system/clock';
import { Failure } from '../words/words';
import { keyOf } from './object';
import { applyUnlessForeign, type Change, contentOf, refusals } from './survey';
import { ownersBack, restoring } from './workload';

/** What a run has written of one object. */
export interface Applied {
  /** As it was before; missing where the run has created it. */
  readonly before?: Anything;
  readonly after: Anything;
}

export interface Writing {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly forMs?: number;
}

/** Status and controllers change objects all the time; a few tries are plenty. */
const TRIES = 6;
const PAUSE_MS = 200;

/** Endings of a write that leave open whether it took effect. */
const UNCLEAR: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'TimedOut', 'Unreachable', 'Other'] as const);

function isUnclear(error: unknown): boolean {
  return isHostAway(error) || (error instanceof KubectlError && UNCLEAR.has(error.reason));
}

/**
 * Writes an object, for the version of it that was seen. After a conflict, or an answer that was lost, it is read back before anything
 * else. Throws a `Failure` where it is refused.
 */
export async function applyChange(writing: Writing, change: Change): Promise<Applied> {
  const { object } = change.manifest;
  let { live } = change;
  let mayBeOurs = false;
  for (let tries = 1; ; tries++) {
    try {
      const version = live?.metadata.resourceVersion;
      const guarded = { ...object, metadata: { ...object.metadata, ...(version && { resourceVersion: version }) } };
      const after = await applyUnlessForeign(writing.cluster, guarded, { dryRun: false });
      return { after, ...(live && { before: live }) };
    } catch (error) {
      const isConflict = error instanceof KubectlError && error.reason === 'Conflict';
      if (!isConflict && !isUnclear(error)) throw new Failure(refusals(error, change.manifest, live), { cause: error });
      if (tries >= TRIES) throw error;
      await writing.clock.sleep(PAUSE_MS * tries);
      const now = await readBack(writing, object);
      // One whose answer was lost may arrive late, and win against its own repetition.
      mayBeOurs ||= !isConflict;
      if (mayBeOurs && now && contentOf(now) === contentOf(change.planned))
        return { after: now, ...(live && { before: live }) };
      if (isConflict) live = now;
    }
  }
}

/** What became of an object that was to be put back. */
export type Restored = 'restored' | 'changed' | { readonly detail: string };

/** Puts an object back that a run has changed, unless somebody else has changed it since: what they chose stays. */
export async function restoreChange(writing: Writing, { before, after }: Required<Applied>): Promise<Restored> {
  let isBack = false;
  for (let tries = 1; ; tries++) {
    try {
      const now = await readBack(writing, after);
      if (!now || now.metadata.uid !== after.metadata.uid) return 'changed';
      // Its status may have moved on: only what people want of it counts.
      isBack = contentOf(now) === contentOf(before);
      if (!isBack && contentOf(now) !== contentOf(after)) return 'changed';
      const back = isBack ? now : await writing.cluster.patchAny(now, restoring(before, after, now));
      isBack = true;
      // kubectl shows whose the fields are where it reads, and not where it patches.
      const { managedFields = [] } = now.metadata;
      const owners = ownersBack(before, { ...back, metadata: { ...back.metadata, managedFields } });
      if (owners.length > 0) await writing.cluster.patchAny(now, owners);
      return 'restored';
    } catch (error) {
      const isConflict = error instanceof KubectlError && error.reason === 'Conflict';
      // It serves all the same; only what a later manifest leaves out would stay.
      if (tries >= TRIES || !(isConflict || isUnclear(error)))
        return isBack ? 'restored' : { detail: error instanceof Error ? error.message : String(error) };
      await writing.clock.sleep(PAUSE_MS * tries);
    }
  }
}

async function readBack({ cluster, clock, forMs }: Writing, object: Anything): Promise<Anything | undefined> {
  const read = () => cluster.read([object]);
  const found = await patiently(read, { clock, forMs, isPassing: isUnclear });
  return found.find((each) => keyOf(each) === keyOf(object));
}
