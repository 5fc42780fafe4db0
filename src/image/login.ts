import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Credentials, ImageConfig, Login } from '../inputs/config';
import { hasSucceeded, type Processes } from '../system/process';
import { VERSION_ARGV } from './buildx';
import { objectIn, parseObject } from './metadata';
import { DOCKER_HUB } from './reference';

/** Docker Hub's key in a docker configuration; it is older than the name docker.io. */
const DOCKER_HUB_AUTH_KEY = 'https://index.docker.io/v1/';

/** The first buildx that takes a login from its environment (docker/cli 28.1's DOCKER_AUTH_CONFIG). */
const LOGIN_FROM_ENVIRONMENT = [0, 26] as const;

/** Every login that the run has been given. */
export function loginsOf({ repository, credentials, otherLogins }: ImageConfig): Login[] {
  return [...(credentials ? [{ ...credentials, registry: repository.registry }] : []), ...otherLogins];
}

/**
 * The environment that logs docker in for one command: no file is written and there is nothing to log out of, so the
 * user's docker configuration stays as it is and other jobs on the machine do not see the login.
 * `present` is what the user has in that variable: logins of other registries, for base images, stay.
 */
export function loginEnvironment(logins: readonly Login[], present = ''): Record<string, string> {
  if (logins.length === 0) return {};
  return {
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { ...readable(parseObject(present)?.auths), ...authsOf(logins) } }),
  };
}

/** What docker can read of them: where one login has a field that it does not know, or cannot be decoded, it takes none, ours neither. */
function readable(auths: unknown): Record<string, { auth: string }> {
  const read = Object.entries(objectIn(auths)).map(
    ([key, login]) => [key, { auth: String(objectIn(login).auth) }] as const,
  );
  return Object.fromEntries(
    read.filter(([, { auth }]) => {
      const decoded = Buffer.from(auth, 'base64');
      return decoded.toString('base64') === auth && decoded.indexOf(':') > 0;
    }),
  );
}

/** Whether this buildx (the output of `docker buildx version`) takes such a login; undefined where it does not say. */
export function takesLoginFromEnvironment(versionOutput: string): boolean | undefined {
  const match = /\bv?(\d+)\.(\d+)\.\d+/.exec(versionOutput);
  if (!match || versionOutput.includes('+unknown')) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > LOGIN_FROM_ENVIRONMENT[0] || minor >= LOGIN_FROM_ENVIRONMENT[1];
}

/**
 * The same for an older buildx: a docker configuration of this run's own, in a `folder` that ends with it. It has all
 * that the user's has, and the logins on top; the plugins, contexts and builders are the user's.
 */
export async function loginFolder(logins: readonly Login[], folder: string): Promise<Record<string, string>> {
  const shared = resolve(process.env.DOCKER_CONFIG || join(homedir(), '.docker'));
  const config = parseObject(await readFile(join(shared, 'config.json'), 'utf8').catch(() => '')) ?? {};
  const auths = authsOf(logins);
  // A program that keeps passwords would be asked instead; with an empty name docker reads the file.
  const helpers = Object.fromEntries(Object.keys(auths).map((key) => [key, '']));
  const own = loginFolderIn(folder);
  // A run that pushes again comes here again.
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { mode: 0o700 });
  const text = JSON.stringify({
    ...config,
    auths: { ...objectIn(config.auths), ...auths },
    credHelpers: { ...objectIn(config.credHelpers), ...helpers },
  });
  await writeFile(join(own, 'config.json'), text, { mode: 0o600 });
  for (const name of ['cli-plugins', 'contexts']) await symlink(join(shared, name), join(own, name));
  return { DOCKER_CONFIG: own, BUILDX_CONFIG: process.env.BUILDX_CONFIG || join(shared, 'buildx') };
}

/** The environment that logs docker in, whatever its age: buildx is asked for that where there is a login. */
export async function loginFor(
  logins: readonly Login[],
  { processes, folder }: { processes: Processes; folder: string },
): Promise<Record<string, string>> {
  const version = logins.length > 0 ? await processes.ask(VERSION_ARGV) : undefined;
  const isOld = version && hasSucceeded(version) && takesLoginFromEnvironment(version.stdout) === false;
  return isOld ? loginFolder(logins, folder) : loginEnvironment(logins, process.env.DOCKER_AUTH_CONFIG);
}

/** A login as docker's configuration and HTTP write it. */
export function encoded({ username, password }: Credentials): string {
  return Buffer.from(`${username}:${password.reveal()}`).toString('base64');
}

/** Where a run's own docker configuration is, if it needed one: it holds passwords. */
export function loginFolderIn(folder: string): string {
  return join(folder, 'docker');
}

function authsOf(logins: readonly Login[]): Record<string, { auth: string }> {
  const keyOf = (registry: string) => (registry === DOCKER_HUB ? DOCKER_HUB_AUTH_KEY : registry);
  return Object.fromEntries(logins.map((login) => [keyOf(login.registry), { auth: encoded(login) }]));
}
