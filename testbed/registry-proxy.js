// What the registries that fail have in common: a proxy before a real one.

const http = require('node:http');

/** @typedef {http.IncomingMessage} Request */
/** @typedef {http.ServerResponse} Answer */

/**
 * @typedef {object} Proxy
 * @property {string} address Such as 127.0.0.1:4711: containerd and docker both speak plain HTTP to that host.
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} upstream Host and port of the real one.
 * @param {(request: Request, answer: Answer, ask: () => http.ClientRequest) => void} handle `ask` begins the same request at the real one.
 * @returns {Promise<Proxy>}
 */
async function startProxy(upstream, handle) {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, answer) => handle(request, answer, () => ask(request, upstream, agent)));
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((done) => server.close(() => done(undefined)));
    },
  };
}

/** @param {Request} request @param {string} upstream @param {http.Agent} agent */
function ask({ method, url: path, headers }, upstream, agent) {
  const [host, port] = upstream.split(':');
  // With the Host that was asked for: uploads go on where the registry says, and it says that address.
  return http.request({ host, port, method, path, headers, agent });
}

/**
 * Hands a request on, and its answer back.
 *
 * @param {Request} request
 * @param {Answer} answer
 * @param {http.ClientRequest} onward
 * @param {import('node:stream').Transform} [through] What the request's body goes through.
 */
function pass(request, answer, onward, through) {
  onward.on('response', (result) => {
    answer.writeHead(result.statusCode ?? 502, result.headers);
    result.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  (through ? request.pipe(through) : request).pipe(onward);
}

/** @param {Answer} answer @param {number} status @param {string} body @param {Record<string, string>} [headers] */
function say(answer, status, body, headers = {}) {
  answer.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  answer.end(body);
}

/** A registry's way to say no. @param {string} code @param {string} message @param {unknown} [detail] */
function error(code, message, detail) {
  return JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] });
}

module.exports = { startProxy, pass, say, error };
