import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type ImageReference, parseDigest } from '../../src/image/reference';
import { checkPushLogin, type Fetch, grantedActions, isPullable, parseChallenge } from '../../src/image/registry';
import { Secret } from '../../src/system/secret';

const never = new AbortController().signal;

describe('a challenge', () => {
  it.each([
    ['Basic realm="Registry"', { scheme: 'basic', realm: 'Registry' }],
    ['Bearer realm="https://a/t",service="s"', { scheme: 'bearer', realm: 'https://a/t', service: 's' }],
    [
      'bearer  realm="https://a/t", service="s,t", scope="x:y:pull"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's,t' },
    ],
    ['BEARER Realm="https://a/t",Service="s"', { scheme: 'bearer', realm: 'https://a/t', service: 's' }],
    [
      'Bearer realm="https://a/t",service="s",Basic realm="r"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's' },
    ],
    ['Basic realm="r", Bearer realm="https://a/t"', { scheme: 'basic', realm: 'r' }],
    ['Bearer', { scheme: 'bearer' }],
    ['Bearer realm=""', { scheme: 'bearer' }],
    ['Negotiate', { scheme: 'negotiate' }],
    ['', undefined],
    ['"junk"', undefined],
  ])('%s', (header, challenge) => expect(parseChallenge(header)).toEqual(challenge));
});

const path = 'caringnote/caring-note-api';

