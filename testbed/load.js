// Requests to a Service, one after the other, as its users send them while a new version is rolled out.

const { Agent, get } = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');

/**
 * @typedef {object} LoadOptions
 * @property {number} [workers] How many ask at the same time.
 * @property {number} [pauseMs] Between an answer and the same worker's next request.
 */

/** Asks the Service again and again, each time on a connection of its own. Counts what is not answered with 200. */
class Load {
  /** @type {string[]} */
  failures = [];
  answered = 0;
  #port;
  #pauseMs;
  #isStopped = false;
  /** @type {Promise<void>[]} */
  #workers;

  /** @param {number} port Of the Service, on the node. @param {LoadOptions} [options] */
  constructor(port, { workers = 4, pauseMs = 5 } = {}) {
    this.#port = port;
    this.#pauseMs = pauseMs;
    this.#workers = Array.from({ length: workers }, (_, worker) => this.#work(worker));
  }

  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#workers);
  }

  /** @param {number} worker */
  async #work(worker) {
    const agent = new Agent({ keepAlive: false });
    for (let count = 0; !this.#isStopped; count++) {
      // Another source address each time: Linux reuses loopback ports so soon that a new connection meets the last one's tracking entry.
      const fault = await this.#ask(agent, `127.${worker + 1}.${(count >> 8) & 255}.${count & 255 || 1}`);
      if (fault === undefined) this.answered++;
      else this.failures.push(fault);
      await sleep(this.#pauseMs);
    }
  }

  /** @param {Agent} agent @param {string} localAddress @returns {Promise<string | undefined>} What was wrong, if anything. */
  #ask(agent, localAddress) {
    return new Promise((done) => {
      const request = get({ host: '127.0.0.1', port: this.#port, agent, localAddress, timeout: 20_000 }, (answer) => {
        answer.on('error', (error) => done(error.message));
        answer.resume().on('end', () => done(answer.statusCode === 200 ? undefined : `HTTP ${answer.statusCode}`));
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', (error) => done(error.message));
    });
  }
}

module.exports = { Load };
