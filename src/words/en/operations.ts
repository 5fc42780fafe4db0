import type { HistoryEntry } from '../../workload/history';
import { resourceOf } from '../workload';
import { short } from './because';

/** What a version was that no run of ours had put there. */
const FOUND = 'was there already';

/** A time of the history, to the minute. */
function day(at: string): string {
  return at.replace('T', ' ').slice(0, 16);
}

/** What is said of work by hand: the versions there are, and what would be done. */
export const operationLines = {
  'log.restarting': ({ container, image }: { container: string; image: string }) =>
    `Container "${container}": new pods of ${short(image)}`,
  'log.drift': ({ running, image, at, run }: { running: string; image: string; at: string; run: string }) =>
    `What runs is ${short(running)}, but the last that was deployed here was ${short(image)} (${day(at)}${run ? `, ${run}` : ''}): somebody has changed it by other means`,
  'log.history': ({ container }: { container: string }) =>
    `What the container "${container}" has run, the newest at the bottom (times are UTC):`,
  'log.history-entry': (entry: HistoryEntry) =>
    `${day(entry.at)}  ${(entry.revision ? `revision ${entry.revision}` : '').padEnd(12)}  ${(entry.outcome === 'found' ? FOUND : entry.outcome).padEnd(22)}  ${short(entry.image)}  ${entry.run}`,
  'history.found': (_: object) => FOUND,
  'log.chosen': ({ image }: { image: string }) => `Chosen: ${image}`,
  'log.build-args-unknown': ({ image }: { image: string }) =>
    `Whether the images were built with the same build arguments is not known: ${short(image)} has no label that says so`,
  'plan.held': ({ deployment, url }: { deployment: string; url: string }) =>
    `Wait for another run, which is at work on ${deployment} (${url})`,
  'log.unpinned': ({ image }: { image: string }) =>
    `${image} has no digest: if its tag has been pushed since, what starts is not what ran before`,
  'plan.build': ({ context, tags }: { context: string; tags: string }) =>
    `Build the folder ${context} and push it as ${tags}`,
  'plan.digest': (_: object) => '(known after the build)',
  'plan.change': ({ name, namespace, container }: { name: string; namespace: string; container: string }) =>
    `Change the container "${container}" of ${resourceOf(name)} in the namespace ${namespace}, and watch until it serves`,
  'plan.unchanged': (_: object) => 'Change nothing, for this image runs already: only see whether it serves',
  'plan.restart': (_: object) => '+ restartedAt: now',
  'plan.back': ({ image }: { image: string }) =>
    image
      ? `If it does not serve: back to ${short(image)}`
      : 'If it does not serve there is nothing to go back to: no version is known to have served',
  'log.restart-back': ({ container }: { container: string }) =>
    `The restart of container "${container}" is taken back: the pods of before serve on`,
};
