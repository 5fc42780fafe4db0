// Who writes what to a workload, and when: each version that the API server stores of it, told apart by what changed.

const { spawn } = require('node:child_process');
const { isDeepStrictEqual } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');

/** @typedef {import('kubernetes-types/apps/v1').Deployment} Deployment */
/** @typedef {InstanceType<typeof import('./sample-app').App>} App */

/**
 * One version that a run of the action has written, questions and answers between runs left out.
 *
 * @typedef {object} Write
 * @property {string} by The number of the workflow run.
 * @property {string} holder The number of the run that was at work just before; empty where none was.
 * @property {boolean} begins Whether it takes the workload, or takes it over.
 * @property {boolean} ends Whether nobody is at work after it.
 * @property {string} image What the container runs by it.
 * @property {number} at Milliseconds (Date.now()) when it was seen.
 */

const PREFIX = 'deploy-action.medibird.github.io';
const WATCH_SECONDS = 3_600;

/** Follows an app's workload from the moment that it is made. */
class Writers {
  /** @type {{ object: Deployment, at: number }[]} */
  #versions = [];
  #watch;
  #app;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    const first = app.deployment();
    this.#versions.push({ object: first, at: Date.now() });
    const query = new URLSearchParams({
      watch: '1',
      fieldSelector: `metadata.name=${app.name}`,
      resourceVersion: first.metadata?.resourceVersion ?? '',
      timeoutSeconds: `${WATCH_SECONDS}`,
    });
    const path = `/apis/apps/v1/namespaces/${app.namespace}/deployments?${query}`;
    this.#watch = spawn('kubectl', ['get', '--raw', path, '--request-timeout=0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let rest = '';
    this.#watch.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#versions.push({ object: JSON.parse(line).object, at: Date.now() });
    });
    app.undo(() => this.stop());
  }

  stop() {
    this.#watch.kill();
  }

  /** Resolves once everything that has been written by now has been seen. */
  async seen() {
    const { resourceVersion } = this.#app.deployment().metadata ?? {};
    for (
      let tries = 0;
      !this.#versions.some(({ object }) => object.metadata?.resourceVersion === resourceVersion);
      tries++
    ) {
      if (tries > 100) throw new Error('the watch does not show what is there');
      await sleep(100);
    }
  }

  /** @returns {Write[]} */
  writes() {
    return this.#versions.slice(1).flatMap(({ object, at }, index) => {
      const before = this.#versions[index]?.object ?? {};
      const by = writerOf(before, object);
      if (by === undefined) return [];
      const holder = runOf(heldBy(before));
      const now = runOf(heldBy(object));
      return [{ by, holder, begins: now === by && holder !== by, ends: now === '', image: imageOf(object), at }];
    });
  }

  /** The runs in the order in which they took the workload. */
  order() {
    return this.writes().flatMap(({ by, begins }) => (begins ? [by] : []));
  }

  /** Whatever was written by a run when it was not its turn, in words; empty where each had the workload to itself. */
  interleaved() {
    const writes = this.writes();
    const faults = writes.flatMap(({ by, holder, begins, image }, index) => {
      const next = writes.slice(0, index).findLastIndex((each) => each.by === by);
      const others = next < 0 ? [] : writes.slice(next, index).filter((each) => each.by !== by);
      if (others.length > 0) return [`${by} wrote ${image} after ${others.at(-1)?.by} had`];
      if (holder === '' || holder === by) return [];
      return [`${by} ${begins ? 'took over from' : 'wrote under'} ${holder}`];
    });
    const last = writes.at(-1);
    return last && !last.ends ? [...faults, `${last.by} never let go`] : faults;
  }
}

/**
 * The run that has made one version into the other; undefined where it was somebody else, such as the Deployment's controller, or
 * changed nothing but what runs ask each other.
 *
 * @param {Deployment} before @param {Deployment} after @returns {string | undefined}
 */
function writerOf(before, after) {
  const changed = (/** @type {string} */ name) => annotation(before, name) !== annotation(after, name);
  if (changed('id')) return runOf(annotation(after, 'id'));
  const [past, now] = [before, after].map(historyOf);
  const entries = now?.filter((entry) => !past?.some((each) => isDeepStrictEqual(each, entry))) ?? [];
  const ids = new Set(entries.map(({ id }) => runOf(id ?? '')).filter(Boolean));
  if (ids.size > 0) return [...ids].join(' and ');
  if (changed('hold')) return runOf(heldBy(before)) || runOf(heldBy(after));
  return imageOf(before) === imageOf(after) ? undefined : 'somebody';
}

/** @param {Deployment} object @param {string} name */
const annotation = ({ metadata }, name) => metadata?.annotations?.[`${PREFIX}/${name}`] ?? '';

/** @param {Deployment} object @returns {{ id?: string }[]} */
const historyOf = (object) => JSON.parse(annotation(object, 'history') || '[]');

/** @param {Deployment} object @returns {string} */
const heldBy = (object) => JSON.parse(annotation(object, 'hold') || '{}').id ?? '';

/** The number of a workflow run in the id that the action gives it. @param {string} id */
const runOf = (id) => id.split('-')[0] ?? '';

/** @param {Deployment} object */
const imageOf = ({ spec }) => spec?.template.spec?.containers[0]?.image?.split('@')[0] ?? '';

module.exports = { Writers };
