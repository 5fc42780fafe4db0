// What can fail of a registry: each step of a push, in each way, once or always, for each kind of builder.

/** @typedef {import('../../testbed/push-faults').Stage} Stage */
/** @typedef {import('../../testbed/push-faults').Fault} Fault */
/** @typedef {'docker' | 'docker-container'} Driver */
/** @typedef {'once' | 'always'} HowOften */

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {Stage[]} stages The requests that are meant.
 * @property {Partial<Record<Manner, Fault>>} [faults] Other faults than usual.
 * @property {Driver[]} [drivers] Who has such requests; both by default.
 * @property {RegExp} [agent] Whose requests are meant; the builder's where it fails once, and all where it always does.
 */

/** @typedef {'500' | '429' | 'reset' | 'cut' | 'silent'} Manner */
/** @typedef {{ driver: Driver, step: string, manner: Manner, howOften: HowOften }} Case */

/** @type {Record<Manner, { title: string, fault: Fault }>} */
const manners = {
  500: { title: '500', fault: '500' },
  429: { title: '429', fault: 'rate-limit' },
  reset: { title: 'connection reset', fault: 'reset' },
  cut: { title: 'half an answer', fault: 'truncate' },
  silent: { title: 'no answer', fault: 'hang' },
};

/** @type {Record<string, Step>} */
const steps = {
  ping: { title: 'first contact', stages: ['ping'] },
  token: { title: 'login', stages: ['token'] },
  'blob-check': { title: 'is a layer there?', stages: ['blob-check'] },
  'upload-start': { title: 'begin a layer', stages: ['upload-start'] },
  upload: {
    title: 'middle of a layer',
    stages: ['upload'],
    faults: { 500: '500-midway', 429: 'rate-limit-midway', reset: 'reset-midway', silent: 'hang-midway' },
  },
  // BuildKit sends a layer and commits it by one request.
  'upload-commit': { title: 'end of a layer', stages: ['upload-commit'], drivers: ['docker'] },
  manifest: { title: 'manifest', stages: ['manifest'] },
  'manifest-read': { title: 'look at the tag', stages: ['manifest-read', 'read-back'] },
  proof: { title: 'proof of the digest', stages: ['read-back'], agent: /^(?!docker\/)/ },
};

/** By their User-Agent. The containerd that asks for BuildKit's token is a newer one than the node's. @type {Record<Driver, RegExp>} */
const agents = { docker: /^docker\//, 'docker-container': /^(?:buildkit\/|containerd\/2\.)/ };

/** @type {Driver[]} */
const drivers = ['docker', 'docker-container'];

/** @param {Manner[]} ways @returns {Case[]} */
function casesOf(ways) {
  return drivers.flatMap((driver) =>
    Object.entries(steps)
      .filter(([, { drivers: whose = drivers }]) => whose.includes(driver))
      .flatMap(([step]) =>
        ways.flatMap((manner) =>
          /** @type {HowOften[]} */ (['once', 'always']).map((howOften) => ({ driver, step, manner, howOften })),
        ),
      ),
  );
}

/** Has a registry fail as the case says. @param {import('../../testbed/push-faults').PushFaults} registry @param {Case} each */
function breakDown(registry, { driver, step, manner, howOften }) {
  const { stages = [], faults = {}, agent } = steps[step] ?? {};
  const fault = faults[manner] ?? manners[manner].fault;
  const whose = agent ?? (howOften === 'once' ? agents[driver] : undefined);
  for (const stage of stages)
    registry.fail(stage, fault, { ...(whose && { agent: whose }), ...(howOften === 'once' && { times: 1 }) });
}

module.exports = { steps, manners, drivers, casesOf, breakDown };
