// A registry that fails for the node and for nobody else: a proxy before a real one, which tells the node's containerd
// by its User-Agent. The runner can build, push and prove an image that the node cannot pull. (buildx calls itself
// containerd too, of another version.)

const { error, pass, say, startProxy } = require('./registry-proxy');

/** @typedef {'not-found' | 'denied' | 'rate-limit' | 'server-error' | 'reset' | 'hang' | 'slow'} Fault */

/** @typedef {import('./registry-proxy').Request} Request */
/** @typedef {import('./registry-proxy').Answer} Answer */
/**
 * @typedef {import('./registry-proxy').Proxy & { fail: (fault: Fault, seconds?: number) => void }} FaultyRegistry
 * `fail`: from now on; counted from the node's first request, where it is for a time only.
 */

/** What a slow registry takes for each blob. */
const SLOW_MS = 15_000;

/** The texts are Docker Hub's. */
const RATE_LIMIT = 'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit';

/** @type {Record<Fault, (request: Request, answer: Answer, forward: () => void) => void>} */
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

/**
 * @param {string} upstream Host and port of the real one.
 * @param {string} nodeAgent How the node's User-Agent begins, such as containerd/1.6.20
 * @returns {Promise<FaultyRegistry>}
 */
async function startFaultyRegistry(upstream, nodeAgent) {
  let active = /** @type {{ fault: Fault, seconds: number, until?: number } | undefined} */ (undefined);

  const proxy = await startProxy(upstream, (request, answer, ask) => {
    const forward = () => pass(request, answer, ask());
    if (!active || !request.headers['user-agent']?.startsWith(nodeAgent)) return forward();
    active.until ??= Date.now() + active.seconds * 1000;
    if (Date.now() < active.until) faults[active.fault](request, answer, forward);
    else forward();
  });
  return {
    ...proxy,
    fail: (fault, seconds = Number.POSITIVE_INFINITY) => {
      active = { fault, seconds };
    },
  };
}

module.exports = { startFaultyRegistry };
