import fc from 'fast-check';
import {
  type ImageReference,
  PLACEHOLDER_DIGEST,
  parseDigest,
  parseReference,
  parseRepository,
  parseTag,
  printReference,
  printRepository,
  sameRepository,
} from '../../src/image/reference';
import { explain } from '../../src/words/words';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** What is said of a text: the code and, of an image's name, why. */
const complaint = (text: string) => {
  const { problem } = parseRepository(text);
  if (problem?.code !== 'image.name') return problem?.code;
  return explain(problem).what.replace(/^.* is not the name of an image: (.*)\.$/s, '$1');
};

describe("docker's normalisation", () => {
  // github.com/distribution/reference/normalize_test.go, and what people write.
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['library/nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['docker.io/nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['docker.io/library/nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['index.docker.io/user/app', 'docker.io', 'user/app', 'user/app'],
    ['user/app', 'docker.io', 'user/app', 'user/app'],
    ['docker.io/user/app', 'docker.io', 'user/app', 'user/app'],
    ['library/a/b', 'docker.io', 'library/a/b', 'library/a/b'],
    ['a/b/c', 'docker.io', 'a/b/c', 'a/b/c'],
    ['a.b', 'docker.io', 'library/a.b', 'a.b'],
    ['localhost', 'docker.io', 'library/localhost', 'localhost'],
    ['docker.io/a.b/c', 'docker.io', 'a.b/c', 'docker.io/a.b/c'],
    ['docker.io/localhost/c', 'docker.io', 'localhost/c', 'docker.io/localhost/c'],
    ['ghcr.io/user/app', 'ghcr.io', 'user/app', 'ghcr.io/user/app'],
    ['a.b/c', 'a.b', 'c', 'a.b/c'],
    ['localhost/app', 'localhost', 'app', 'localhost/app'],
    ['localhost:5000/app', 'localhost:5000', 'app', 'localhost:5000/app'],
    ['registry:5000/a/b/c', 'registry:5000', 'a/b/c', 'registry:5000/a/b/c'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app', '127.0.0.1:5000/app'],
    ['[::1]:5000/app', '[::1]:5000', 'app', '[::1]:5000/app'],
    ['GHCR.io/user/app', 'GHCR.io', 'user/app', 'GHCR.io/user/app'],
    ['user/a__b-c.d---e', 'docker.io', 'user/a__b-c.d---e', 'user/a__b-c.d---e'],
  ])('%s is %s and %s, and printed as %s', (text, registry, path, printed) => {
    expect(parseRepository(text)).toEqual({ value: { registry, path } });
    expect(printRepository({ registry, path })).toBe(printed);
  });

  it.each([
    ['https://ghcr.io/a/b', 'it starts with a scheme such as https://, which an image name never has'],
    ['user/app:v1', 'it holds a tag: tags have an input of their own, "tags"'],
    ['user/app:V1', 'it holds a tag: tags have an input of their own, "tags"'],
    ['nginx:1.27', 'it holds a tag: tags have an input of their own, "tags"'],
    ['localhost:5000/app:v1', 'it holds a tag: tags have an input of their own, "tags"'],
    [`user/app@${DIGEST}`, 'it holds a digest, which is only known after the build'],
    ['a//b', 'a part before or after a slash is empty'],
    ['a/', 'a part before or after a slash is empty'],
    ['/a', 'a part before or after a slash is empty'],
    ['', 'a part before or after a slash is empty'],
    ['a..b/c', '"a..b" is not the name of a registry'],
    ['a:x/b', '"a:x" is not the name of a registry'],
    ['-.b/c', '"-.b" is not the name of a registry'],
    ['a_b.c/d', '"a_b.c" is not the name of a registry'],
    ['x'.repeat(256), 'it is longer than 255 characters'],
    ['User/app', 'image.capitals'],
    ['user/App', 'image.capitals'],
    ['ghcr.io/User/app', 'image.capitals'],
  ])('%s: %s', (text, why) => expect(complaint(text)).toBe(why));

  it.each([
    '-a',
    'a-',
    'a b',
    'a/_b',
    'a/b_',
    'a/b___c',
    'a/b.-c',
    'a;b',
    '$(id)',
    'a\nb',
    'a\0',
    '한',
    '../a',
    'a/b\n',
  ])('%j has a part that no registry allows', (text) =>
    expect(complaint(text)).toMatch(/may only hold lower-case letters|not the name of a registry/),
  );

  it.each([
    ['User/App', '"user/app"'],
    ['ghcr.io/User/App', '"ghcr.io/user/app"'],
    ['GHCR.io/User/App', '"GHCR.io/user/app"'],
  ])('capital letters: of %s it says to write %s', (text, advice) => {
    const { problem } = parseRepository(text);
    expect(problem && explain(problem).next).toBe(`Write ${advice}.`);
  });
});

describe('a reference', () => {
  it.each([
    ['nginx', 'library/nginx', undefined, undefined],
    ['nginx:1.27', 'library/nginx', '1.27', undefined],
    [`nginx@${DIGEST}`, 'library/nginx', undefined, DIGEST],
    [`user/app:v1@${DIGEST}`, 'user/app', 'v1', DIGEST],
    ['localhost:5000/app', 'app', undefined, undefined],
    ['localhost:5000/app:v1', 'app', 'v1', undefined],
    [`localhost:5000/a/b:V_1.2-x@${DIGEST}`, 'a/b', 'V_1.2-x', DIGEST],
  ])('%s has the path %s, the tag %s and the digest %s', (text, path, tag, digest) => {
    const { value } = parseReference(text);
    expect([value?.repository.path, value?.tag, value?.digest]).toEqual([path, tag, digest]);
  });

  it.each([
    ['a:b:c', 'image.name'],
    ['a:', 'image.tag'],
    ['a:-b', 'image.tag'],
    ['a:b c', 'image.tag'],
    ['a@', 'image.digest'],
    ['a@sha256:123', 'image.digest'],
    [`a@${DIGEST.toUpperCase()}`, 'image.digest'],
    [`a@${DIGEST}@${DIGEST}`, 'image.name'],
    [':v1', 'image.name'],
    [`@${DIGEST}`, 'image.name'],
    ['User/app:v1', 'image.capitals'],
  ])('%s is refused as %s', (text, code) => expect(parseReference(text).problem?.code).toBe(code));

  const component = fc.stringMatching(/^[a-z0-9]{1,4}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}$/);
  const registry = fc.constantFrom('docker.io', 'ghcr.io', 'localhost', 'localhost:5000', 'a.b-c.d:1', '[::1]:5000');
  const reference = fc
    .record(
      {
        repository: fc.record({
          registry,
          path: fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
        }),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}$/),
        digest: fc.constant(PLACEHOLDER_DIGEST),
      },
      { requiredKeys: ['repository'] },
    )
    // Docker Hub's own have a path of at least two parts.
    .map(({ repository, ...rest }): ImageReference => {
      const isShort = repository.registry === 'docker.io' && !repository.path.includes('/');
      return { ...rest, repository: isShort ? { ...repository, path: `library/${repository.path}` } : repository };
    });

  it('reads what it prints as the same', () => {
    fc.assert(fc.property(reference, (each) => expect(parseReference(printReference(each))).toEqual({ value: each })));
  });

  it('prints what it reads as the same, once it is normalised', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9.:/@_-]{1,12}$/)), (text) => {
        const { value } = parseReference(text);
        if (value) expect(parseReference(printReference(value))).toEqual({ value });
      }),
    );
  });
});

