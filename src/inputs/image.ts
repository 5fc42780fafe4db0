import { parseReference, parseRepository, parseTag, type Repository, sameRepository } from '../image/reference';
import { Secret } from '../system/secret';
import { explain, problem } from '../words/words';
import type { ImageConfig, Login, RunInfo, Tagged } from './config';
import type { Reader } from './reader';

/** What a login can carry: its name and its password are joined by the first colon (RFC 7617). */
export const USERNAME = /^[^:]+$/;

/** Which image is built, and who pushes it. */
export function parseImage(reader: Reader, run: RunInfo, otherLogins: readonly Login[]): ImageConfig | undefined {
  const name = reader.required('image');
  const repository = name === undefined ? undefined : reader.check(parseRepository(name));
  const references = parseTags(reader, run, repository);
  const username = reader.matching('registry-username', reader.line('registry-username'), USERNAME);
  const password = reader.optional('registry-password');
  if ((username === undefined) !== (password === undefined)) {
    reader.problems.push(
      problem('input.login', { missing: username === undefined ? 'registry-username' : 'registry-password' }),
    );
  }
  const twice = username !== undefined && otherLogins.some(({ registry }) => registry === repository?.registry);
  if (twice) reader.problems.push(problem('input.login-twice', { registry: repository?.registry ?? '' }));
  if (!repository || !references) return undefined;
  return {
    repository,
    references,
    otherLogins,
    ...(username && password && { credentials: { username, password: new Secret(password) } }),
  };
}

/** Bare tags belong to `image`; full references may name other repositories that get the same image. */
function parseTags(
  reader: Reader,
  run: RunInfo,
  repository: Repository | undefined,
): ImageConfig['references'] | undefined {
  const given = reader.list('tags', { commas: true });
  const texts = given.length > 0 ? given : [run.sha];
  const references: Tagged[] = [];
  for (const text of texts) {
    const parsed = /[/:]/.test(text) ? parseReference(text) : parseTag(text);
    if (parsed.problem) reader.problems.push(problem('input.tags', { detail: explain(parsed.problem).what }));
    if (parsed.problem || !repository) continue;
    const reference = typeof parsed.value === 'string' ? { repository, tag: parsed.value } : parsed.value;
    const { tag, digest } = reference;
    if (tag === undefined || digest !== undefined) reader.problems.push(problem('image.tagless', { given: text }));
    else references.push({ repository: reference.repository, tag });
  }
  if (!repository || references.length !== texts.length) return undefined;
  const own = references.filter((reference) => sameRepository(reference.repository, repository));
  const [first] = own;
  if (!first) {
    reader.problems.push(problem('image.no-own-tag', {}));
    return undefined;
  }
  return [first, ...references.filter((reference) => reference !== first)];
}
