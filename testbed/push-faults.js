// A registry that fails pushes: a proxy before a real one, told at which stage, how, and how often. It asks for a
// login as Docker Hub does, with a token server at its own address.

const { Transform } = require('node:stream');
const { error, pass, say, startProxy } = require('./registry-proxy');
const { tokenServer, unauthorized } = require('./token-server');

/** @typedef {import('./registry-proxy').Request} Request */
/** @typedef {import('./registry-proxy').Answer} Answer */

/**
 * What a request is for. `upload`: the bytes of a layer, which BuildKit also commits by it; the engine does that with
 * `upload-commit`. `manifest-read`: of a base image, or of the pushed one before it is there; `read-back`: after.
 *
 * @typedef {'ping' | 'token' | 'blob-check' | 'upload-start' | 'upload' | 'upload-commit' | 'manifest' | 'read-back' | 'manifest-read' | 'other'} Stage
 */

/** @typedef {{ method: string, path: string, agent: string, stage: Stage, fault?: string, status?: number, ms: number }} Seen */

/**
 * @typedef {object} Exchange
 * @property {Request} request
 * @property {Answer} answer
 * @property {(() => import('node:http').ClientRequest) | undefined} ask Nothing where the proxy itself is asked: for a token.
 * @property {string} name Of the repository; empty where the request has none.
 * @property {() => void} forward
 * @property {() => void} grantPull Gives a token that may not push.
 * @property {() => boolean} bite Whether a fault that does not come to every request comes this time.
 */

const MIDWAY_BYTES = 2 ** 20;
const SLOW_BYTES_A_SECOND = 2 ** 18;

