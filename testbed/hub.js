// A registry that is logged in to as Docker Hub is: a token server, and a front before a real registry that asks for no
// login. A repository belongs to the user that it is named after, needs not exist to be pushed to, and is public unless
// it is said to be private. Source: the token flow of github.com/distribution/distribution/blob/main/docs/content/spec/auth
// (token.md, oauth.md, jwt.md, scope.md); the texts are Docker Hub's.

const { createHmac, randomBytes } = require('node:crypto');
const { error, pass, say, startProxy } = require('./registry-proxy');

/** @typedef {import('./registry-proxy').Request} Request */
/** @typedef {import('./registry-proxy').Answer} Answer */

/**
 * An access token of a user; one user may have several. Asked to push with one that may not, Docker Hub refuses as if the
 * password were wrong; other registries' token servers grant what is left (`refuses: false`), as the specification says.
 *
 * @typedef {{ username: string, password: string, mayWrite?: boolean, refuses?: boolean }} Account
 */

/**
 * A token that was asked for. `how` the asker said who they are: not at all, in a header, in a form, or by a token of an
 * earlier login.
 *
 * @typedef {object} Login
 * @property {'anonymous' | 'basic' | 'password' | 'refresh_token'} how
 * @property {string} username
 * @property {string[]} scopes
 * @property {number} status
 * @property {string[]} granted Likewise, as far as it went.
 * @property {string} client What the asker calls itself.
 */

/** @typedef {{ method: string, path: string, host: string, username: string, status: number }} Asked A request for the registry. */

/**
 * @typedef {object} Hub
 * @property {string} address Such as 127.0.0.1:4711. It is an HTTP proxy for any host's name too, and answers for all of them alike.
 * @property {Login[]} logins
 * @property {Asked[]} asked
 * @property {(left: number) => void} limitPulls How many manifests may still be had without a login.
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ type: string, name: string, actions: string[] }} Access */

const SERVICE = 'registry.docker.io';
const TOKEN_SECONDS = 300;
const RATE_LIMIT =
  'You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit';

/**
 * @param {string} upstream Host and port of the real registry.
 * @param {{ accounts: readonly Account[], isPrivate?: (name: string) => boolean, takesForms?: boolean }} options
 * `takesForms`: whether a token may be asked for by POST; Google's and others' know GET alone.
 * @returns {Promise<Hub>}
 */
async function startHub(upstream, { accounts, isPrivate = () => false, takesForms = true }) {
  const key = randomBytes(32);
  const [logins, asked] = [/** @type {Login[]} */ ([]), /** @type {Asked[]} */ ([])];
  let pullsLeft = Number.POSITIVE_INFINITY;

  const front = (request, answer, ask) => {
    const { method = 'GET', headers } = request;
    const { host, pathname, search, searchParams } = new URL(request.url ?? '/', `http://${headers.host}`);
    request.url = `${pathname}${search}`;
    if (pathname === '/token') return giveToken(request, answer);
    const token = headers.authorization && readToken(/^Bearer (.+)$/.exec(headers.authorization)?.[1] ?? '', key);
    const record = { method, path: request.url, host, username: token ? token.sub : '', status: 0 };
    asked.push(record);
    answer.on('finish', () => {
      record.status = answer.statusCode;
    });
    const needs = needsOf(method, pathname, searchParams.get('from'));
    const has = ({ name, actions }) => token && actions.every((action) => mayDo(token.access, name, action));
    if (!token || !needs.every(has)) return refuse(request, answer, needs, token);
    if (token.sub === '' && method === 'GET' && /\/manifests\//.test(pathname) && pullsLeft-- <= 0)
      return say(answer, 429, error('TOOMANYREQUESTS', RATE_LIMIT));
    pass(request, answer, ask());
  };

  const giveToken = async (request, answer) => {
    const isForm = request.method === 'POST';
    const asker = isForm ? await readForm(request) : readQuery(request);
    if (isForm && !takesForms) return say(answer, 405, '');
    const { how, username, scopes, client } = asker;
    const { refusal, account, access = [] } = judge(asker);
    const status = refusal ? 401 : 200;
    logins.push({ how, username, scopes, status, granted: access.map(printAccess), client });
    if (refusal) return say(answer, status, JSON.stringify({ details: refusal }));
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + TOKEN_SECONDS };
    const token = sign({ iss: 'hub', aud: SERVICE, sub: account?.username ?? '', ...times, access }, key);
    const body = {
      ...(isForm ? { scope: scopes.join(' ') } : { token }),
      access_token: token,
      ...(account && asker.isOffline && { refresh_token: refreshToken(account, key) }),
      expires_in: TOKEN_SECONDS,
      issued_at: new Date(now * 1000).toISOString(),
    };
    say(answer, status, JSON.stringify(body));
  };

  /** What an asker may have of what is asked for, or why the token server gives nothing at all. */
  const judge = ({ how, username, secret, scopes }) => {
    const isOf = (account) =>
      how === 'refresh_token'
        ? refreshToken(account, key) === secret
        : account.username === username && account.password === secret;
    const account = accounts.find(isOf);
    if (!account && how !== 'anonymous') return { refusal: 'incorrect username or password' };
    const asks = scopes.map(readScope);
    const isWriting = asks.some(({ actions }) => actions.some((action) => action !== 'pull'));
    if (isWriting && account?.mayWrite === false && account.refuses !== false)
      return { refusal: 'access token has insufficient scopes' };
    const access = asks.map(({ type, name, actions }) => {
      const rights = type === 'repository' ? rightsOn(name, account) : [];
      return { type, name, actions: actions.filter((action) => rights.includes(action)) };
    });
    return { account, access };
  };

  const rightsOn = (name, account) => {
    const isOwn = account !== undefined && name.startsWith(`${account.username}/`);
    if (isOwn && account.mayWrite !== false) return ['pull', 'push', 'delete'];
    return isOwn || !isPrivate(name) ? ['pull'] : [];
  };

  const refuse = (request, answer, needs, token) => {
    request.resume();
    const { authorization } = request.headers;
    const reason = token ? 'insufficient_scope' : authorization ? 'invalid_token' : undefined;
    const parts = {
      // Its own name also where it is asked by another: whoever fetches the token may not come through it as a proxy.
      realm: `http://${proxy.address}/token`,
      service: SERVICE,
      ...(needs.length > 0 && { scope: needs.map(printAccess).join(' ') }),
      ...(reason && { error: reason }),
    };
    const detail = needs.flatMap(({ type: Type, name: Name, actions }) =>
      actions.map((Action) => ({ Type, Class: '', Name, Action })),
    );
    say(answer, 401, error('UNAUTHORIZED', 'authentication required', detail.length > 0 ? detail : null), {
      'docker-distribution-api-version': 'registry/2.0',
      'www-authenticate': `Bearer ${Object.entries(parts)
        .map(([name, value]) => `${name}="${value}"`)
        .join(',')}`,
    });
  };

  const proxy = await startProxy(upstream, front);
  return {
    ...proxy,
    logins,
    asked,
    limitPulls: (left) => {
      pullsLeft = left;
    },
  };
}

