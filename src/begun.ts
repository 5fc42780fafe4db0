import { parseReference } from './image/reference';
import type { Config } from './inputs/config';
import { identity, isNew, type Workload } from './kubectl/objects';
import type { Ready } from './preflight';
import { restartCounts, stalledSince, type Target, templateOf } from './rollout/snapshot';
import type { Begun, Wanted } from './run';
import { line } from './words/words';
import { printWorkload, resourceOf } from './words/workload';
import type { Written } from './workload/changes';
import { writerOf } from './workload/hold';
import { imagesOf, isSameVersion, type Version, versionFor, versionIn, versionOf } from './workload/images';
import { type Overwritten, overwritten } from './workload/inspect';
import { knownGood } from './workload/plan-change';

/** The part of the soak in which a ready pod has to answer `verify-path`: until the soak is over, all old pods are there. */
const VERIFY_SHARE = 0.6;
const VERIFY_MIN_MS = 3_000;

/** What is known of a rollout beside how it is watched. */
export type Rollout = Omit<Begun, 'cluster' | 'observer' | 'container'>;

/** Whether all that is wanted was there already. */
export function isThere(ready: Ready, wanted: Wanted): boolean {
  const running = versionIn(ready.workload, ready.container);
  return !wanted.isRestart && !isOtherwise(ready) && isSameVersion(running, versionFor(ready.container, wanted));
}

/** Whether the workload's manifest has more to change than its images. */
function isOtherwise({ manifests }: Ready): boolean {
  return manifests?.workload?.isNews === true;
}

/** The version that the containers are to have; a restart leaves all but the one that is judged as it is. */
export function versionToBe({ workload, container }: Ready, wanted: Wanted): Version {
  if (!wanted.isRestart) return versionFor(container, wanted);
  return versionOf(wanted.image, versionIn(workload, container).others ?? {});
}

/** What runs by a tag that means another image now: one that was pushed, or that a redeploy takes. A restart changes none. */
export function overwrittenBy({ image }: Config, ready: Ready, wanted: Wanted): Overwritten | undefined {
  const { value: taken } = parseReference(wanted.image);
  return wanted.isRestart ? undefined : overwritten(ready, [...image.references, ...(taken ? [taken] : [])]);
}

/** What the log says of a write. */
export function changeLines(config: Config, ready: Ready, wanted: Wanted, { found, replaced }: Written): string[] {
  const { container, soak } = ready;
  const from = found.spec?.minReadySeconds ?? 0;
  const more = from === soak.set ? [] : [line('log.soak', { from, to: soak.set, probe: container.hasReadinessProbe })];
  if (isNew(found)) return [line('manifests.created', { object: resourceOf(printWorkload(config.workload)) }), ...more];
  if (wanted.isRestart) return [line('log.restarting', { container: container.name, image: replaced.image }), ...more];
  const was = new Map(imagesOf(container, replaced));
  const put = imagesOf(container, versionToBe(ready, wanted));
  return [...put.map(([name, to]) => line('log.patched', { container: name, from: was.get(name) ?? '', to })), ...more];
}

/** A rollout that was there already. */
export function joinedRollout(config: Config, ready: Ready): Rollout {
  const { workload, container, soak } = ready;
  const present = versionIn(workload, container);
  const lastGood = knownGood(ready);
  return {
    target: { ...targetOf(config, ready, workload, container.image), joined: { soakMs: soak.set * 1_000 } },
    changed: false,
    writer: writerOf(workload),
    version: present,
    replaced: present,
    ...(lastGood !== undefined && { lastGood }),
  };
}

/** The rollout that this run's write has begun. */
export function rolloutOf(config: Config, ready: Ready, wanted: Wanted, written: Written): Rollout {
  const { workload, found, replaced, lastGood, restartedAt } = written;
  const stalledBefore = stalledSince(workload);
  const target = targetOf(config, ready, workload, wanted.image);
  return {
    target: { ...target, ...(stalledBefore !== undefined && { stalledBefore }) },
    changed: true,
    writer: config.run.id,
    version: versionToBe(ready, wanted),
    replaced,
    ...(lastGood !== undefined && { lastGood }),
    ...(wanted.isRestart && { restartedAt }),
    ...(isOtherwise(ready) && !isNew(found) && { manifest: { before: found, after: workload } }),
  };
}

function targetOf({ verdict }: Config, { container, pods, soak }: Ready, workload: Workload, image: string): Target {
  const { uid, generation } = identity(workload);
  const { timeoutMs, maxRestarts, verifyPath } = verdict;
  return {
    uid,
    generation,
    template: templateOf(workload),
    container: container.name,
    image,
    restartsBefore: restartCounts(pods.items),
    timeoutMs,
    maxRestarts,
    ...(verifyPath && { verifyMs: Math.max(VERIFY_MIN_MS, soak.set * 1_000 * VERIFY_SHARE) }),
  };
}