const page = (title) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1></body>\r\n</html>\r\n`;
const gateway = (status, title) => (exchange) =>
  say(exchange.answer, status, page(`${status} ${title}`), { 'content-type': 'text/html' });
/** Docker Hub's, as is its plain text and its minute: github.com/docker/hub-feedback/issues/1907. */
const rateLimit = (headers) => (exchange) =>
  say(exchange.answer, 429, 'Too Many Requests (HAP429).\n', { 'content-type': 'text/plain', ...headers });
const refuse = (status, code, message) => (exchange) => say(exchange.answer, status, error(code, message(exchange)));
const SECONDARY_LIMIT =
  'permission_denied: Error from intermediary with HTTP status code 403 "Forbidden" - with-body: {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}';
const PULL_LIMIT = 'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit';

/** @satisfies {Record<string, (exchange: Exchange) => void>} */
const faults = {
  500: refuse(500, 'UNKNOWN', () => 'unknown error'),
  502: gateway(502, 'Bad Gateway'),
  503: gateway(503, 'Service Unavailable'),
  'rate-limit': rateLimit({}),
  'rate-limit-retry-after': rateLimit({ 'retry-after': '2' }),
  /** GHCR's: github.com/chainguard-images/images/issues/173. */
  'rate-limit-json': refuse(429, 'TOOMANYREQUESTS', () => 'retry-after: 10.305464ms, allowed: 2000/minute'),
  /** GHCR's other one, which passes for a refusal: github.com/virtualcell/vcell/issues/1888. */
  'secondary-rate-limit': refuse(403, 'DENIED', () => SECONDARY_LIMIT),
  'pull-limit': ({ request, answer, forward, bite }) => {
    // Docker Hub counts what is got, not what is asked for.
    if (request.method === 'HEAD' || !bite()) return forward();
    say(answer, 429, error('TOOMANYREQUESTS', PULL_LIMIT));
  },
  reset: ({ request }) => request.socket.resetAndDestroy(),
  hang: () => {},
  '500-midway': (exchange) => midway(exchange, () => faults[500](exchange)),
  'rate-limit-midway': (exchange) => midway(exchange, () => faults['rate-limit'](exchange)),
  'reset-midway': (exchange) => midway(exchange, () => faults.reset(exchange)),
  'hang-midway': (exchange) => midway(exchange, () => exchange.request.pause()),
  slow: ({ request, answer, ask, forward }) => (ask ? pass(request, answer, ask(), trickle()) : forward()),
  truncate: cutShort,
  denied: ({ request, answer, name }) => unauthorized(request, answer, name, 'pull,push', 'insufficient_scope'),
  /** Docker Hub's, and in few words. */
  forbidden: refuse(403, 'DENIED', () => 'requested access to the resource is denied'),
  /** GHCR's: github.com/danger/danger-js/issues/1414. */
  'forbidden-package': refuse(403, 'DENIED', () => 'permission_denied: write_package'),
  /** Harbor's, also of a project that is not there: github.com/goharbor/harbor/issues/13115. */
  'harbor-denied': ({ answer, name }) => {
    const text = `unauthorized to access repository: ${name}, action: push`;
    say(answer, 401, error('UNAUTHORIZED', `${text}: ${text}`));
  },
  'wrong-password': ({ answer }) => say(answer, 401, '{"details":"incorrect username or password"}\n'),
  /** A token of Docker Hub's for reading: github.com/spinalcordtoolbox/spinalcordtoolbox/issues/5286. */
  'read-only': ({ answer }) => say(answer, 401, '{"details":"access token has insufficient scopes"}\n'),
  /** Other token servers grant what they can; then the registry says no. */
  'pull-only': ({ grantPull }) => grantPull(),
  /** ECR's: github.com/actions/starter-workflows/issues/2647. */
  'missing-repository': refuse(404, 'NAME_UNKNOWN', ({ name }) => {
    return `The repository with name '${name}' does not exist in the registry with id '123456789012'`;
  }),
  /** Harbor's, to its administrator. */
  'missing-project': refuse(404, 'NOT_FOUND', ({ name }) => `project ${name.split('/')[0]} not found`),
  /** ECR's: github.com/moby/buildkit/issues/3776. */
  'immutable-tag': refuse(400, 'TAG_INVALID', ({ name }) => {
    return `The image tag 'latest' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`;
  }),
  /** Harbor's: github.com/goharbor/harbor/issues/17390. */
  quota: refuse(403, 'DENIED', () => {
    return 'adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB.';
  }),
  'too-large': gateway(413, 'Request Entity Too Large'),
};

/** @typedef {`${keyof typeof faults}`} Fault */
/** These say themselves whether they come. @type {Fault[]} */
const LATE = ['500-midway', 'rate-limit-midway', 'reset-midway', 'hang-midway', 'pull-limit'];

/**
 * Which requests of a stage fail: the first so many of those to come, of any repository and of any client (by its
 * User-Agent) where none is given.
 *
 * @typedef {{ times?: number, repository?: RegExp, agent?: RegExp }} Only
 */

/**
 * @typedef {object} PushFaults
 * @property {(stage: Stage, fault: Fault, only?: Only) => void} fail From now on, in the place of what was told of that stage before.
 * @property {() => void} mend Nothing fails from now on.
 * @property {Seen[]} requests What it was asked, in order.
 */

/**
 * @param {string} upstream Host and port of the real one, which asks for no login.
 * @param {{ username: string, password: string }} [login] What is asked for; without it, none is.
 * @returns {Promise<import('./registry-proxy').Proxy & PushFaults>}
 */
async function startPushFaults(upstream, login) {
  const tokens = login && tokenServer(login);
  const pushed = new Set();
  const began = Date.now();
  /** @type {Seen[]} */
  const requests = [];
  /** @type {Map<Stage, { fault: Fault, left: number, repository: RegExp, agent: RegExp }>} */
  const active = new Map();

  const proxy = await startProxy(upstream, (request, answer, ask) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const name = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1] ?? '';
    const stage = stageOf({ method, path, isEmpty: headers['content-length'] === '0', isPushed: pushed.has(name) });
    const agent = headers['user-agent'] ?? '';
    /** @type {Seen} */
    const seen = { method, path, agent, stage, ms: Date.now() - began };
    requests.push(seen);
    answer.on('finish', () => {
      seen.status = answer.statusCode;
      if (stage === 'manifest' && answer.statusCode === 201) pushed.add(name);
    });
    const forward = () => {
      if (stage === 'token' && tokens) tokens.give(request, answer);
      else pass(request, answer, ask());
    };
    const mine = active.get(stage);
    const isFaulty = mine && mine.left > 0 && mine.repository.test(name) && mine.agent.test(agent);
    // A login is asked for first, where there is none: the stages come after it.
    if (tokens && stage !== 'token' && !(isFaulty && stage === 'ping') && !tokens.allow(request, answer, name)) return;
    if (!isFaulty) return forward();
    const bite = () => {
      if (mine.left <= 0) return false;
      mine.left--;
      seen.fault = mine.fault;
      return true;
    };
    if (!LATE.includes(mine.fault)) bite();
    const grantPull = () => tokens?.give(request, answer, ['pull']);
    const onward = stage === 'token' ? undefined : ask;
    faults[mine.fault]({ request, answer, ask: onward, name, forward, grantPull, bite });
  });
  return {
    ...proxy,
    requests,
    fail: (stage, fault, { times = Number.POSITIVE_INFINITY, repository = /^/, agent = /^/ } = {}) => {
      active.set(stage, { fault, left: times, repository, agent });
    },
    mend: () => active.clear(),
  };
}

/** @param {{ method: string, path: string, isEmpty: boolean, isPushed: boolean }} request @returns {Stage} */
function stageOf({ method, path, isEmpty, isPushed }) {
  const is = (methods, pattern) => methods.split(' ').includes(method) && pattern.test(path);
  if (is('GET', /^\/v2\/?$/)) return 'ping';
  if (is('GET POST', /^\/token\b/)) return 'token';
  if (is('HEAD', /\/blobs\/[^/]+$/)) return 'blob-check';
  if (is('POST', /\/blobs\/uploads\/?(\?|$)/)) return 'upload-start';
  if (is('PATCH PUT', /\/blobs\/uploads\/[^/]+/)) return method === 'PUT' && isEmpty ? 'upload-commit' : 'upload';
  if (is('PUT', /\/manifests\//)) return 'manifest';
  if (is('GET HEAD', /\/manifests\//)) return isPushed ? 'read-back' : 'manifest-read';
  return 'other';
}

/** Hands a request on, and has something happen once a mebibyte of its body has come: never with the small ones. */
function midway({ request, answer, ask, forward, bite }, act) {
  if (!ask) return forward();
  const onward = ask();
  let bytes = 0;
  let isBitten = false;
  request.on('data', (chunk) => {
    bytes += chunk.length;
    if (isBitten || bytes < MIDWAY_BYTES || !bite()) return;
    isBitten = true;
    request.unpipe();
    // Who gets an answer may send the rest all the same.
    request.resume();
    act();
  });
  answer.on('close', () => onward.destroy());
  pass(request, answer, onward);
}

/** The real answer, whose second half does not come; of one without a body, half its head. */
function cutShort({ request, ask }) {
  const cut = (status, headers, body) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`;
    request.socket.end(body === '' ? head.slice(0, head.length / 2) : head + body.slice(0, body.length / 2));
  };
  if (!ask)
    return cut('200 OK', { 'content-type': 'application/json', 'content-length': 29 }, '{"token":"eyJhbGciOiJIUzI1Ni');
  const onward = ask();
  onward.on('response', async (result) => {
    const { 'transfer-encoding': _, ...headers } = result.headers;
    const chunks = await result.toArray();
    cut(`${result.statusCode} ${result.statusMessage}`, headers, Buffer.concat(chunks).toString());
  });
  onward.on('error', () => request.socket.destroy());
  request.pipe(onward);
}

/** Lets a body through little by little. */
function trickle() {
  return new Transform({
    transform(chunk, _, done) {
      setTimeout(() => done(null, chunk), (chunk.length / SLOW_BYTES_A_SECOND) * 1000);
    },
  });
}

module.exports = { startPushFaults, faults: Object.keys(faults) };
