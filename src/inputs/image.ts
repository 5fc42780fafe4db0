import {
  type ImageReference,
  parseReference,
  parseRepository,
  parseTag,
  type Repository,
  sameRepository,
} from '../image/reference';
import { Secret } from '../system/secret';
import { problem } from '../words/words';
import type { ImageConfig, Login, RunInfo, Tagged } from './config';
import type { Reader } from './reader';

/** Which image is built, and who pushes it. */
export function parseImage(reader: Reader, run: RunInfo, otherLogins: readonly Login[]): ImageConfig | undefined {
  const name = reader.required('image');
  const repository = name === undefined ? undefined : reader.check(parseRepository(name));
  const references = parseTags(reader, run, repository);
  const username = reader.line('registry-username');
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
    const reference = /[/:]/.test(text)
      ? reader.check(parseReference(text))
      : withTag(repository, reader.check(parseTag(text)));
    if (!reference) continue;
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

function withTag(repository: Repository | undefined, tag: string | undefined): ImageReference | undefined {
  return repository && tag !== undefined ? { repository, tag } : undefined;
}
