// A registry that fails for the node and for nobody else: a proxy before a real one, which tells the node's containerd
// by its User-Agent. The runner can build, push and prove an image that the node cannot pull. (buildx calls itself
// containerd too, of another version.)

const http = require('node:http');

/** @typedef {'not-found' | 'denied' | 'rate-limit' | 'server-error' | 'reset' | 'hang' | 'slow'} Fault */

/**
 * @typedef {object} FaultyRegistry
 * @property {string} address Such as 127.0.0.1:4711: containerd and docker both speak plain HTTP to that host.
 * @property {(fault: Fault, seconds?: number) => void} fail From now on; counted from the node's first request, where
 * it is for a time only.
 * @property {() => Promise<void>} stop
 */

/** What a slow registry takes for each blob. */
const SLOW_MS = 15_000;

/** The texts are Docker Hub's. */
const RATE_LIMIT = 'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit';
const error = (code, message) => JSON.stringify({ errors: [{ code, message }] });

/** @type {Record<Fault, (request: http.IncomingMessage, answer: http.ServerResponse, forward: () => void) => void>} */
const faults = {
  'not-found': (_, answer) => say(answer, 404, error('MANIFEST_UNKNOWN', 'manifest unknown')),
  denied: (request, answer) => {
    // As Docker Hub does: anybody gets a token, but no token lets them in.
    const { host } = request.headers;
    if (request.url?.startsWith('/token')) return say(answer, 200, '{"token":"anonymous"}');
    const reason = request.headers.authorization ? ',error="insufficient_scope"' : '';
    const scope = `repository:${/^\/v2\/(.*)\/(manifests|blobs)\//.exec(request.url ?? '')?.[1]}:pull`;
    say(answer, 401, error('UNAUTHORIZED', 'authentication required'), {
      'www-authenticate': `Bearer realm="http://${host}/token",service="${host}",scope="${scope}"${reason}`,
    });
  },
  'rate-limit': (request, answer, forward) => {
    // Docker Hub counts what is got, not what is asked for.
    if (request.method === 'HEAD') return forward();
    say(answer, 429, error('TOOMANYREQUESTS', RATE_LIMIT));
  },
  'server-error': (_, answer) => say(answer, 503, '<html><body>503 Service Unavailable</body></html>'),
  reset: (request) => request.socket.resetAndDestroy(),
  hang: () => {},
  slow: (request, _, forward) => {
    if (request.url?.includes('/blobs/')) setTimeout(forward, SLOW_MS);
    else forward();
  },
};

function say(answer, status, body, headers = {}) {
  answer.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  answer.end(body);
}

/**
 * @param {string} upstream Host and port of the real one.
 * @param {string} nodeAgent How the node's User-Agent begins, such as containerd/1.6.20
 * @returns {Promise<FaultyRegistry>}
 */
async function startFaultyRegistry(upstream, nodeAgent) {
  const agent = new http.Agent({ keepAlive: true });
  let active = /** @type {{ fault: Fault, seconds: number, until?: number } | undefined} */ (undefined);

  const server = http.createServer((request, answer) => {
    const forward = () => pass(request, answer, upstream, agent);
    if (!active || !request.headers['user-agent']?.startsWith(nodeAgent)) return forward();
    active.until ??= Date.now() + active.seconds * 1000;
    if (Date.now() < active.until) faults[active.fault](request, answer, forward);
    else forward();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    address: `127.0.0.1:${address.port}`,
    fail: (fault, seconds = Number.POSITIVE_INFINITY) => {
      active = { fault, seconds };
    },
    stop: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((done) => server.close(() => done(undefined)));
    },
  };
}

function pass(request, answer, upstream, agent) {
  const [host, port] = upstream.split(':');
  const { method, url: path, headers } = request;
  // With the Host that was asked for: uploads go on where the registry says, and it says that address.
  const onward = http.request({ host, port, method, path, headers, agent }, (result) => {
    answer.writeHead(result.statusCode ?? 502, result.headers);
    result.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  request.pipe(onward);
}

module.exports = { startFaultyRegistry };