describe('a tag', () => {
  it.each(['v1', 'V1.2.3', '_x', '0', 'a'.repeat(128), '0123456789abcdef0123456789abcdef01234567'])(
    'may be %s',
    (text) => expect(parseTag(text)).toEqual({ value: text }),
  );

  it.each(['', '.a', '-a', 'a/b', 'a:b', 'a b', 'a\n', 'a'.repeat(129), '한', 'a;b', '$(id)', 'a\0'])(
    'may not be %j',
    (text) => expect(parseTag(text).problem).toEqual({ code: 'image.tag', params: { given: text } }),
  );
});

describe('a digest', () => {
  it('is sha256 and 64 hexadecimal digits', () => expect(parseDigest(DIGEST)).toEqual({ value: DIGEST }));
  it.each([
    '',
    'undefined',
    DIGEST.slice(0, -1),
    `${DIGEST}0`,
    DIGEST.toUpperCase(),
    `sha512:${'0'.repeat(128)}`,
    ` ${DIGEST}`,
  ])('is not %j', (text) => expect(parseDigest(text).problem?.code).toBe('image.digest'));
});

it('one repository is the other where registry and path are the same', () => {
  const of = (text: string) => parseRepository(text).value ?? { registry: '', path: '' };
  expect(sameRepository(of('nginx'), of('index.docker.io/library/nginx'))).toBe(true);
  expect(sameRepository(of('user/app'), of('ghcr.io/user/app'))).toBe(false);
  expect(sameRepository(of('user/app'), of('user/app2'))).toBe(false);
});
