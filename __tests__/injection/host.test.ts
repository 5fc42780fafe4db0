import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseDigest } from '../../src/image/reference';
import type { GitHubLog } from '../../src/report/github';
import { progressLines } from '../../src/report/progress';
import type { Report } from '../../src/report/report';
import { Reporter } from '../../src/report/reporter';
import { diagnose } from '../../src/rollout/diagnose';
import type { Cause, PodTrouble } from '../../src/rollout/verdict';
import { type Begun, type Run, wayBack } from '../../src/run';
import { line, type Problem, problem } from '../../src/words/words';
import type { Advice } from '../../src/workload/advice';
import { configOf, RUN } from '../inputs/sample';
import { podOf, snapshotOf } from '../rollout/cluster';
import { ManualClock } from '../transport/manual-clock';
import { deployment } from '../workload/deployment';
import { corpus } from './corpus';
import { cut, faultsOf, some, wordsOf } from './judge';
import { Runner } from './step';

jest.setTimeout(120_000);

const runner = new Runner();
const CANARY = join(runner.folder, 'canary');
const VALUES = corpus(CANARY);
beforeAll(() => runner.start());
afterAll(() => runner.stop());
afterEach(() => expect(existsSync(CANARY)).toBe(false));

const CONFIG = configOf({ tags: 'new' });
const DIGEST = parseDigest(`sha256:${'2'.repeat(64)}`).value ?? never();
const where = { deployment: 'web', namespace: 'default' };

function never(): never {
  throw new Error('the sample is wrong');
}

/** What is wrong with a pod of which the host says all that it can. */
const troubleOf = (value: string): PodTrouble => ({
  pod: value,
  container: value,
  reason: value,
  message: value,
  restarts: 2,
  endedBy: value,
});

/** Every kind of cause, with the host's words wherever it has any. */
function causesOf(value: string): Cause[] {
  const trouble = troubleOf(value);
  return [
    { code: 'stalled', reason: value, message: value },
    ...(['bad-name', 'not-found', 'denied', 'rate-limit', 'platform', 'network', 'other'] as const).map(
      (fault): Cause => ({ code: 'pull', fault, trouble }),
    ),
    ...(['config', 'start', 'crash', 'oom', 'no-room', 'claim', 'setup'] as const).map(
      (code): Cause => ({ code, trouble }),
    ),
    { code: 'config', trouble: { ...trouble, message: `secret "${value}" not found` } },
    ...(['quota', 'rule', 'webhook-away', 'other'] as const).map(
      (by): Cause => ({ code: 'refused', by, message: value }),
    ),
    { code: 'evicted', count: 3, trouble },
    { code: 'node', node: value, pod: value, message: value },
    { code: 'verify', detail: value },
    { code: 'verify-url', url: 'https://example.org', detail: value },
    { code: 'deadline', whose: 'timeout', waitingFor: 'ready', trouble },
  ];
}

/** What kubectl, the login shell, the cluster, docker and a registry may have said, as the problems that repeat it. */
function problemsOf(value: string): Problem[] {
  const detail = value;
  const workload = deployment((draft) => {
    draft.spec.template.spec = { containers: [{ name: value, image: value }] };
  });
  const pod = podOf('web-1', { spec: { containers: [{ name: value, image: value }] } });
  const warnings = [{ about: value, reason: value, message: value, count: 2 }];
  const evidence = { logs: [{ pod: value, container: value, lines: value }], warnings, pulling: [value] };
  const about = { ...where, timeoutMs: 1_000, snapshot: snapshotOf([pod], workload), evidence };
  return [
    problem('kubectl.missing', { words: 'kubectl', detail }),
    problem('kubectl.no-config', { detail }),
    problem('kubectl.unauthorized', { detail }),
    problem('kubectl.certificate', { detail }),
    problem('kubectl.unreachable', { detail }),
    problem('kubectl.forbidden', { detail }),
    problem('kubectl.other', { detail }),
    problem('kubectl.not-json', { start: value }),
    problem('workload.missing', { ...where, others: [value, value], instead: '' }),
    problem('workload.no-container', { ...where, container: 'web', names: [value] }),
    problem('workload.held', { deployment: 'web', url: value }),
    problem('workload.rejected', { detail }),
    problem('workload.write-unknown', { ...where, detail }),
    problem('rollout.no-contact', { ...where, detail }),
    problem('rollback.failed', { ...where, image: value, detail }),
    problem('rollback.unwritten', { ...where, image: value, detail }),
    problem('ssh.closed', { host: 'h', port: 22, stage: 'connect', said: value }),
    problem('ssh.auth-more', { host: 'h', port: 22, username: 'u', methods: [value] }),
    problem('build.failed', { detail, tail: `${value}\n${value}` }, { file: value, line: 3 }),
    problem('build.push-denied', { repository: 'r', username: 'u', detail }),
    problem('build.unreadable', { digest: DIGEST, detail }),
    problem('run.unexpected', { detail }),
    ...causesOf(value).map((cause) => diagnose(cause, about)),
  ];
}