/** A JSON Web Token with these claims; `.` has to end it even where it is unsigned. */
function jwt(claims: unknown, signature = 'c2lnbmVk'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims)}.${signature}`;
}

/** An entry of the `access` claim, as Docker Hub and others write it. */
const entry = (actions: unknown, more: object = {}) => ({ type: 'repository', name: path, actions, ...more });

describe('what a token grants', () => {
  it.each<[string, unknown, readonly unknown[] | undefined]>([
    ['to pull and to push', { access: [entry(['pull', 'push'])] }, ['pull', 'push']],
    [
      'to pull, with what only its registry understands',
      { iss: 'auth.docker.io', access: [entry(['pull'], { class: '', parameters: { pull_limit: '100' } })] },
      ['pull'],
    ],
    ['in two entries', { access: [entry(['pull']), entry(['push'])] }, ['pull', 'push']],
    [
      'beside what it grants elsewhere',
      {
        access: [
          { type: 'registry', name: path, actions: ['*'] },
          entry(['pull']),
          { ...entry(['push']), name: 'x/y' },
        ],
      },
      ['pull'],
    ],
    ['nothing here', { access: [entry([])] }, []],
    ['nothing here, as Go writes an empty list', { access: [entry(null)] }, []],
    ['nothing at all', { access: [] }, []],
    ['elsewhere only, or here under another name', { access: [{ ...entry(['pull']), name: 'x/y' }] }, undefined],
    ['in words of its own', { access: [{ Type: 'repository', Name: path, Actions: ['pull'] }] }, undefined],
    ['actions that are no list', { access: [entry('pull')] }, undefined],
    ['no actions', { access: [entry(undefined)] }, undefined],
    ['entries that are none', { access: [null, 'pull', 1, [path]] }, undefined],
    ['something else', { access: 'all' }, undefined],
    ['by a scope', { scope: `repository:${path}:pull` }, undefined],
    ['by nothing', null, undefined],
    ['by a number', 7, undefined],
  ])('%s', (_, claims, granted) => {
    expect(grantedActions(jwt(claims), path)).toEqual(granted);
    expect(grantedActions(jwt(claims, ''), path)).toEqual(granted);
  });

  it.each([
    ['none', undefined],
    ['nothing', ''],
    ['opaque', 'djE6Y2FyaW5nbm90ZTpnaHBfeHh4'],
    ['opaque, with dots', 'a.b.c'],
    ['two parts of three', jwt({ access: [entry(['pull'])] }).replace(/\.[^.]*$/, '')],
    ['a token whose claims are no JSON', `e30.${Buffer.from('{"access":[').toString('base64url')}.x`],
  ])('is not known of a token that is %s', (_, token) => expect(grantedActions(token, path)).toBeUndefined());

  it('can be asked of any token', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => jwt(JSON.parse(text))),
        ),
        (token) => {
          expect(grantedActions(token, path)).toBeUndefined();
        },
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (access, actions) => {
        const granted = grantedActions(jwt({ access: [...access, entry(actions)] }), path);
        // JSON knows no -0.
        const said = JSON.parse(JSON.stringify(actions));
        expect(granted).toEqual(said === null ? [] : Array.isArray(said) ? said : undefined);
      }),
    );
  });
});

const CREDENTIALS = { username: 'caringnote', password: new Secret('dckr_pat_right') };
const WRONG = { ...CREDENTIALS, password: new Secret('dckr_pat_wrong') };
const RIGHT_HEADER = `Basic ${Buffer.from('caringnote:dckr_pat_right').toString('base64')}`;

interface Asked {
  readonly at: string;
  readonly method: string;
  readonly url: string;
  readonly accept: string;
  readonly authorization: string | undefined;
}

const servers: Server[] = [];
const asked: Asked[] = [];

/** A server on this machine, which records what it is asked. Gives its `host:port`. */
async function serve(
  at: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    const { url = '', method = '', headers } = request;
    asked.push({ at, url, method, authorization: headers.authorization, accept: headers.accept ?? '' });
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const end = (response: ServerResponse, status: number, headers: Record<string, string> = {}) =>
  void response.writeHead(status, headers).end('{}');

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
  asked.splice(0);
});

describe('the login check', () => {
  describe('at a registry with basic authentication', () => {
    const basic = () =>
      serve('registry', ({ headers }, response) =>
        headers.authorization === RIGHT_HEADER
          ? end(response, 200)
          : end(response, 401, { 'www-authenticate': 'Basic realm="Registry"' }),
      );

    it('finds nothing wrong with the right password', async () => {
      expect(await checkPushLogin({ registry: await basic(), path }, CREDENTIALS, fetch, never)).toBeUndefined();
      expect(asked.map(({ url, authorization }) => [url, authorization])).toEqual([
        ['/v2/', undefined],
        ['/v2/', RIGHT_HEADER],
      ]);
    });

    it('says that the password is wrong', async () => {
      const registry = await basic();
      const problem = await checkPushLogin({ registry, path }, WRONG, fetch, never);
      expect(problem).toEqual({ code: 'registry.login', params: { registry, username: 'caringnote' } });
    });

    it('leaves it to docker where no login was given', async () => {
      expect(await checkPushLogin({ registry: await basic(), path }, undefined, fetch, never)).toBeUndefined();
      expect(asked).toHaveLength(1);
    });
  });

  describe('at a registry with tokens, as Docker Hub is', () => {
    const tokens = (refusal?: number, given: unknown = { token: 'x' }) =>
      serve('tokens', ({ headers }, response) => {
        if (headers.authorization !== RIGHT_HEADER) return end(response, 401);
        return refusal === undefined ? response.end(JSON.stringify(given)) : end(response, refusal);
      });
    const hub = (realm: string) =>
      serve('registry', (_, response) =>
        end(response, 401, {
          'www-authenticate': `Bearer realm="http://${realm}/token?a=b",service="registry.docker.io"`,
        }),
      );

    it('finds nothing wrong with the right password', async () => {
      const registry = await hub(await tokens());
      expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toBeUndefined();
    });

    it('says that the password is wrong', async () => {
      const registry = await hub(await tokens());
      const problem = await checkPushLogin({ registry, path }, WRONG, fetch, never);
      expect(problem).toEqual({ code: 'registry.login', params: { registry, username: 'caringnote' } });
    });

    it('says that the push is not allowed', async () => {
      const registry = await hub(await tokens(403));
      const problem = await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never);
      expect(problem).toEqual({
        code: 'registry.denied',
        params: { repository: `${registry}/${path}`, username: 'caringnote' },
      });
    });

    it.each([404, 429, 500, 503])('leaves an answer %d of the token server to the push', async (status) => {
      expect(
        await checkPushLogin({ registry: await hub(await tokens(status)), path }, CREDENTIALS, fetch, never),
      ).toBeUndefined();
    });

    describe.each(['token', 'access_token'])('which give a %s', (name) => {
      const granting = async (...access: unknown[]) => {
        const registry = await hub(await tokens(undefined, { [name]: jwt({ access }) }));
        const problem = await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never);
        return { problem, params: { repository: `${registry}/${path}`, username: 'caringnote' }, registry };
      };

      it('says that the token is for reading, where it grants pull alone', async () => {
        const { problem, params, registry } = await granting(entry(['pull']));
        expect(problem).toEqual({ code: 'registry.read-only', params: { registry, ...params } });
      });

      it.each([
        ['nothing', []],
        ['nothing for this repository', [entry([])]],
        ['something that is no reading', [entry(['delete'])]],
      ])('says that the push is not allowed, where it grants %s', async (_, access) => {
        const { problem, params } = await granting(...access);
        expect(problem).toEqual({ code: 'registry.denied', params });
      });

      it.each([
        ['push', [entry(['pull', 'push'])]],
        ['everything', [entry(['*'])]],
        ['push in an entry of its own', [entry(['pull']), entry(['push'])]],
        ['something for a repository that we do not know', [{ ...entry(['pull']), name: 'x/y' }]],
      ])('finds nothing wrong where it grants %s', async (_, access) => {
        expect((await granting(...access)).problem).toBeUndefined();
      });
    });

    it.each([
      ['no token', {}],
      ['a token that is none', { token: 7 }],
      ['no object', null],
    ])('finds no problem in an answer with %s: the push has the last word', async (_, given) => {
      const registry = await hub(await tokens(undefined, given));
      expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toBeUndefined();
    });

    it('finds no problem in an answer that is no JSON', async () => {
      const registry = await hub(await serve('tokens', (_, response) => void response.end('<html>')));
      expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toBeUndefined();
    });

    describe('where a token for a push is refused as a wrong password is', () => {
      /** As Docker Hub does with an access token that may not write; without a scope it answers by `login`. */
      const reading = (login: (response: ServerResponse) => void) =>
        serve('tokens', ({ url = '', headers }, response) => {
          if (headers.authorization !== RIGHT_HEADER) return end(response, 401);
          if (!url.includes('scope=')) return login(response);
          return void response.writeHead(401).end('{"details":"access token has insufficient scopes"}');
        });

      it('says that the token is for reading, if it is let in without a scope, as docker login is', async () => {
        const registry = await hub(await reading((response) => void response.end('{"token":"x"}')));
        expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toEqual({
          code: 'registry.read-only',
          params: { registry, repository: `${registry}/${path}`, username: 'caringnote' },
        });
        const [, first, second] = asked;
        expect([first?.authorization, second?.authorization]).toEqual([RIGHT_HEADER, RIGHT_HEADER]);
        expect(first?.url).toContain('scope=');
        expect(second?.url).toBe('/token?a=b&service=registry.docker.io');
      });

      it.each<[string, (response: ServerResponse) => void]>([
        ['is refused', (response) => end(response, 401)],
        ['is asked too often', (response) => end(response, 429)],
        ['finds a fault', (response) => end(response, 500)],
        ['finds nobody', (response) => response.destroy()],
      ])('says that the password is wrong, if even that %s', async (_, login) => {
        const registry = await hub(await reading(login));
        expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toEqual({
          code: 'registry.login',
          params: { registry, username: 'caringnote' },
        });
      });
    });

    it('asks for the right to pull and push this repository, and sends the password to the realm only', async () => {
      await checkPushLogin({ registry: await hub(await tokens()), path }, CREDENTIALS, fetch, never);
      expect(asked.map(({ at, authorization }) => [at, authorization])).toEqual([
        ['registry', undefined],
        ['tokens', RIGHT_HEADER],
      ]);
      const { pathname, searchParams } = new URL(asked[1]?.url ?? '', 'http://x');
      expect([pathname, Object.fromEntries(searchParams)]).toEqual([
        '/token',
        { a: 'b', service: 'registry.docker.io', scope: `repository:${path}:pull,push` },
      ]);
    });

    it('sends the password nowhere else when the realm points on to another server', async () => {
      const elsewhere = await serve('elsewhere', (_, response) => end(response, 200));
      const realm = await serve('tokens', (_, response) => end(response, 307, { location: `http://${elsewhere}/` }));
      await checkPushLogin({ registry: await hub(realm), path }, CREDENTIALS, fetch, never);
      expect(asked.filter(({ at }) => at === 'elsewhere').map(({ authorization }) => authorization)).toEqual([
        undefined,
      ]);
    });
  });

  it.each([
    ['lets anybody in', 200, {}],
    ['is none', 404, {}],
    ['has a fault', 500, {}],
    ['refuses without saying how to log in', 401, {}],
    ['names a scheme that we do not know', 401, { 'www-authenticate': 'Negotiate' }],
    ['names no realm', 401, { 'www-authenticate': 'Bearer service="x"' }],
    ['names a realm that is no address', 401, { 'www-authenticate': 'Bearer realm="nonsense"' }],
    ['names a realm that is no web address', 401, { 'www-authenticate': 'Bearer realm="file:///etc/passwd"' }],
  ])('finds no problem at a server that %s: the push has the last word', async (_, status, headers) => {
    const registry = await serve('registry', (_request, response) => end(response, status, headers));
    expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toBeUndefined();
    expect(asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('finds no problem where nobody listens', async () => {
    const registry = await serve('registry', (_, response) => end(response, 200));
    const [server] = servers.splice(0);
    await new Promise((closed) => server?.close(closed));
    expect(await checkPushLogin({ registry, path }, CREDENTIALS, fetch, never)).toBeUndefined();
  });

  it('does not wait for ever for a server that never answers', async () => {
    const registry = await serve('registry', () => {});
    const signals: AbortSignal[] = [];
    const impatient: Fetch = (url, init) => {
      signals.push(init.signal);
      return fetch(url, { ...init, signal: AbortSignal.any([init.signal, AbortSignal.timeout(50)]) });
    };
    expect(await checkPushLogin({ registry, path }, CREDENTIALS, impatient, never)).toBeUndefined();
    expect(signals).toHaveLength(1);
  });

  it.each([
    ['docker.io', 'https://registry-1.docker.io/v2/'],
    ['ghcr.io', 'https://ghcr.io/v2/'],
    ['localhost.example.org', 'https://localhost.example.org/v2/'],
    ['localhost', 'http://localhost/v2/'],
    ['localhost:5000', 'http://localhost:5000/v2/'],
    ['[::1]:5000', 'http://[::1]:5000/v2/'],
    ['192.168.0.2:5000', 'https://192.168.0.2:5000/v2/'],
  ])('asks %s at %s', async (registry, url) => {
    const urls: string[] = [];
    const ask: Fetch = async (each) => {
      urls.push(each);
      return new Response(null, { status: 200 });
    };
    await checkPushLogin({ registry, path }, CREDENTIALS, ask, never);
    expect(urls).toEqual([url]);
  });
});

describe('whether an image can still be pulled', () => {
  const tag = 'old';
  const digest = parseDigest(`sha256:${'1'.repeat(64)}`).value;
  const MANIFEST = `/v2/${path}/manifests/${tag}`;
  const image = (registry: string, more: Partial<ImageReference> = { tag }): ImageReference => ({
    repository: { registry, path },
    ...more,
  });

  /** A registry that lets `authorization` in, or anybody, and then answers for a manifest with `status`. */
  const registry = (status: number, authorization?: string, challenge = 'Basic realm="Registry"') =>
    serve('registry', ({ url, headers }, response) => {
      if (authorization !== undefined && headers.authorization !== authorization)
        return end(response, 401, { 'www-authenticate': challenge });
      return url === '/v2/' ? end(response, 200) : void response.writeHead(status).end();
    });
  const tokens = (answer: object, status = 200) =>
    serve('tokens', (_, response) => void response.writeHead(status).end(JSON.stringify(answer)));

  describe.each<[number, boolean | undefined]>([
    [200, true],
    [404, false],
    [401, undefined],
    [403, undefined],
    [429, undefined],
    [500, undefined],
    [503, undefined],
  ])('where the registry answers %d', (status, pullable) => {
    it(`is ${pullable}, at one that lets anybody in`, async () =>
      expect(await isPullable(image(await registry(status)), undefined, fetch, never)).toBe(pullable));

    it(`is ${pullable}, at one with a password`, async () => {
      const at = await registry(status, RIGHT_HEADER);
      expect(await isPullable(image(at), CREDENTIALS, fetch, never)).toBe(pullable);
    });

    it.each(['token', 'access_token'])(`is ${pullable}, at one that takes a token (%s)`, async (name) => {
      const realm = await tokens({ [name]: 'x' });
      const at = await registry(status, 'Bearer x', `Bearer realm="http://${realm}/token",service="s"`);
      expect(await isPullable(image(at), CREDENTIALS, fetch, never)).toBe(pullable);
    });
  });

  it('is asked by a HEAD for manifests of every kind, which pulls nothing', async () => {
    await isPullable(image(await registry(200)), CREDENTIALS, fetch, never);
    const [, last] = asked;
    expect([last?.method, last?.url]).toEqual(['HEAD', MANIFEST]);
    for (const kind of ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.list.v2'])
      expect(last?.accept).toContain(`application/vnd.${kind}+json`);
    expect(last?.accept).not.toContain('$');
  });

  it.each<[string, Partial<ImageReference>, string]>([
    ['its digest, where it has one', { tag, ...(digest && { digest }) }, digest ?? ''],
    ['its tag', { tag }, tag],
    ['latest, where it names nothing', {}, 'latest'],
  ])('goes by %s', async (_, names, last) => {
    await isPullable(image(await registry(200), names), undefined, fetch, never);
    expect(asked.at(-1)?.url).toBe(`/v2/${path}/manifests/${last}`);
  });

  it('asks for the right to pull only, with the login or without one, and shows the password to the realm alone', async () => {
    const realm = await tokens({ token: 'x' });
    const at = await registry(200, 'Bearer x', `Bearer realm="http://${realm}/token",service="s"`);
    for (const credentials of [CREDENTIALS, undefined]) await isPullable(image(at), credentials, fetch, never);
    const token = `/token?service=s&scope=${encodeURIComponent(`repository:${path}:pull`)}`;
    expect(asked.map(({ at: where, url, authorization }) => [where, url, authorization])).toEqual([
      ['registry', '/v2/', undefined],
      ['tokens', token, RIGHT_HEADER],
      ['registry', MANIFEST, 'Bearer x'],
      ['registry', '/v2/', undefined],
      ['tokens', token, undefined],
      ['registry', MANIFEST, 'Bearer x'],
    ]);
  });

  it.each<[string, typeof CREDENTIALS | undefined]>([
    ['a wrong password', WRONG],
    ['no password', undefined],
  ])('is not known with %s', async (_, credentials) =>
    expect(await isPullable(image(await registry(404, RIGHT_HEADER)), credentials, fetch, never)).toBeUndefined(),
  );

  it.each<[string, object, number]>([
    ['a refusal', {}, 401],
    ['a rate limit', {}, 429],
    ['no token', {}, 200],
  ])('is not known, and not asked, where the token server gives %s', async (_, answer, status) => {
    const realm = await tokens(answer, status);
    const at = await registry(404, 'Bearer x', `Bearer realm="http://${realm}/token"`);
    expect(await isPullable(image(at), CREDENTIALS, fetch, never)).toBeUndefined();
    expect(asked.map(({ url }) => url)).not.toContain(MANIFEST);
  });

  it.each([
    ['is none', 404, {}],
    ['has a fault', 500, {}],
    ['does not say how to log in', 401, {}],
    ['names a scheme that we do not know', 401, { 'www-authenticate': 'Negotiate' }],
    ['names a realm that is no address', 401, { 'www-authenticate': 'Bearer realm="nonsense"' }],
  ])('is not known of a server that %s', async (_, status, headers) => {
    const at = await serve('registry', (_request, response) => end(response, status, headers));
    expect(await isPullable(image(at), CREDENTIALS, fetch, never)).toBeUndefined();
    expect(asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('is not known of a server that nobody can reach, or that the run no longer waits for', async () => {
    const unreachable: Fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await isPullable(image('ghcr.io'), undefined, unreachable, never)).toBeUndefined();
    const at = await serve('registry', () => {});
    expect(await isPullable(image(at), undefined, fetch, AbortSignal.timeout(50))).toBeUndefined();
  });

  it('has one limit of time for all its questions', async () => {
    const signals = new Set<AbortSignal>();
    const ask: Fetch = async (_, { signal }) => {
      signals.add(signal);
      return new Response(null, { status: 200 });
    };
    await isPullable(image('ghcr.io'), undefined, ask, never);
    expect(signals.size).toBe(1);
  });
});
