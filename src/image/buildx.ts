import type { BuildConfig, Credentials, Tagged } from '../inputs/config';
import { type Digest, DOCKER_HUB, printReference, printRepository, type Repository } from './reference';

/** The first buildx that takes a login from its environment (docker/cli 28.1's DOCKER_AUTH_CONFIG). */
const LOGIN_FROM_ENVIRONMENT = [0, 26] as const;

/** Docker Hub's key in a docker configuration; it is older than the name docker.io. */
const DOCKER_HUB_AUTH_KEY = 'https://index.docker.io/v1/';

export const VERSION_ARGV = ['docker', 'buildx', 'version'] as const;

/** The argv that builds and pushes. Attestations are off, so that the digest is that of one flat manifest. */
export function buildArgv(build: BuildConfig, references: readonly Tagged[], metadataFile: string): string[] {
  const option = (name: string, values: readonly string[]) => values.flatMap((value) => [name, value]);
  return [
    ...['docker', 'buildx', 'build', '--push', '--provenance=false', '--progress=plain'],
    ...['--metadata-file', metadataFile],
    ...option('--tag', references.map(printReference)),
    ...option('--file', build.file ? [build.file] : []),
    ...option('--target', build.target ? [build.target] : []),
    ...option('--build-arg', build.buildArgs),
    ...option('--label', build.labels),
    ...(build.noCache ? ['--no-cache'] : []),
    ...(build.pull ? ['--pull'] : []),
    '--',
    build.context,
  ];
}

/** The argv that prints an image's manifest byte by byte, as the registry has it. */
export function manifestArgv(repository: Repository, digest: Digest): string[] {
  return ['docker', 'buildx', 'imagetools', 'inspect', '--raw', `${printRepository(repository)}@${digest}`];
}

/**
 * The environment that logs docker in for one command: no file is written and there is nothing to log out of, so the
 * user's docker configuration stays as it is and other jobs on the machine do not see the login.
 * `present` is what the user has in that variable: logins of other registries, for base images, stay.
 */
export function loginEnvironment(
  registry: string,
  { username, password }: Credentials,
  present = '',
): Record<string, string> {
  const auth = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
  const key = registry === DOCKER_HUB ? DOCKER_HUB_AUTH_KEY : registry;
  return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { ...parseAuths(present), [key]: { auth } } }) };
}

/** The logins of a docker configuration; none where it is none. */
function parseAuths(text: string): object {
  try {
    const { auths } = JSON.parse(text) as { auths?: unknown };
    return typeof auths === 'object' && auths !== null ? auths : {};
  } catch {
    return {};
  }
}

/** Whether this buildx (the output of `docker buildx version`) takes such a login; undefined where it does not say. */
export function takesLoginFromEnvironment(versionOutput: string): boolean | undefined {
  const match = /\bv?(\d+)\.(\d+)\.\d+/.exec(versionOutput);
  if (!match || versionOutput.includes('+unknown')) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > LOGIN_FROM_ENVIRONMENT[0] || minor >= LOGIN_FROM_ENVIRONMENT[1];
}

/** BuildKit says what it was doing; the engine's own push (docker driver) gives the registry's words alone. */
const PUSHING =
  /failed to push|push access denied|^error: (?:failed to (?:build|solve): )*(?:denied|unauthorized|no basic auth)/i;
const DENIED = /denied|unauthorized|no basic auth credentials|insufficient_scope|403 forbidden/i;

/**
 * Whether buildx's last words say that the registry refused the push. Only its own last error counts: a base image that may not be
 * pulled, and a program in the build that is refused somewhere, sound much the same.
 */
export function saysPushDenied(lines: readonly string[]): boolean {
  const said = lines.findLast((line) => /^error: /i.test(line)) ?? '';
  return PUSHING.test(said) && DENIED.test(said);
}
