import { createHash } from 'node:crypto';
import type { Config } from '../inputs/config';

/** Says with which build arguments an image was built: one built for staging must not slip into production. */
export const BUILD_ARGS_LABEL = 'io.github.medibird.deploy-action.build-args';

export const REVISION_LABEL = 'org.opencontainers.image.revision';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The labels of the image, as `name=value`: the user's and, where those leave it open, what OCI has names for
 * (github.com/opencontainers/image-spec/blob/main/annotations.md). Nothing in them changes when a commit is built
 * again: `created` is the commit's time, for the time of the build would give each image another digest. `environment` is
 * where build arguments without a value of their own take theirs from.
 */
export function labelsOf(
  { build, image, run }: Pick<Config, 'build' | 'image' | 'run'>,
  environment: Environment,
): string[] {
  const [first] = image.references;
  const own: Record<string, string | undefined> = {
    'org.opencontainers.image.source': run.repositoryUrl,
    [REVISION_LABEL]: run.sha,
    'org.opencontainers.image.created': run.committedAt && instant(run.committedAt),
    'org.opencontainers.image.version': first.tag,
    'org.opencontainers.image.title': run.repository.split('/').pop(),
    [BUILD_ARGS_LABEL]: hashBuildArgs(build.buildArgs, environment),
  };
  const given = new Set(build.labels.map((label) => label.split('=', 1)[0]));
  const added = Object.entries(own).filter(([name, value]) => value && !given.has(name));
  return [...added.map(([name, value]) => `${name}=${value}`), ...build.labels];
}

/** A hash of the build arguments: their order does not matter, and of two with one name the last one counts. */
export function hashBuildArgs(args: readonly string[], environment: Environment): string {
  const values = args.flatMap((arg): [string, string][] => {
    const at = arg.indexOf('=');
    if (at >= 0) return [[arg.slice(0, at), arg.slice(at + 1)]];
    const value = environment[arg];
    return value === undefined ? [] : [[arg, value]];
  });
  const sorted = [...new Map(values)].sort(([one], [other]) => (one < other ? -1 : 1));
  return `sha256:${createHash('sha256').update(JSON.stringify(sorted)).digest('hex')}`;
}

/** The same moment in one way of writing, to the second; undefined where it is none. */
function instant(text: string): string | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace(/\.\d+Z$/, 'Z');
}
