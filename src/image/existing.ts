import type { Config } from '../inputs/config';
import { hasSucceeded, type Processes } from '../system/process';
import { imageArgv } from './buildx';
import { BUILD_ARGS_LABEL, labelsOf, REVISION_LABEL } from './labels';
import { parseImage } from './metadata';
import { type Digest, printReference } from './reference';

const ANSWER_MS = 20_000;

/**
 * The digest that every tag of this build stands for already, where that image is of this commit and these build arguments, and
 * for these platforms; undefined where it is not there, is another, or cannot be read: then it is built.
 */
export async function findExisting(
  config: Config,
  environment: Record<string, string>,
  { processes, signal }: { processes: Processes; signal: AbortSignal },
): Promise<Digest | undefined> {
  const { image } = config;
  const labels = labelsOf(config, process.env);
  const until = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const results = await Promise.all(
    image.references.map((each) => processes.run(imageArgv(printReference(each)), { environment, signal: until })),
  );
  const found = results.map((result) => (hasSucceeded(result) ? parseImage(result.stdout) : undefined));
  const [first] = found;
  const wanted = [REVISION_LABEL, BUILD_ARGS_LABEL].map((name) => [name, labelIn(labels, name)] as const);
  const isSame = wanted.every(([name, value]) => value && first?.labels.every((each) => each[name] === value));
  // A platform written otherwise than images have it is built.
  const isForAll = config.build.platforms.every((each) => first?.processors.includes(each.split('/')[1] ?? each));
  return first && isSame && isForAll && found.every((each) => each?.digest === first.digest) ? first.digest : undefined;
}

function labelIn(labels: readonly string[], name: string): string | undefined {
  return labels.findLast((label) => label.startsWith(`${name}=`))?.slice(name.length + 1);
}
