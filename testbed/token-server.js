// The login of a registry such as Docker Hub's: a token server that grants pull to anybody and push to one.
// Source: github.com/distribution/distribution/blob/main/docs/content/spec/auth/token.md and jwt.md beside it.

const { createHmac, randomBytes } = require('node:crypto');
const { error, say } = require('./registry-proxy');

/** @typedef {import('./registry-proxy').Request} Request */
/** @typedef {import('./registry-proxy').Answer} Answer */

const TOKEN_SECONDS = 300;
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param {{ username: string, password: string }} login */
function tokenServer(login) {
  const key = randomBytes(32);
  const sign = (text) => createHmac('sha256', key).update(text).digest('base64url');

  /** Answers at /token. @param {Request} request @param {Answer} answer @param {string[]} [grant] The most it grants. */
  const give = async (request, answer, grant = ['pull', 'push']) => {
    const asked = new URLSearchParams(
      request.method === 'POST' ? Buffer.concat(await request.toArray()).toString() : request.url?.split('?')[1],
    );
    const who = asked.has('password') ? `${asked.get('username')}:${asked.get('password')}` : basic(request);
    const isKnown = who === `${login.username}:${login.password}`;
    if (who && !isKnown) return say(answer, 401, '{"details":"incorrect username or password"}\n');
    const most = isKnown ? grant : ['pull'];
    const scopes = asked.getAll('scope').flatMap((scope) => scope.split(' '));
    const access = scopes.filter(Boolean).map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => most.includes(action)) };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'testbed', sub: who?.split(':')[0] ?? '', iat: now, exp: now + TOKEN_SECONDS, access };
    const text = `${base64url({ typ: 'JWT', alg: 'HS256' })}.${base64url(claims)}`;
    const token = `${text}.${sign(text)}`;
    const issued = { issued_at: new Date(now * 1000).toISOString(), expires_in: TOKEN_SECONDS };
    say(answer, 200, JSON.stringify({ token, access_token: token, ...issued }));
  };

  /** Whether a request's token lets it in; answers it, where it does not. @param {Request} request @param {Answer} answer @param {string} name */
  const allow = (request, answer, name) => {
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const action = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
    const claims = token ? read(token) : undefined;
    const isAllowed = (access) => access.name === name && access.actions.includes(action);
    if (claims && (name === '' || claims.access.some(isAllowed))) return true;
    request.resume();
    unauthorized(request, answer, name, action === 'push' ? 'pull,push' : 'pull', token && 'insufficient_scope');
    return false;
  };

  const read = (token) => {
    const [header, claims = '', signature] = token.split('.');
    if (sign(`${header}.${claims}`) !== signature) return undefined;
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return read.exp * 1000 > Date.now() ? read : undefined;
  };
  return { give, allow };
}

function basic({ headers }) {
  const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString();
}

/**
 * Says where a token is to be had. With the detail that Docker Hub gives: docker takes an error without one for
 * another, and tries again.
 *
 * @param {Request} request
 * @param {Answer} answer
 * @param {string} name
 * @param {string} actions
 * @param {string} [reason]
 */
function unauthorized({ headers: { host } }, answer, name, actions, reason) {
  const scope = name && `repository:${name}:${actions}`;
  const parts = {
    realm: `http://${host}/token`,
    service: host,
    ...(scope && { scope }),
    ...(reason && { error: reason }),
  };
  const challenge = Object.entries(parts).map(([key, value]) => `${key}="${value}"`);
  const detail = scope
    ? actions.split(',').map((Action) => ({ Type: 'repository', Class: '', Name: name, Action }))
    : null;
  say(answer, 401, error('UNAUTHORIZED', 'authentication required', detail), {
    'www-authenticate': `Bearer ${challenge.join(',')}`,
  });
}

module.exports = { tokenServer, unauthorized };
