import fc from 'fast-check';
import type { InputName, RawInputs } from '../../src/inputs/names';
import { codesOf, configOf, problemsOf, textOf } from './sample';

const secretsOf = (given: Partial<RawInputs>) =>
  configOf(given).build.secrets.map((secret) =>
    'value' in secret ? [secret.id, secret.value.reveal()] : [secret.id, secret],
  );
/** As a user quotes an entry that holds quotes or line breaks. */
const quoted = (entry: string) => `"${entry.replaceAll('"', '""')}"`;

describe('a build secret', () => {
  it.each<[string, [string, string][]]>([
    ['npm=hunter2', [['npm', 'hunter2']]],
    [
      'npm=hunter2\nssh=x',
      [
        ['npm', 'hunter2'],
        ['ssh', 'x'],
      ],
    ],
    [
      'npm=hunter2\r\nssh=x\r\n',
      [
        ['npm', 'hunter2'],
        ['ssh', 'x'],
      ],
    ],
    ['npm=a=b=c==', [['npm', 'a=b=c==']]],
    ['npm=a,b, c', [['npm', 'a,b, c']]],
    ['npm=# no comment', [['npm', '# no comment']]],
    ['npm=비밀 🙂', [['npm', '비밀 🙂']]],
    ['npm=$(id) `id` ;id', [['npm', '$(id) `id` ;id']]],
    ['npm=say "hi"', [['npm', 'say "hi"']]],
    [
      '"npm=one\ntwo"\nssh=x',
      [
        ['npm', 'one\ntwo'],
        ['ssh', 'x'],
      ],
    ],
    ['"npm=one\r\ntwo"', [['npm', 'one\r\ntwo']]],
    ['"npm={""a"": [1,\n2]}"', [['npm', '{"a": [1,\n2]}']]],
    ['GIT_AUTH_TOKEN.github.com=x', [['GIT_AUTH_TOKEN.github.com', 'x']]],
  ])('%j is %j', (secrets, entries) => expect(secretsOf({ secrets })).toEqual(entries));

  it('of any value comes through as it was quoted, but for white space around the entry', () => {
    const value = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((each) => !each.includes('\0') && each.trimEnd() === each);
    const id = fc.stringMatching(/^[a-zA-Z][\w.-]{0,8}$/);
    const secrets = fc.uniqueArray(fc.tuple(id, value), { selector: ([name]) => name, minLength: 1 });
    fc.assert(
      fc.property(secrets, fc.constantFrom('\n', '\r\n'), (entries, end) => {
        const text = entries.map(([name, each]) => quoted(`${name}=${each}`)).join(end);
        expect(secretsOf({ secrets: text })).toEqual(entries);
      }),
    );
  });

  it('may be as long as one variable of a program, in bytes', () => {
    const most = 120 * 1024;
    expect(secretsOf({ secrets: `npm=${'x'.repeat(most)}` })).toEqual([['npm', 'x'.repeat(most)]]);
    expect(problemsOf({ secrets: `a=b\nnpm=${'x'.repeat(most + 1)}` })).toEqual([
      { code: 'input.secret-size', params: { entry: 2, limit: 120 } },
    ]);
    expect(codesOf({ secrets: `npm=${'한'.repeat(most / 3 + 1)}` })).toEqual(['input.secret-size']);
  });

  it('comes from a variable or a file too', () => {
    const given = {
      secrets: 'a=1',
      'secret-envs': 'b=VARIABLE,c=OTHER_1\nd=_x',
      'secret-files': 'e=./f, with comma\ng=/h=i',
    };
    expect(secretsOf(given)).toEqual([
      ['a', '1'],
      ['b', { id: 'b', env: 'VARIABLE' }],
      ['c', { id: 'c', env: 'OTHER_1' }],
      ['d', { id: 'd', env: '_x' }],
      ['e', { id: 'e', file: './f, with comma' }],
      ['g', { id: 'g', file: '/h=i' }],
    ]);
  });

  it.each(['$TOKEN', 'A-B', '1A', 'A B', 'A\nB', '${{ secrets.TOKEN }}', '한'])(
    'is not taken from a variable with the name %j',
    (variable) => {
      expect(problemsOf({ 'secret-envs': `a=A\n${quoted(`b=${variable}`)}` })).toEqual([
        { code: 'input.secret-env', params: { entry: 2 } },
      ]);
    },
  );

  it.each<[string, Partial<RawInputs>]>([
    ['without an id', { secrets: 'a=1\n=hunter2' }],
    ['without a value', { secrets: 'a=1\nnpm=' }],
    ['without either', { secrets: 'a=1\nhunter2' }],
    ['whose id buildx would read otherwise', { secrets: 'a=1\n"npm,src=/etc/passwd=x"' }],
    ['whose id has a space', { secrets: 'a=1\nnpm token=x' }],
    ['whose id has a quote', { secrets: 'a=1\n"n""pm=x"' }],
    ['without a variable', { 'secret-envs': 'a=A\nb=' }],
    ['without a file', { 'secret-files': 'a=b\nc=' }],
  ])('%s is told by its place alone', (_, given) => {
    const [name] = Object.keys(given);
    expect(problemsOf(given)).toEqual([{ code: 'input.keyed', params: { name, entry: 2 } }]);
  });

  it.each<InputName>(['secrets', 'secret-envs', 'secret-files'])('with a NUL is not repeated either: %s', (name) => {
    expect(problemsOf({ [name]: 'a=b\nc=d\0' })).toEqual([{ code: 'input.nul', params: { name } }]);
  });

  it.each<Partial<RawInputs>>([
    { secrets: 'npm=1\nnpm=2' },
    { secrets: 'npm=1', 'secret-envs': 'npm=NPM' },
    { secrets: 'npm=1', 'secret-files': 'npm=.npmrc' },
    { 'secret-envs': 'npm=A,npm=B' },
    { 'secret-envs': 'npm=A', 'secret-files': 'npm=.npmrc' },
  ])('has an id of its own: %j', (given) => expect(codesOf(given)).toEqual(['input.secret-twice']));

  it('is in no word of what is wrong, wherever a quote was forgotten', () => {
    // The lines of a key, a token, a list of variables: with padding, quotes and separators of their own.
    const line = fc.stringMatching(/^[A-Za-z0-9+/]{12,40}[=",; ]{0,2}$/);
    const name = fc.constantFrom('secrets', 'secret-envs', 'secret-files');
    fc.assert(
      fc.property(name, fc.uniqueArray(line, { minLength: 1, maxLength: 4 }), (input, lines) => {
        for (const entry of [
          `npm=${lines.join('\n')}`,
          `"npm=${lines.join('\n')}`,
          lines.join('\n'),
          `npm,${lines.join(',')}`,
        ]) {
          const shown = textOf(problemsOf({ [input]: entry }));
          for (const each of lines) expect(shown).not.toContain(each.slice(0, 12));
        }
      }),
    );
  });
});

describe('a list of the build', () => {
  it('is read line by line, and its commas are its own', () => {
    const { build } = configOf({
      'build-args': 'A=1,2\n"B=""x"", y"',
      'build-contexts': 'alpine=docker-image://alpine:3.20\nsrc=https://example.org/x.git#main:sub,dir',
      labels: 'a=b,c',
      'cache-from': 'type=gha,scope=x\ntype=registry,ref=user/app:cache',
      'cache-to': 'type=gha,mode=max',
    });
    expect(build).toMatchObject({
      buildArgs: ['A=1,2', 'B="x", y'],
      buildContexts: ['alpine=docker-image://alpine:3.20', 'src=https://example.org/x.git#main:sub,dir'],
      labels: ['a=b,c'],
      cacheFrom: ['type=gha,scope=x', 'type=registry,ref=user/app:cache'],
      cacheTo: ['type=gha,mode=max'],
    });
  });

  it('of platforms or variables may be one line', () => {
    const { build } = configOf({ platforms: 'linux/amd64,linux/arm64\nwindows/amd64', 'secret-envs': 'a=A,b=B' });
    expect(build.platforms).toEqual(['linux/amd64', 'linux/arm64', 'windows/amd64']);
    expect(build.secrets).toHaveLength(2);
  });

  it('never shows a build context, which may hold a token', () => {
    expect(textOf(problemsOf({ 'build-contexts': 'https://token@example.org/x.git' }))).not.toContain('token');
  });
});
