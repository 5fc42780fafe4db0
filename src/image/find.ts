import type { Config } from '../inputs/config';
import { withoutLogin } from '../rollout/wording';
import type { Clock } from '../system/clock';
import { detailOf, hasSucceeded, type Processes } from '../system/process';
import { Failure, problem } from '../words/words';
import { imageArgv } from './buildx';
import { BUILD_ARGS_LABEL, REVISION_LABEL } from './labels';
import { loginFor, loginsOf } from './login';
import { type Image, parseImage } from './metadata';
import { parseDigest, parseReference, parseTag, printReference, sameRepository } from './reference';

const ANSWER_MS = 20_000;
const NOT_THERE = /: not found$|manifest[_ ]unknown|name[_ ]unknown/im;
/** Milliseconds before a registry in trouble is asked again: in trouble a redeploy is what one reaches for. */
const PAUSES_MS = [1_000, 3_000];

export interface FindTools {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** An image that the registry has. */
export interface FoundImage {
  /** `repository:tag@digest`, without a tag where a digest was asked for. */
  readonly image: string;
  /** From its labels; missing where it has none, such as one that was built elsewhere. */
  readonly commit?: string;
  readonly buildArgs?: string;
}

/**
 * Finds what `version` names in the image's repository: a tag, a digest, or a commit (as a tag, or in the place that this run's own
 * commit has in its first tag); without one, the first tag. Throws a `Failure` where the registry has none, or does not tell.
 */
export async function findImage(config: Config, version: string | undefined, tools: FindTools): Promise<FoundImage> {
  const { repository } = config.image;
  const candidates = candidatesFor(config, version);
  const environment = await loginFor(loginsOf(config.image), tools);
  for (const candidate of candidates) {
    const found = await inspect(candidate, environment, tools);
    if (!found) continue;
    const { digest, labels } = found;
    const [{ [REVISION_LABEL]: commit, [BUILD_ARGS_LABEL]: buildArgs } = {}] = labels;
    const { tag } = parseReference(candidate).value ?? {};
    const image = printReference({ repository, digest, ...(tag !== undefined && { tag }) });
    return { image, ...(commit && { commit }), ...(buildArgs && { buildArgs }) };
  }
  throw new Failure(problem('version.missing', { version: version ?? '', tried: candidates.join(' or ') }));
}

/** The hash of the build arguments of an image by its full reference; undefined where it has none, or is not there any more. */
export async function buildArgsOf(image: string, config: Config, tools: FindTools): Promise<string | undefined> {
  const found = await inspect(image, await loginFor(loginsOf(config.image), tools), tools);
  return found?.labels[0]?.[BUILD_ARGS_LABEL];
}

function candidatesFor({ image, run }: Config, version: string | undefined): string[] {
  const { repository, references } = image;
  const [first] = references;
  const withTag = (tag: string) => printReference({ repository, tag });
  if (version === undefined) return [withTag(first.tag)];
  if (version.startsWith('sha256:')) {
    const { value: digest, problem: wrong } = parseDigest(version);
    if (wrong) throw new Failure(wrong);
    return [printReference({ repository, digest })];
  }
  if (parseTag(version).value === undefined) {
    const reference = parseReference(version);
    if (reference.problem || !sameRepository(reference.value.repository, repository))
      throw new Failure(problem('version.elsewhere', { version, repository: printReference({ repository }) }));
    return [version];
  }
  const isCommit = /^[0-9a-f]{40,64}$/.test(version) && run.sha !== '' && first.tag.includes(run.sha);
  return [...new Set([withTag(version), ...(isCommit ? [withTag(first.tag.replace(run.sha, version))] : [])])];
}

/** Undefined where the registry says that there is none. */
async function inspect(
  image: string,
  environment: Record<string, string>,
  { processes, clock, signal }: FindTools,
): Promise<Image | undefined> {
  for (const pauses = PAUSES_MS.values(); ; ) {
    const until = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const result = await processes.run(imageArgv(image), { environment, signal: until });
    const found = hasSucceeded(result) ? parseImage(result.stdout) : undefined;
    if (found) return found;
    if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
    // Addresses of a registry's storage are signed.
    const detail = hasSucceeded(result) ? '' : withoutLogin(detailOf(result));
    if (NOT_THERE.test(detail)) return undefined;
    const { value: ms, done } = pauses.next();
    if (done) throw new Failure(problem('version.unreadable', { image, detail }));
    await clock.sleep(ms, signal);
  }
}