/** What a request needs a token for. @param {string} method @param {string} path @param {string | null} from Where a layer is taken over from. @returns {Access[]} */
function needsOf(method, path, from) {
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(path)?.[1];
  if (name === undefined) return [];
  const actions =
    method === 'GET' || method === 'HEAD' ? ['pull'] : method === 'DELETE' ? ['delete'] : ['pull', 'push'];
  const needs = [{ type: 'repository', name, actions }];
  if (method === 'POST' && from) needs.push({ type: 'repository', name: from, actions: ['pull'] });
  return needs;
}

function mayDo(access, name, action) {
  return access.some((each) => each.type === 'repository' && each.name === name && each.actions.includes(action));
}

function readQuery({ url, headers }) {
  const query = new URLSearchParams(url?.split('?')[1]);
  const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  const [, username = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  const how = /** @type {const} */ (encoded === undefined ? 'anonymous' : 'basic');
  return { ...askedFor(query, headers), how, username, secret, isOffline: query.get('offline_token') === 'true' };
}

async function readForm(request) {
  const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
  const how = /** @type {const} */ (form.get('grant_type') === 'refresh_token' ? 'refresh_token' : 'password');
  const secret = form.get(how) ?? '';
  const isOffline = form.get('access_type') === 'offline';
  return { ...askedFor(form, request.headers), how, username: form.get('username') ?? '', secret, isOffline };
}

/** @param {URLSearchParams} parameters @param {import('node:http').IncomingHttpHeaders} headers */
function askedFor(parameters, headers) {
  const scopes = parameters.getAll('scope').flatMap((scope) => scope.split(' ').filter(Boolean));
  return { scopes, client: parameters.get('client_id') ?? headers['user-agent'] ?? '' };
}

/** A name may hold a port. @param {string} scope @returns {Access} */
function readScope(scope) {
  const [type = '', ...rest] = scope.split(':');
  const actions = (rest.pop() ?? '').split(',').filter(Boolean);
  return { type, name: rest.join(':'), actions };
}

/** @param {Access} access */
function printAccess({ type, name, actions }) {
  return `${type}:${name}:${actions.join(',')}`;
}

/** One that is good for as long as the server lives. @param {Account} account @param {Buffer} key */
function refreshToken({ username, password }, key) {
  return mac(`${username}:${password}`, key);
}

function sign(claims, key) {
  const text = [{ typ: 'JWT', alg: 'HS256' }, claims]
    .map((each) => Buffer.from(JSON.stringify(each)).toString('base64url'))
    .join('.');
  return `${text}.${mac(text, key)}`;
}

/** The claims of a token of ours that is still good. @returns {{ sub: string, access: Access[] } | undefined} */
function readToken(token, key) {
  const [header, claims = '', signature] = token.split('.');
  if (signature !== mac(`${header}.${claims}`, key)) return undefined;
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return read.exp * 1000 > Date.now() ? read : undefined;
}

function mac(text, key) {
  return createHmac('sha256', key).update(text).digest('base64url');
}

module.exports = { startHub };
