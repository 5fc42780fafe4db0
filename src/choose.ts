import { buildArgsOf, type FoundImage, findImage } from './image/find';
import { parseReference, sameRepository } from './image/reference';
import type { Config } from './inputs/config';
import { identity, ownedBy } from './kubectl/objects';
import type { Ready } from './preflight';
import type { Run, Wanted } from './run';
import { Failure, line, problem } from './words/words';
import { historyOf, ofContainer } from './workload/history';
import { versionIn, versionOf } from './workload/images';
import { pinnedBy } from './workload/inspect';
import { chooseVersion } from './workload/version';

/** Asks the registry for what a redeploy is about; that needs no cluster. */
export function askRegistry({ config, tools }: Run): Promise<FoundImage> | undefined {
  const { operation } = config;
  return operation.kind === 'redeploy' ? findImage(config, operation.version, tools) : undefined;
}

/** Which image an operation that builds none is about. Throws a `Failure` where there is none that may be taken. */
export async function chooseImage(run: Run, ready: Ready, asked: Promise<FoundImage> | undefined): Promise<Wanted> {
  const { config, reporter } = run;
  tellHistory(run, ready);
  if (asked) return checkBuildArgs(run, ready, await asked);
  const wanted = chooseFrom(config, ready);
  reporter.log.info(line('log.chosen', { image: wanted.image }));
  // What has no digest is whatever its tag means when a pod starts.
  if (!parseReference(wanted.image).value?.digest) reporter.warn(line('log.unpinned', { image: wanted.image }));
  return wanted;
}

function chooseFrom(config: Config, ready: Ready): Wanted {
  const { operation } = config;
  const { container, workload } = ready;
  const running = versionIn(workload, container);
  const chosen = { commit: '', expected: container.image, again: (later: Ready) => chooseFrom(config, later) };
  switch (operation.kind) {
    case 'deploy':
    case 'redeploy':
      throw new Error('this operation has an image of its own');
    case 'restart':
      return { ...chosen, image: pinnedBy(ready) ?? container.image, isRestart: true };
    case 'rollback': {
      const replicaSets = ready.replicaSets.filter((each) => ownedBy(each, identity(workload).uid));
      const found = chooseVersion({ container, running, replicaSets, history: historyOf(workload) }, operation.version);
      if ('code' in found) throw new Failure(found);
      // What nothing is known of stays as it is.
      return { ...chosen, ...versionOf(found.image, { ...running.others, ...found.others }) };
    }
    default:
      return operation satisfies never;
  }
}

/** What the container has run, so that a person can choose what to go back to. */
function tellHistory({ reporter }: Run, { workload, container }: Ready): void {
  const entries = ofContainer(historyOf(workload), container.name);
  if (entries.length > 0) reporter.log.info(line('log.history', { container: container.name }));
  for (const entry of entries) reporter.log.info(line('log.history-entry', entry));
}

/** Whether the image is meant for this environment, as far as its build arguments say. */
async function checkBuildArgs(run: Run, { container }: Ready, found: FoundImage): Promise<Wanted> {
  const { config, tools, reporter } = run;
  const { image, commit = '', buildArgs } = found;
  const allowOtherBuildArgs = config.operation.kind === 'redeploy' && config.operation.allowOtherBuildArgs;
  reporter.log.info(line('log.chosen', { image }));
  const { value: here } = parseReference(container.image);
  const isOurs = here !== undefined && sameRepository(here.repository, config.image.repository);
  const running = isOurs && !allowOtherBuildArgs ? await buildArgsOf(container.image, config, tools) : undefined;
  if (buildArgs !== undefined && running !== undefined && buildArgs !== running)
    throw new Failure(problem('version.other-build-args', { image, running: container.image }));
  if (!allowOtherBuildArgs && (buildArgs === undefined || running === undefined))
    reporter.warn(line('log.build-args-unknown', { image: buildArgs === undefined ? image : container.image }));
  return { image, commit };
}
