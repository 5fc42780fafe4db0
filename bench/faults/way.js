// A TCP proxy that does to connections what networks and restarts do to them.

const { connect, createServer } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

/** @typedef {import('node:net').Socket} Socket */

/**
 * Two sockets that are one connection to those at their ends.
 *
 * @typedef {object} Pair
 * @property {Socket} client
 * @property {Socket} server
 * @property {boolean} isDead Whatever is sent at either end goes nowhere, its end included.
 */

class Way {
  port = 0;
  /** How long what the server says is under way, in milliseconds. */
  latencyMs = 0;
  #target;
  #server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#take(client));
  /** @type {Set<Pair>} */
  #pairs = new Set();
  /** Clients that nobody answers for the moment. @type {Set<Socket>} */
  #kept = new Set();
  #isSilent = false;
  /** @type {(() => void)[]} */
  #wanted = [];

  /** @param {{ host: string, port: number }} target */
  constructor(target) {
    this.#target = target;
  }

  /** @param {{ host: string, port: number }} target */
  static async start(target) {
    const proxy = new Way(target);
    await proxy.#listen();
    return proxy;
  }

  /** Resolves when the next client has come and said something. */
  next() {
    return new Promise((/** @type {(value?: undefined) => void} */ come) => this.#wanted.push(() => come()));
  }

  /** Resets all connections. */
  reset() {
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resetAndDestroy();
    for (const client of this.#kept) client.resetAndDestroy();
  }

  /** Resets all connections and refuses new ones for a while. @param {number} ms */
  async away(ms) {
    this.#server.close();
    this.reset();
    await sleep(ms);
    await this.#listen();
  }

  /**
   * Forgets the connections that there are, as a firewall does that has lost its state: neither end is told, ever. New ones are not
   * answered for a while. Gives the function that ends what was forgotten.
   *
   * @param {number} ms
   */
  forget(ms) {
    const dead = [...this.#pairs];
    for (const pair of dead) pair.isDead = true;
    this.#isSilent = true;
    const over = sleep(ms).then(() => this.#speak());
    return {
      over,
      end: () => {
        for (const { client, server } of dead) for (const socket of [client, server]) socket.destroy();
      },
    };
  }

  /** Holds everything back for a while, as a network does that is down: TCP sends it again, so that it comes late. @param {number} ms */
  async stall(ms) {
    this.#isSilent = true;
    const pairs = [...this.#pairs];
    for (const { client, server } of pairs) for (const socket of [client, server]) socket.pause();
    await sleep(ms);
    for (const { client, server } of pairs) for (const socket of [client, server]) socket.resume();
    this.#speak();
  }

  stop() {
    this.#server.close();
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.destroy();
    for (const client of this.#kept) client.destroy();
  }

  #listen() {
    return new Promise((/** @type {(value?: undefined) => void} */ done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(this.port, '127.0.0.1', () => {
        this.#server.off('error', fail);
        const address = this.#server.address();
        if (typeof address === 'object' && address) this.port = address.port;
        done();
      });
    });
  }

  #speak() {
    this.#isSilent = false;
    const kept = [...this.#kept];
    this.#kept.clear();
    for (const client of kept) this.#join(client);
  }

  /** @param {Socket} client */
  #take(client) {
    client.on('error', () => {});
    if (!this.#isSilent) return this.#join(client);
    this.#kept.add(client);
    client.once('close', () => this.#kept.delete(client));
  }

  /** @param {Socket} client */
  #join(client) {
    if (client.destroyed) return;
    const server = connect({ ...this.#target, allowHalfOpen: true });
    server.on('error', () => {});
    const pair = { client, server, isDead: false };
    this.#pairs.add(pair);
    client.once('data', () => {
      for (const come of this.#wanted.splice(0)) come();
    });
    this.#carry(pair, client, server, () => 0);
    this.#carry(pair, server, client, () => this.latencyMs);
    client.resume();
  }

  /** @param {Pair} pair @param {Socket} from @param {Socket} to @param {() => number} latency */
  #carry(pair, from, to, latency) {
    // One after the other, whatever the latency is meanwhile.
    let last = Promise.resolve();
    const inTurn = (/** @type {() => void} */ act) => {
      if (pair.isDead) return;
      const ms = latency();
      const due = ms > 0 ? sleep(ms) : undefined;
      last = last.then(async () => {
        await due;
        if (!pair.isDead && !to.destroyed) act();
      });
    };
    from.on('data', (chunk) => inTurn(() => to.write(chunk)));
    from.on('end', () => inTurn(() => to.end()));
    from.on('close', (isBroken) => {
      if (isBroken && !pair.isDead) to.resetAndDestroy();
      if (pair.client.destroyed && pair.server.destroyed) this.#pairs.delete(pair);
    });
  }
}

module.exports = { Way };
