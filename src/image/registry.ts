import type { Credentials } from '../inputs/config';
import { type Problem, problem } from '../words/words';
import { DOCKER_HUB, type ImageReference, printRepository, type Repository } from './reference';

/** What asking a registry needs of HTTP; Node's own `fetch` fits. */
export type Fetch = (
  url: string,
  init: { method?: 'HEAD'; headers: Record<string, string>; signal: AbortSignal },
) => Promise<Response>;

/** Milliseconds for one answer. The check runs beside the build, so it may wait; it must not outlast it. */
const ANSWER_MS = 15_000;
/** Milliseconds for all of a question that only advice depends on. */
const PULLABLE_MS = 5_000;

/** Manifests of every kind: a registry answers 404 for one of a kind that was not asked for. */
const KINDS =
  'oci.image.index.v1 oci.image.manifest.v1 docker.distribution.manifest.list.v2 docker.distribution.manifest.v2';
const MANIFESTS = KINDS.replace(/\S+/g, 'application/vnd.$&+json').replaceAll(' ', ', ');

interface Visit {
  readonly repository: Repository;
  readonly credentials: Credentials | undefined;
  readonly get: (url: string, authorization?: string) => Promise<Response>;
}

/**
 * Logs in to push, now: buildx would notice a wrong password only after the build. Gives what is wrong, or nothing.
 * A registry that does not answer is no problem yet, for the push retries and has the last word.
 */
export async function checkPushLogin(
  repository: Repository,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<Problem | undefined> {
  const { registry } = repository;
  const get: Visit['get'] = (url, authorization) =>
    ask(url, {
      headers: authorization ? { authorization } : {},
      signal: AbortSignal.any([cancel, AbortSignal.timeout(ANSWER_MS)]),
    });
  try {
    const challenge = await challengeOf({ repository, credentials, get });
    // Without a login of ours, docker may have one of its own (docker/login-action before this step).
    if (!credentials || !challenge || challenge === 'open') return undefined;
    const { username } = credentials;
    const isBasic = challenge.scheme === 'basic';
    const answer = isBasic
      ? await get(`${origin(registry)}/v2/`, basic(credentials))
      : await askToken({ repository, credentials, get }, challenge, 'pull,push');
    if (answer?.status === 401) return problem('registry.login', { registry, username });
    if (answer?.status === 403 && !isBasic)
      return problem('registry.denied', { repository: printRepository(repository), username });
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the registry still has an image, by its digest or else its tag; undefined without a clear answer (no contact, a login
 * that is refused, a rate limit). `credentials` are sent to the image's registry, so they must be of that one. A HEAD of a
 * manifest is no pull for Docker Hub's limit (docs.docker.com/docker-hub/usage/pulls).
 */
export async function isPullable(
  { repository, tag = 'latest', digest }: ImageReference,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<boolean | undefined> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(PULLABLE_MS)]);
  const get: Visit['get'] = (url, authorization) =>
    ask(url, { headers: authorization ? { authorization } : {}, signal });
  const url = `${origin(repository.registry)}/v2/${repository.path}/manifests/${digest ?? tag}`;
  try {
    const visit = { repository, credentials, get };
    const challenge = await challengeOf(visit);
    const authorization = challenge && challenge !== 'open' ? await pullRight(visit, challenge) : undefined;
    // Without a login some registries say 404 for what they do not show.
    if (challenge !== 'open' && !authorization) return undefined;
    const headers = { accept: MANIFESTS, ...(authorization && { authorization }) };
    const { status } = await ask(url, { method: 'HEAD', headers, signal });
    return status === 200 ? true : status === 404 ? false : undefined;
  } catch {
    return undefined;
  }
}

/** What the registry asks of who comes without a login: nothing (`open`), or a login; undefined where that is not clear. */
async function challengeOf({ repository, get }: Visit): Promise<Challenge | 'open' | undefined> {
  const { status, headers } = await get(`${origin(repository.registry)}/v2/`);
  if (status === 200) return 'open';
  return status === 401 ? parseChallenge(headers.get('www-authenticate') ?? '') : undefined;
}

/** The header that lets a manifest be read; undefined where there is none to be had. A token is given without a login too. */
async function pullRight(visit: Visit, challenge: Challenge): Promise<string | undefined> {
  if (challenge.scheme === 'basic') return visit.credentials && basic(visit.credentials);
  const answer = await askToken(visit, challenge, 'pull');
  if (answer?.status !== 200) return undefined;
  const given = (await answer.json()) as { token?: string; access_token?: string };
  const token = given.token ?? given.access_token;
  return token && `Bearer ${token}`;
}

/** Source: the token flow of github.com/distribution/distribution/blob/main/docs/content/spec/auth/token.md. */
async function askToken(
  { repository, credentials, get }: Visit,
  challenge: Challenge,
  actions: 'pull' | 'pull,push',
): Promise<Response | undefined> {
  if (challenge.scheme !== 'bearer' || !challenge.realm) return undefined;
  const url = new URL(challenge.realm);
  if (challenge.service) url.searchParams.set('service', challenge.service);
  url.searchParams.set('scope', `repository:${repository.path}:${actions}`);
  return get(url.href, credentials && basic(credentials));
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

interface Challenge {
  readonly scheme: string;
  readonly realm?: string;
  readonly service?: string;
}

/** Reads a `WWW-Authenticate` header (RFC 9110, 11.6.1), the first challenge of several; undefined where there is none. */
export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme, rest = ''] = /^(\w+)\s*(.*)$/s.exec(header) ?? [];
  if (!scheme) return undefined;
  const pairs = [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]);
  // Of two values with one name, the first is the first challenge's.
  const values = Object.fromEntries(pairs.reverse()) as { realm?: string; service?: string };
  return {
    scheme: scheme.toLowerCase(),
    ...(values.realm && { realm: values.realm }),
    ...(values.service && { service: values.service }),
  };
}

/** Docker's rule: a registry on the machine itself may speak plain HTTP; Docker Hub's API has a name of its own. */
function origin(registry: string): string {
  if (registry === DOCKER_HUB) return 'https://registry-1.docker.io';
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry)
    ? `http://${registry}`
    : `https://${registry}`;
}
