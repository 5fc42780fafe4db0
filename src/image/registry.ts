import type { Credentials } from '../inputs/config';
import { type Problem, problem } from '../words/words';
import { encoded } from './login';
import { DOCKER_HUB, type ImageReference, isLoopback, printRepository, type Repository } from './reference';

/** What asking a registry needs of HTTP; Node's own `fetch` fits. */
export type Fetch = (
  url: string,
  init: { method?: 'HEAD' | 'GET'; headers: Record<string, string>; signal: AbortSignal },
) => Promise<Response>;

/** Milliseconds for one answer. The check runs beside the build, so it may wait; it must not outlast it. */
const ANSWER_MS = 15_000;
/** Milliseconds for all that it takes to see a manifest. */
const MANIFEST_MS = 5_000;

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
    if (challenge.scheme !== 'basic')
      return await pushProblem({ repository, credentials, get }, challenge, credentials);
    const { status } = await get(`${origin(registry)}/v2/`, basic(credentials));
    return status === 401 ? problem('registry.login', { registry, username: credentials.username }) : undefined;
  } catch {
    return undefined;
  }
}

/** What a token server says to somebody who wants to push; nothing where it gives a token that may, or that does not say. */
async function pushProblem(
  visit: Visit,
  challenge: Challenge,
  { username }: Credentials,
): Promise<Problem | undefined> {
  const { registry, path } = visit.repository;
  const answer = await askToken(visit, challenge, 'pull,push');
  const denied = { repository: printRepository(visit.repository), username };
  const readOnly = problem('registry.read-only', { registry, ...denied });
  if (answer?.status === 401) {
    // Docker Hub says so to a wrong password, and to an access token that may less than it is asked for
    // (github.com/docker/cli/pull/4511): that one is given a token for nothing.
    const login = await askToken(visit, challenge).catch(() => undefined);
    return login?.status === 200 ? readOnly : problem('registry.login', { registry, username });
  }
  if (answer?.status === 403) return problem('registry.denied', denied);
  const granted = answer?.status === 200 ? grantedActions(await tokenOf(answer), path) : undefined;
  if (!granted || granted.includes('push') || granted.includes('*')) return undefined;
  return granted.includes('pull') ? readOnly : problem('registry.denied', denied);
}

/**
 * Whether the registry still has an image, by its digest or else its tag; undefined without a clear answer (no contact, a login
 * that is refused, a rate limit). `credentials` are sent to the image's registry, so they must be of that one. A HEAD of a
 * manifest is no pull for Docker Hub's limit (docs.docker.com/docker-hub/usage/pulls).
 */
export async function isPullable(
  reference: ImageReference,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<boolean | undefined> {
  const answer = await askManifest('HEAD', reference, credentials, ask, cancel);
  return answer?.status === 200 ? true : answer?.status === 404 ? false : undefined;
}

/** Whether the registry cannot even say that it wants a login: it fails, asks for patience, or does not answer. */
export async function isInTrouble({ registry }: Repository, ask: Fetch, cancel: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(MANIFEST_MS)]);
  return ask(`${origin(registry)}/v2/`, { headers: {}, signal }).then(
    ({ status }) => status === 429 || status >= 500,
    () => !cancel.aborted,
  );
}

/** An image's manifest, byte by byte as the registry has it; undefined where it does not give it out to us. */
export async function readManifest(
  reference: ImageReference,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<string | undefined> {
  const answer = await askManifest('GET', reference, credentials, ask, cancel);
  return answer?.status === 200 ? answer.text().catch(() => undefined) : undefined;
}

async function askManifest(
  method: 'HEAD' | 'GET',
  { repository, tag = 'latest', digest }: ImageReference,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<Response | undefined> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(MANIFEST_MS)]);
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
    return await ask(url, { method, headers, signal });
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
  const token = await tokenOf(answer);
  return token && `Bearer ${token}`;
}

async function tokenOf(answer: Response): Promise<string | undefined> {
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? access_token;
}

/**
 * Asks for a token; without actions for one that is good for nothing, as `docker login` does to try a password.
 * Source: the token flow of github.com/distribution/distribution/blob/main/docs/content/spec/auth/token.md.
 */
async function askToken(
  { repository, credentials, get }: Visit,
  challenge: Challenge,
  actions?: 'pull' | 'pull,push',
): Promise<Response | undefined> {
  if (challenge.scheme !== 'bearer' || !challenge.realm) return undefined;
  const url = new URL(challenge.realm);
  if (challenge.service) url.searchParams.set('service', challenge.service);
  if (actions) url.searchParams.set('scope', `repository:${repository.path}:${actions}`);
  return get(url.href, credentials && basic(credentials));
}

function basic(credentials: Credentials): string {
  return `Basic ${encoded(credentials)}`;
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

/**
 * What a token lets its bearer do with a repository, in its registry's words (`pull`, `push`, `*` for all); undefined where
 * it does not say, as most tokens do not: they are for their registry alone to read. A token server that grants less than was
 * asked for says so here only (distribution.github.io/distribution/spec/auth/jwt, which Docker Hub follows).
 */
export function grantedActions(token: string | undefined, path: string): readonly unknown[] | undefined {
  const { access } = claimsOf(token ?? '');
  if (!Array.isArray(access)) return undefined;
  const entries = access as ({ type?: unknown; name?: unknown; actions?: unknown } | null)[];
  const ours = entries.filter((each) => each?.type === 'repository' && each.name === path);
  // Who names repositories in another way than we do has said nothing of this one.
  if (ours.length === 0 && entries.length > 0) return undefined;
  const actions = ours.map((each) => (each?.actions === null ? [] : each?.actions));
  return actions.every(Array.isArray) ? actions.flat() : undefined;
}

/** The claims of a JSON Web Token, unverified; none where it is none. */
function claimsOf(token: string): { readonly access?: unknown } {
  const [, claims = '', signature] = token.split('.');
  if (signature === undefined) return {};
  try {
    return Object(JSON.parse(Buffer.from(claims, 'base64url').toString()));
  } catch {
    return {};
  }
}

/** Docker's rule: a registry on the machine itself may speak plain HTTP; Docker Hub's API has a name of its own. */
function origin(registry: string): string {
  if (registry === DOCKER_HUB) return 'https://registry-1.docker.io';
  return `${isLoopback(registry) ? 'http' : 'https'}://${registry}`;
}
