import fc from 'fast-check';
import { parseLogins } from '../../src/inputs/logins';
import { parseInputs } from '../../src/inputs/parse';
import { Secret } from '../../src/system/secret';
import { codesOf, configOf, problemsOf, RUN, rawInputs, textOf } from './sample';

const loginsOf = async (text: string) => {
  const { logins, problems } = await parseLogins(text);
  expect(problems).toEqual([]);
  return logins.map(({ registry, username, password }) => [registry, username, password.reveal()]);
};
const entry = (registry: string) => `- registry: ${registry}\n  username: u\n  password: p\n`;

describe('further logins', () => {
  it('are read as docker/login-action writes them', async () => {
    const text = `
- registry: ghcr.io
  username: somebody
  password: ghp_x
- username: caringnote
  password: dckr_pat_y
`;
    expect(await loginsOf(text)).toEqual([
      ['ghcr.io', 'somebody', 'ghp_x'],
      ['docker.io', 'caringnote', 'dckr_pat_y'],
    ]);
  });

  it.each(['', ' \n', '\t'])('are none where %j is given', async (text) => expect(await loginsOf(text)).toEqual([]));

  it.each([
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['ghcr.io', 'ghcr.io'],
    ['ghcr.io/', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['https://registry.example.org/v2/', 'registry.example.org'],
    ['localhost:5000', 'localhost:5000'],
    ['http://localhost:5000', 'localhost:5000'],
    ['localhost', 'localhost'],
    ['127.0.0.1:5000', '127.0.0.1:5000'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ])('for %s are those of %s, as an image names it', async (given, registry) =>
    expect(await loginsOf(entry(given))).toEqual([[registry, 'u', 'p']]),
  );

  it.each([
    'p:q',
    "it's",
    'a#b',
    'with "quotes"',
    'a\nb',
    'a: b',
    '{x}',
    '*x',
    '!x',
    '%x',
    '@x',
    '비밀번호 🙂',
    ' x ',
    '0123',
    'null',
    'true',
  ])('may have the password %j, in quotes', async (password) => {
    const text = `- registry: ghcr.io\n  username: u\n  password: ${JSON.stringify(password)}`;
    expect(await loginsOf(text)).toEqual([['ghcr.io', 'u', password]]);
  });

  it('may have any password, in quotes', async () => {
    const name = fc.string({ minLength: 1 }).filter((each) => !each.includes(':'));
    await fc.assert(
      fc.asyncProperty(name, fc.string({ minLength: 1 }), async (username, password) => {
        const text = `- { registry: ghcr.io, username: ${JSON.stringify(username)}, password: ${JSON.stringify(password)} }`;
        expect(await loginsOf(text)).toEqual([['ghcr.io', username, password]]);
      }),
    );
  });

  it('become part of the configuration', () => {
    const logins = [{ registry: 'ghcr.io', username: 'u', password: new Secret('p') }];
    expect(configOf({}, RUN, logins).image.otherLogins).toEqual(logins);
  });
});

/** Every shape of mistake; `hunter2` stands wherever something secret may stand. */
const MISTAKES: [string, string][] = [
  ['a word', 'hunter2'],
  ['a number', '1234567890'],
  ['one login, no list', 'registry: ghcr.io\nusername: u\npassword: hunter2'],
  ['an empty list', '[]'],
  ['a list of words', '- hunter2'],
  ['a list in a list', '- - hunter2'],
  ['nothing in it', '- null'],
  ['a password alone', '- password: hunter2'],
  ['no user name', '- registry: ghcr.io\n  password: hunter2'],
  ['an empty user name', '- registry: ghcr.io\n  username: ""\n  password: hunter2'],
  ['no password', '- registry: ghcr.io\n  username: hunter2'],
  ['an empty password, as of a secret that is not seen', '- registry: ghcr.io\n  username: hunter2\n  password: '],
  ['a password of digits', '- registry: ghcr.io\n  username: u\n  password: 1234567890'],
  ['a password that is a truth', '- registry: ghcr.io\n  username: u\n  password: true'],
  ['a password that is a list', '- registry: ghcr.io\n  username: u\n  password: [hunter2]'],
  ['a password with a colon', '- registry: ghcr.io\n  username: u\n  password: a: hunter2'],
  ['a password that YAML takes for a name', '- registry: ghcr.io\n  username: u\n  password: *hunter2'],
  ['a password with a tag', '- registry: ghcr.io\n  username: [u]\n  password: !hunter2 hunter2'],
  ['a password that begins with a sign of YAML', '- registry: ghcr.io\n  username: u\n  password: @hunter2'],
  ['a password whose quote is never closed', '- registry: ghcr.io\n  username: u\n  password: "hunter2'],
  ['a key that is none', '- registry: ghcr.io\n  username: u\n  password: hunter2\n  hunter2: x'],
  ['a key that is a list', '- registry: ghcr.io\n  username: u\n  ? [hunter2]\n  : x\n  password: hunter2'],
  ['a key twice', '- registry: ghcr.io\n  username: u\n  password: hunter2\n  password: hunter2'],
  ['another name for a key', '- server: ghcr.io\n  username: u\n  password: hunter2'],
  ['no registry name', '- registry: hunter2\n  username: u\n  password: hunter2'],
  ['a registry that is a user', '- registry: u:hunter2@ghcr.io\n  username: u\n  password: hunter2'],
  ['a registry that is a number', '- registry: 5000\n  username: u\n  password: hunter2'],
  ['an empty registry', '- registry: ""\n  username: u\n  password: hunter2'],
  ['tabs', '- registry: ghcr.io\n\tusername: u\n\tpassword: hunter2'],
  ['a wrong indent', '- registry: ghcr.io\n username: u\n   password: hunter2'],
  ['two documents', `- hunter2\n---\n- hunter2`],
  ['a directive', '%hunter2\n---\n- hunter2'],
  ['JSON that is cut off', '[{"registry": "ghcr.io", "username": "u", "password": "hunter2"'],
  ['a docker configuration', '{"auths": {"ghcr.io": {"auth": "hunter2"}}}'],
  ['a long line', `- registry: ghcr.io\n  username: ${'x'.repeat(200)}\n  password: [${'hunter2 '.repeat(30)}`],
];

describe('a mistake in them', () => {
  it.each(MISTAKES)('(%s) is told, and no part of it is repeated', async (_, text) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const { logins, problems } = await parseLogins(text);
      expect(logins).toEqual([]);
      expect(problems.map(({ code }) => code)).toEqual(['input.registry-auth']);
      expect(textOf(problems)).not.toMatch(/hunter2|1234567890/);
      // What the reader of YAML warns of, it shows.
      expect(warn.mock.calls).toEqual([]);
    } finally {
      warn.mockRestore();
    }
  });

  it('is told with the number of the entry', async () => {
    const { logins, problems } = await parseLogins(`${entry('ghcr.io')}- username: u\n${entry('quay.io')}- hunter2`);
    expect(logins.map(({ registry }) => registry)).toEqual(['ghcr.io', 'quay.io']);
    expect(problems).toEqual([
      { code: 'input.registry-auth', params: { entry: 2 } },
      { code: 'input.registry-auth', params: { entry: 4 } },
    ]);
  });

  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['docker.io', 'https://index.docker.io/v1/'],
    ['localhost:5000', 'http://localhost:5000/'],
  ])('of two logins for one registry (%s and %s) is told', async (one, other) => {
    const { problems } = await parseLogins(entry(one) + entry('quay.io') + entry(other));
    expect(problems).toEqual([{ code: 'input.login-twice', params: { registry: one } }]);
  });

  it('of a second login for the registry of the image is told', () => {
    const raw = rawInputs({ image: 'ghcr.io/a/b', 'registry-username': 'u', 'registry-password': 'p' });
    const login = (registry: string) => [{ registry, username: 'x', password: new Secret('y') }];
    expect(parseInputs(raw, RUN, login('ghcr.io'))).toEqual({
      problems: [{ code: 'input.login-twice', params: { registry: 'ghcr.io' } }],
    });
    expect(parseInputs(raw, RUN, login('docker.io'))).toHaveProperty('config');
    // The further login may be the only one.
    expect(parseInputs(rawInputs({ image: 'ghcr.io/a/b' }), RUN, login('ghcr.io'))).toHaveProperty('config');
  });

  it('never throws, and never shows a password', async () => {
    const word = fc.constantFrom(
      'registry',
      'username',
      'password',
      'ghcr.io',
      ': ',
      '- ',
      '\n',
      '  ',
      '"',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '!x ',
      '|',
      '>',
      '#',
      '%',
      '---',
      'hunter2',
      ',',
      '? ',
    );
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
          const { logins, problems } = await parseLogins(words.join(''));
          expect(textOf(problems)).not.toContain('hunter2');
          for (const { password } of logins) expect(password.reveal()).not.toBe('');
        }),
        { numRuns: 500 },
      );
      expect(warn.mock.calls).toEqual([]);
    } finally {
      warn.mockRestore();
    }
  });
});

it('the input itself is looked at elsewhere', () => {
  expect(codesOf({ 'registry-auth': 'hunter2' })).toEqual([]);
  expect(problemsOf({ 'registry-auth': '- x' })).toEqual([]);
});