function adviceOf(value: string): Advice[] {
  return [
    { code: 'previous-gone', params: { container: value, image: value } },
    { code: 'no-readiness-probe', params: { container: value, probe: { kind: 'http', path: value, port: value } } },
    { code: 'all-unavailable', params: { replicas: 1, maxUnavailable: value, maxSurge: value } },
    { code: 'no-requests', params: { container: value, neighbours: [value, value] } },
    { code: 'manifest-differs', params: { container: value, applied: value, running: value } },
  ];
}

/** A run in which everything that is not ours says the same. */
async function told(value: string, problems: readonly Problem[], log: GitHubLog): Promise<Report> {
  const clock = new ManualClock();
  const reporter = new Reporter(CONFIG, clock, log);
  await reporter.phase('build', async () => {
    log.foreign(value);
    log.foreign(`#5 ${value}`);
    log.info(line('log.push-retry', { detail: value, attempt: 2, of: 4, ms: 3_000 }));
    log.foreign(value);
  });
  const checking = reporter.aside('preflight', async (note) => {
    note(line('log.workload', { deployment: value, container: value, image: value, replicas: 1, strategy: value }));
    note(line('log.retry', { detail: value, attempt: 2, ms: 1_000 }));
  });
  await checking.result;
  checking.show();
  reporter.proved({ repository: CONFIG.image.repository, tag: 'new', digest: DIGEST });
  await reporter.phase('watch', async () => {
    log.info(line('log.held', { deployment: 'web', url: value }));
    log.info(line('log.patched', { container: value, from: value, to: value }));
    const look = progressLines(clock, (text) => log.info(text));
    const progress = { desired: 1, updated: 1, ready: 0, available: 0, old: 1 };
    const waiting = { kind: 'waiting', waitingFor: 'ready', progress } as const;
    const seen = snapshotOf([podOf('web-1', { spec: { containers: [], nodeName: value } })]);
    look({ ...waiting, trouble: troubleOf(value) }, seen, undefined);
    look({ ...waiting, trouble: { ...troubleOf(value), exitCode: 1 } }, seen, value);
  });
  reporter.warn(line('log.history-lost', { detail: value }));
  const neighbour = { namespace: value, pod: value, container: value, reason: value, exitCode: 1, restarts: 2 };
  reporter.warn(line('log.neighbour', neighbour));
  reporter.found({
    previousImage: value,
    revision: value,
    pods: [{ name: value, version: 'new', label: value, ready: false, restarts: 1, state: value }],
    logs: [
      { pod: value, container: value, lines: value },
      { pod: 'web-1', container: 'web', lines: `one\n${value}\n${value}` },
    ],
    events: [{ about: value, reason: value, message: value, count: 2 }],
    advice: adviceOf(value),
  });
  return reporter.end('failed-rolled-back', 'old', problems);
}

/** Sees nothing of the cluster. */
const NOBODY = { snapshot: () => ({ replicaSets: [], pods: [] }) };

describe('what a host, a cluster, docker or a registry says', () => {
  it('is shown, and neither a command, nor another output, nor Markdown', async () => {
    const faults: string[] = [];
    const shown = { values: 0, lines: 0 };
    for (const { kind, value } of VALUES) {
      const problems = problemsOf(value);
      // A runner shows ten errors, so each kind of problem is among these ten once.
      const first = (shown.values++ * 7) % problems.length;
      const some = [...problems.slice(first), ...problems.slice(0, first)].slice(0, 12);
      const step = await runner.step((log) => told(value, some, log));
      shown.lines += step.log.split('\n').length;
      for (const fault of faultsOf(step)) faults.push(`${kind} ${cut(value)}: ${fault}`);
    }
    process.stdout.write(`injection, host: ${shown.values} values in ${shown.lines} lines of logs\n`);
    expect(some(faults)).toEqual([]);
  });

  it('would be noticed: what is printed without a fence is obeyed', async () => {
    const value = '::add-mask::a';
    const step = await runner.step(async (log) => {
      process.stdout.write(`${value}\n`);
      return told('x', [], log);
    });
    expect(faultsOf(step)).not.toEqual([]);
  });

  it('is one word of the command that brings the version before back', () => {
    const carried = VALUES.map(({ value }) => value.replaceAll('\0', ''));
    const commands = carried.map((value) => {
      const [run, begun] = [
        { config: { ...CONFIG, run: RUN } },
        { replaced: { image: value }, container: { name: value }, observer: NOBODY },
      ];
      const made = wayBack(run as unknown as Run, { ...begun, version: { image: 'new' } } as unknown as Begun, 'new');
      return made.wayBack?.command ?? '';
    });
    const { name, namespace } = CONFIG.workload;
    expect(wordsOf(commands, { cwd: runner.folder })).toEqual(
      carried.map((value) => [
        ...['kubectl', 'set', 'image', `deployment/${name}`, `${value}=${value}`, '-n', namespace],
      ]),
    );
  });
});
