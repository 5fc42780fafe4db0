import { PLACEHOLDER_DIGEST, printReference } from './image/reference';
import type { Config, NamedContainer } from './inputs/config';
import { isStatefulSet, type Workload } from './kubectl/objects';
import type { Subject } from './subject';
import { Failure, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { annotations } from './workload/annotations';
import { placedIn, type Version, versionFor, versionIn } from './workload/images';
import { type ChosenContainer, chooseContainer, obstacle } from './workload/inspect';
import { chooseSoak, type Soak } from './workload/soak';
import { oneAfterAnother } from './workload/stateful';

/** What a rollout is to be like, whatever the version is. */
export interface Decided {
  readonly container: ChosenContainer;
  readonly soak: Soak;
}

/** Throws a `Failure` with all that stands against a rollout of the workload. */
export function decide(config: Config, { present, wanted }: Pick<Subject, 'present' | 'wanted'>): Decided {
  const chosen = chooseContainer(wanted, namedIn(wanted, config), config.image.repository);
  const container = isProblem(chosen) ? undefined : { ...chosen, ...placedAt(present, chosen) };
  const soak = soakOf(config, wanted, container?.hasReadinessProbe ?? true);
  const standstill = obstacle(wanted, config.workload.namespace);
  const problems = [standstill, chosen, soak, container && noPort(config, container)].filter(isProblem);
  if (!container || isProblem(soak) || problems.length > 0) throw new Failure(problems);
  return { container, soak };
}

/** What the containers get in a dry run: the image that is being built, with the digest of none. */
export function trialVersion({ image }: Config, container: ChosenContainer): Version {
  return versionFor(container, { image: printReference({ ...image.references[0], digest: PLACEHOLDER_DIGEST }) });
}

function isProblem(value: object | undefined): value is Problem {
  return value !== undefined && 'code' in value;
}

/** Of several workloads each has its own of the containers that were named. */
function namedIn({ spec }: Workload, { workload: { containers }, workloads }: Config): readonly NamedContainer[] {
  const { containers: main = [], initContainers = [] } = spec?.template.spec ?? {};
  const isHere = ({ name }: NamedContainer) => [...main, ...initContainers].some((each) => each.name === name);
  return workloads.length > 1 ? containers.filter(isHere) : containers;
}

/** Where the containers are in the workload that runs, and what it has there; those of a manifest may be new. */
function placedAt(present: Workload | undefined, chosen: ChosenContainer): Partial<ChosenContainer> {
  const image = present ? versionIn(present, chosen).image : '';
  return { ...(present && image !== '' && placedIn(present, chosen)), image };
}

function soakOf({ verdict }: Config, workload: Workload, hasReadinessProbe: boolean): Soak | Problem {
  const { soakMs, timeoutMs } = verdict;
  const { metadata, spec } = workload;
  // A StatefulSet has no such deadline.
  const { progressDeadlineSeconds = isStatefulSet(workload) ? Number.POSITIVE_INFINITY : undefined } = spec ?? {};
  const remembered = metadata?.annotations?.[annotations.minReadySeconds];
  const soak = chooseSoak({
    hasReadinessProbe,
    ...(soakMs !== undefined && { asked: soakMs }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...(spec?.minReadySeconds !== undefined && { present: spec.minReadySeconds }),
    ...(remembered !== undefined && { remembered }),
  });
  const asked = Math.ceil((soakMs ?? 0) / 1_000);
  if (!soak) return problem('workload.soak', { asked, deadline: progressDeadlineSeconds ?? 600 });
  const pods = oneAfterAnother(workload);
  const lastsMs = soak.set * 1_000;
  return lastsMs * pods >= timeoutMs ? problem('input.soak', { soakMs: lastsMs, timeoutMs, pods }) : soak;
}

/** Where `verify-path` is to be asked, and nobody says at which port. */
function noPort({ verdict, workload }: Config, { name, port }: ChosenContainer): Problem | undefined {
  const { verifyPath } = verdict;
  if (!verifyPath || (verifyPath.port ?? port) !== undefined) return undefined;
  const { path } = verifyPath;
  return problem('workload.verify-port', { deployment: printWorkload(workload), container: name, path });
}
