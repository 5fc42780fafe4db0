import type { Config } from '../inputs/config';
import { hasSucceeded, type Processes } from '../system/process';
import { imageArgv } from './buildx';
import { checkedOut } from './commit';
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
  const { image, run } = config;
  const labels = labelsOf(config, process.env);
  const commit = labelIn(labels, REVISION_LABEL);
  // GitHub's commit is that of the event: a workflow may have checked out another, of which the label would say nothing.
  const head = commit === run.sha ? await checkedOut(config.build.context, processes, signal) : undefined;
  if (head !== undefined && head !== commit) return undefined;
  const until = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const results = await Promise.all(
    image.references.map((each) => processes.run(imageArgv(printReference(each)), { environment, signal: until })),
  );
  const found = results.map((result) => (hasSucceeded(result) ? parseImage(result.stdout) : undefined));
  const [first] = found;
  const wanted = [
    [REVISION_LABEL, commit],
    [BUILD_ARGS_LABEL, labelIn(labels, BUILD_ARGS_LABEL)],
  ] as const;
  const isSame = wanted.every(([name, value]) => value && first?.labels.every((each) => each[name] === value));
  // A platform written otherwise than images have it is built.
  const isForAll = config.build.platforms.every((each) => first?.processors.includes(each.split('/')[1] ?? each));
  return first && isSame && isForAll && found.every((each) => each?.digest === first.digest) ? first.digest : undefined;
}

function labelIn(labels: readonly string[], name: string): string | undefined {
  return labels.findLast((label) => label.startsWith(`${name}=`))?.slice(name.length + 1);
}
