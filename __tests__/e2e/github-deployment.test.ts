import type { ChildProcess } from 'node:child_process';
import { App } from './harness';
import { GitHubApi, type Manner } from './support/github-api';

jest.setTimeout(90_000);

const SHA = '0123456789abcdef0123456789abcdef01234567';
const TOKEN = 'ghs_the-token-of-this-test';
const RUN = 'https://github.com/medibird/example/actions/runs/4242';
const UNDER_WAY = /new pod 1\/1/;
const ENDED = /^app: /;

let app: App;
let api: GitHubApi;
beforeAll(async () => {
  api = await GitHubApi.start();
  app = await App.install();
  app.undo(() => api.stop());
});
afterAll(() => app.remove());
beforeEach(() => {
  api.forget();
  app.dockerfile();
});

interface Options {
  readonly inputs?: Record<string, string>;
  /** The signal that comes with the line of the log that says that pods are on their way. */
  readonly signal?: NodeJS.Signals;
  /** How the API is from that line on. */
  readonly meanwhile?: Manner;
}

/** A run that is to be shown; `endMs` is how long it went on after it had said how it ended, or after the signal. */
async function run(tag: string, { inputs, signal, meanwhile }: Options = {}) {
  let main: ChildProcess | undefined;
  let endedAt = 0;
  const shown = { 'github-deployment': 'true', 'github-token': TOKEN, 'environment-url': 'https://example.org/' };
  const result = await app.run(
    tag,
    { soak: '1s', ...shown, ...inputs },
    {
      environment: api.environment,
      onStart: (child) => {
        main = child;
      },
      onLine: (line) => {
        if (ENDED.test(line) && !signal) endedAt = Date.now();
        if (!UNDER_WAY.test(line) || endedAt > 0) return;
        if (meanwhile) api.manner = meanwhile;
        if (!signal) return;
        endedAt = Date.now();
        main?.kill(signal);
      },
    },
  );
  const warnings = result.log.match(/^::warning::.*$/gm) ?? [];
  return { ...result, warnings, endMs: result.startedAt + result.seconds * 1_000 - endedAt };
}

const status = (state: string, more: object = {}) => ({
  state,
  log_url: RUN,
  auto_inactive: state === 'success',
  description: expect.any(String),
  ...more,
});

it('no run asks GitHub for anything unless it is told to', async () => {
  const result = await run('quiet', { inputs: { 'github-deployment': 'false' } });
  expect([result.outputs.outcome, api.calls]).toEqual(['deployed', []]);
});

it.each([
  ['planned', { 'dry-run': 'true' }],
  ['refused', { container: 'nobody' }],
])('a run that is %s leaves nothing among the deployments', async (outcome, inputs) => {
  const result = await run(outcome, { inputs });
  expect([result.outputs.outcome, api.calls]).toEqual([outcome, []]);
});

it('a version that serves is a success, with its address', async () => {
  const result = await run('good');
  expect(result.outputs.outcome).toBe('deployed');
  expect(api.told()).toEqual({
    created: [
      {
        ref: SHA,
        environment: `${app.namespace}/app`,
        description: result.outputs.image?.slice(0, 140),
        auto_merge: false,
        required_contexts: [],
        transient_environment: false,
      },
    ],
    statuses: [
      status('in_progress'),
      status('success', { environment_url: 'https://example.org/', description: 'app: the new version serves' }),
    ],
  });
  expect(new Set(api.calls.map(({ authorization }) => authorization))).toEqual(new Set([`token ${TOKEN}`]));
  expect([result.warnings, result.postLog]).toEqual([[], '']);
  process.stdout.write(`github-deployment: API well, ${Math.round(result.endMs)} ms from the verdict to the end\n`);
});

it('a version that is put back is a failure, after which the deployment before is the active one still', async () => {
  app.dockerfile('ENTRYPOINT ["/nothing"]');
  const result = await run('bad');
  expect(result.outputs.outcome).toBe('failed-rolled-back');
  const { created, statuses } = api.told();
  expect([created.length, statuses]).toEqual([1, [status('in_progress'), status('failure')]]);
  expect(statuses.at(-1)?.description).toContain('the version before is back and serves');
});

it('a rollback by hand to a tag that names no commit is not shown as a commit that it is not', async () => {
  const result = await run('back', { inputs: { operation: 'rollback' } });
  expect(result.outputs.outcome).toBe('rolled-back');
  expect(api.calls).toEqual([]);
  expect(result.log).toMatch(/^Not shown among the deployments on GitHub/m);
});

it('a redeploy is of the commit that its image was built from', async () => {
  const result = await run('good', { inputs: { operation: 'redeploy', 'allow-other-build-args': 'true' } });
  expect(result.outputs.outcome).toBe('deployed');
  expect(api.told()).toMatchObject({ created: [{ ref: SHA }], statuses: [{}, { state: 'success' }] });
});

describe('a run that is cut off', () => {
  beforeEach(() => app.dockerfile('ENV UNREADY=1'));

  it('by a cancel is an error before it ends', async () => {
    const result = await run('cancelled', { signal: 'SIGINT' });
    expect([result.outputs.outcome, result.postLog]).toEqual(['cancelled', '']);
    expect(api.told().statuses).toEqual([status('in_progress'), status('error')]);
    expect(api.calls.at(-1)?.at).toBeLessThan(result.startedAt + result.seconds * 1_000);
    process.stdout.write(`github-deployment: ${Math.round(result.endMs)} ms from the cancel to the end\n`);
    expect(result.endMs).toBeLessThan(7_500);
  });

  it('by a cancel while GitHub does not answer ends in time, and leaves the rest to its clean-up', async () => {
    const result = await run('cancelled-silent', { signal: 'SIGINT', meanwhile: 'never' });
    expect([result.outputs.outcome, result.postExitCode]).toEqual(['cancelled', 0]);
    expect(result.endMs).toBeLessThan(7_500);
    // By the step itself, and again by its clean-up.
    expect(api.told().statuses.slice(-2)).toEqual([status('error'), status('error')]);
    expect(result.postLog).toMatch(/^::warning::.*cannot show it/m);
  });
});

it.each<[Manner, RegExp, number]>([
  [403, /403 Resource not accessible by integration.*"deployments: write"/, 1_000],
  [500, /500 Server Error.*githubstatus\.com/, 1_000],
  ['never', /cannot show it.*whether the runner can reach/, 2_000],
])('a deploy is green with one warning where the API answers %s', async (manner, warning, limit) => {
  api.manner = manner;
  const result = await run(`api-${manner}`);
  expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'deployed']);
  expect(result.warnings).toEqual([expect.stringMatching(warning)]);
  expect([api.told().created.length, api.told().statuses.length]).toEqual([1, 0]);
  process.stdout.write(
    `github-deployment: API ${manner}, ${Math.round(result.endMs)} ms from the verdict to the end\n`,
  );
  expect(result.endMs).toBeLessThan(limit);
});

// The last one: whoever comes after it waits until the run that was killed counts as gone.
it('a run that was killed is an error by its clean-up', async () => {
  app.dockerfile('ENV UNREADY=1');
  const result = await run('killed', { signal: 'SIGKILL' });
  expect([result.exitCode, result.postExitCode]).toEqual([null, 0]);
  expect(api.told().statuses).toEqual([
    status('in_progress'),
    status('error', { description: 'The run ended without a word: what runs in the cluster is not known' }),
  ]);
});
