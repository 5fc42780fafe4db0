// A way to an SSH server as long as a real one: what goes through it arrives later, as over the given round trip.

const { connect, createServer } = require('node:net');
const { testbed } = require('../../testbed/sample-app');

/** @typedef {{ host: string, port: string, knownHosts: string }} Where An SSH server. */

/** @returns {Where} The testbed's. */
const testbedHost = () => ({
  host: testbed('SSH_HOST'),
  port: testbed('SSH_PORT'),
  knownHosts: testbed('SSH_KNOWN_HOSTS'),
});

/** @param {Where} where @param {string} port */
const onPort = ({ host, knownHosts }, port) => ({
  host,
  port,
  knownHosts: knownHosts.replace(/^\S+/, `[${host}]:${port}`),
});

/**
 * @param {Where} to @param {number} roundTripMs
 * @returns {Promise<{ where: Where, close: () => void }>}
 */
async function farAway(to, roundTripMs) {
  const oneWay = roundTripMs / 2;
  const sockets = /** @type {Set<import('node:net').Socket>} */ (new Set());
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    setTimeout(() => {
      const far = connect({ host: to.host, port: Number(to.port), noDelay: true, allowHalfOpen: true });
      for (const [from, into] of /** @type {const} */ ([
        [near, far],
        [far, near],
      ])) {
        sockets.add(from);
        from.on('data', (chunk) => setTimeout(() => into.write(chunk), oneWay));
        from.on('end', () => setTimeout(() => into.end(), oneWay));
        from.on('error', () => into.destroy());
        from.on('close', () => sockets.delete(from));
      }
    }, oneWay);
  });
  const port = await listen(server);
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { where: onPort(to, port), close };
}

/** @param {import('node:net').Server} server @returns {Promise<string>} Its port. */
function listen(server) {
  return new Promise((done, fail) => {
    server.on('error', fail).listen(0, testbed('SSH_HOST'), () => {
      const address = server.address();
      if (address && typeof address === 'object') done(String(address.port));
    });
  });
}

/** A port that nothing listens on. */
async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

module.exports = { farAway, freePort, onPort, testbedHost };
