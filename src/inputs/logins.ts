import { parseRepository } from '../image/reference';
import { Secret } from '../system/secret';
import { type Problem, problem } from '../words/words';
import type { Login } from './config';
import { USERNAME } from './image';

const KEYS: ReadonlySet<string> = new Set(['registry', 'username', 'password']);

/**
 * Reads `registry-auth` as docker/login-action writes it: a YAML list of `registry` (Docker Hub where it is left out),
 * `username` and `password`. Of what is wrong, nothing is repeated: any part of it may be a password.
 */
export async function parseLogins(text: string): Promise<{ logins: Login[]; problems: Problem[] }> {
  if (text.trim() === '') return { logins: [], problems: [] };
  // The YAML reader is large, and most runs need none.
  const { parse } = await import('yaml');
  let entries: unknown;
  try {
    // What it warns of goes to the log, and shows the line.
    entries = parse(text, { logLevel: 'error' });
  } catch {
    return { logins: [], problems: [problem('input.registry-auth', {})] };
  }
  if (!Array.isArray(entries) || entries.length === 0)
    return { logins: [], problems: [problem('input.registry-auth', {})] };
  const read = entries.map((entry, index) => parseLogin(entry, index + 1));
  const logins = read.filter((each): each is Login => !('code' in each));
  const problems = read.filter((each): each is Problem => 'code' in each);
  const twice = logins.find(
    ({ registry }, index) => logins.findIndex((other) => other.registry === registry) !== index,
  );
  if (twice) problems.push(problem('input.login-twice', { registry: twice.registry }));
  return { logins, problems };
}

function parseLogin(given: unknown, entry: number): Login | Problem {
  const wrong = problem('input.registry-auth', { entry });
  if (typeof given !== 'object' || given === null || Object.keys(given).some((key) => !KEYS.has(key))) return wrong;
  const { registry = 'docker.io', username, password } = given as Record<string, unknown>;
  // A token of digits alone is a number to YAML, which may lose some of them.
  if (typeof registry !== 'string' || typeof username !== 'string' || typeof password !== 'string') return wrong;
  const host = registryOf(registry);
  if (host === undefined || !USERNAME.test(username) || password === '') return wrong;
  return { registry: host, username, password: new Secret(password) };
}

/** The registry's name as images carry it, also where it is written as docker login takes it (`https://ghcr.io`). */
function registryOf(given: string): string | undefined {
  const host = given.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
  if (host === 'docker.io' || host === 'registry-1.docker.io') return 'docker.io';
  const registry = parseRepository(`${host}/x/x`).value?.registry;
  return registry === 'docker.io' && host !== 'index.docker.io' ? undefined : registry;
}
