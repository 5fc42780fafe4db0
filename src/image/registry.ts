import type { Credentials } from '../inputs/config';
import { type Problem, problem } from '../words/words';
import { DOCKER_HUB, printRepository, type Repository } from './reference';

/** What asking a registry needs of HTTP; Node's own `fetch` fits. */
export type Fetch = (url: string, init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;

/** Milliseconds for one answer. The check runs beside the build, so it may wait; it must not outlast it. */
const ANSWER_MS = 15_000;

/**
 * Logs in to push, now: buildx would notice a wrong password only after the build. Gives what is wrong, or nothing.
 * A registry that does not answer is no problem yet, for the push retries and has the last word.
 *
 * Source: the token flow of github.com/distribution/distribution/blob/main/docs/content/spec/auth/token.md.
 */
export async function checkPushLogin(
  repository: Repository,
  credentials: Credentials | undefined,
  ask: Fetch,
  cancel: AbortSignal,
): Promise<Problem | undefined> {
  const answer = async (url: string, authorization?: string) =>
    ask(url, {
      headers: authorization ? { authorization } : {},
      signal: AbortSignal.any([cancel, AbortSignal.timeout(ANSWER_MS)]),
    });
  const basic =
    credentials &&
    `Basic ${Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64')}`;
  const refused = problem('registry.login', { registry: repository.registry, username: credentials?.username ?? '' });
  try {
    const first = await answer(`${origin(repository.registry)}/v2/`);
    if (first.status !== 401) return undefined;
    // Without a login of ours, docker may have one of its own (docker/login-action before this step).
    if (!basic) return undefined;
    const challenge = parseChallenge(first.headers.get('www-authenticate') ?? '');
    if (challenge?.scheme === 'basic') {
      return (await answer(`${origin(repository.registry)}/v2/`, basic)).status === 401 ? refused : undefined;
    }
    if (challenge?.scheme !== 'bearer' || !challenge.realm) return undefined;
    const url = new URL(challenge.realm);
    if (challenge.service) url.searchParams.set('service', challenge.service);
    url.searchParams.set('scope', `repository:${repository.path}:pull,push`);
    const token = await answer(url.href, basic);
    if (token.status === 401) return refused;
    if (token.status === 403)
      return problem('registry.denied', {
        repository: printRepository(repository),
        username: credentials?.username ?? '',
      });
    return undefined;
  } catch {
    return undefined;
  }
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
