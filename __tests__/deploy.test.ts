import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploy } from '../src/deploy';
import type { Log } from '../src/report/log';
import type { ProcessResult, RunOptions } from '../src/system/process';
import type { Tools } from '../src/tools';
import { Failure, type Problem, problem } from '../src/words/words';
import { holderOf } from '../src/workload/hold';
import { type Answer, FakeTransport } from './fakes/transport';
import { configOf } from './inputs/sample';
import { ManualClock } from './transport/manual-clock';
import { ApiServer, type Fate } from './workload/api-server';
import { deployment } from './workload/deployment';

const CONFIG_DIGEST = `sha256:${'c'.repeat(64)}`;
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: { digest: CONFIG_DIGEST } });
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;
const CONFIG = configOf({ tags: 'new', 'registry-username': 'u', 'registry-password': 'p' });
const IMAGE = `caringnote/caring-note-api:new@${DIGEST}`;

const folder = mkdtempSync(join(tmpdir(), 'deploy-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface World {
  readonly fates?: Fate[];
  readonly server?: ApiServer;
  /** How the build ends; by default it pushes. */
  readonly build?: (options: RunOptions) => Promise<ProcessResult>;
  readonly connect?: Tools['connect'];
  /** The registry's answer to a login. */
  readonly login?: number;
  /** Commands that are never answered. */
  readonly hangs?: (argv: readonly string[]) => boolean;
}

const forever = <T>() => new Promise<T>(() => {});
const ended = (code: number, stdout = ''): ProcessResult => ({ kind: 'exited', code, stdout, stderr: '' });
const untilCancelled = ({ signal }: RunOptions) =>
  new Promise<ProcessResult>((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'cancelled' })));

/** A deploy in a world of a test's own; `cancel` is the runner's. */
function start({
  fates = [],
  server = new ApiServer(deployment(), fates),
  build,
  connect,
  login = 200,
  hangs = () => false,
}: World) {
  const cancel = new AbortController();
  const clock = new ManualClock();
  const errors: Problem[] = [];
  const log: Log = {
    group() {},
    end() {},
    info() {},
    foreign() {},
    warning() {},
    error: (each) => void errors.push(each),
  };
  const dryRuns: string[] = [];
  const transport = new FakeTransport((argv, stdin, live): Answer | Promise<Answer> => {
    if (hangs(argv)) return forever();
    const path = argv.find((word) => word.startsWith('/')) ?? '';
    if (path.includes('watch=1')) return forever();
    if (/\/(pods|replicasets)\?/.test(path)) return { stdout: '{"metadata":{"resourceVersion":"1"},"items":[]}' };
    if (argv.includes('--dry-run=server')) {
      dryRuns.push(argv.join(' '));
      return { stdout: '{}' };
    }
    return server.handler(argv, stdin, live);
  }, clock);
  const tools: Tools = {
    clock,
    log,
    folder,
    removeLater() {},
    signal: cancel.signal,
    connect: connect ?? (async () => transport),
    fetch: async (url) => {
      const isFirst = url.endsWith('/v2/') && login !== 200;
      return new Response('{}', {
        status: isFirst ? 401 : login,
        headers: isFirst ? { 'www-authenticate': 'Basic realm="r"' } : {},
      });
    },
    processes: {
      ask: async () => ended(0, 'github.com/docker/buildx v0.38.2 abc'),
      run: async (argv, options) => {
        if (argv.includes('imagetools')) return ended(0, MANIFEST);
        if (build) return build(options);
        const file = argv[argv.indexOf('--metadata-file') + 1] ?? '';
        writeFileSync(
          file,
          JSON.stringify({ 'containerimage.digest': DIGEST, 'containerimage.config.digest': CONFIG_DIGEST }),
        );
        return ended(0);
      },
    },
  };
  return { report: deploy(CONFIG, tools), cancel, clock, errors, server, transport, dryRuns };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1_000) throw new Error('it does not happen');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets time pass until it is settled. */
async function passUntil<T>(settled: Promise<T>, clock: ManualClock): Promise<T> {
  let isOver = false;
  void settled.then(() => {
    isOver = true;
  });
  await until(() => {
    clock.pass(1_000);
    return isOver;
  });
  return settled;
}

const codes = (problems: readonly Problem[]) => problems.map(({ code }) => code);

describe('before anything is written', () => {
  it('a failed build refuses, and only the build is told', async () => {
    const { report, server } = start({ build: async () => ended(1) });
    expect(await report).toMatchObject({ outcome: 'refused', problems: [{ code: 'build.failed' }] });
    expect(server.patches).toBe(0);
  });

  it('a host and a registry that both refuse are both told, and the build is stopped', async () => {
    const { report } = start({
      build: untilCancelled,
      login: 401,
      connect: async () => {
        throw new Failure(problem('ssh.refused', { host: 'h', port: 22 }));
      },
    });
    const { outcome, problems } = await report;
    expect(outcome).toBe('refused');
    expect(codes(problems).sort()).toEqual(['registry.login', 'ssh.refused']);
  });

  it('the change is tried out with the digest of no image', async () => {
    const { report, dryRuns, cancel, clock } = start({ build: untilCancelled });
    await until(() => dryRuns.length === 1);
    expect(dryRuns[0]).toContain(`caringnote/caring-note-api:new@sha256:${'0'.repeat(64)}`);
    cancel.abort();
    expect((await report).outcome).toBe('cancelled');
    clock.pass(10_000);
  });

  it('a cancel during the build changes nothing', async () => {
    const { report, cancel, server, dryRuns } = start({ build: untilCancelled });
    await until(() => dryRuns.length === 1);
    cancel.abort();
    expect(await report).toMatchObject({ outcome: 'cancelled', problems: [{ code: 'run.cancelled' }] });
    expect(server.patches).toBe(0);
  });
});

describe('the write', () => {
  it('that a policy refuses changes nothing, and says so', async () => {
    const stderr = 'Error from server: admission webhook "x" denied the request: no';
    const { report } = start({ fates: [{ stderr }] });
    expect(await report).toMatchObject({ outcome: 'refused', problems: [{ code: 'workload.rejected' }] });
  });

  it.each([
    'Error from server (NotFound): deployments.apps "caring-note-api" not found',
    'Error from server (Forbidden): deployments.apps "x" is forbidden: User "d" cannot patch resource "deployments"',
    'error: You must be logged in to the server (Unauthorized)',
  ])('that is clearly refused changes nothing, and nobody has to wonder: %s', async (stderr) => {
    const { report, server } = start({ fates: [{ stderr }] });
    expect(await report).toMatchObject({ outcome: 'refused' });
    expect([server.patches, server.applied.length]).toEqual([1, 0]);
  });

  it('that ends without a clear word leaves it open whether it took effect', async () => {
    const { report, clock } = start({ fates: Array.from({ length: 6 }, () => ({ stderr: 'Killed' })) });
    expect(await passUntil(report, clock)).toMatchObject({
      outcome: 'unknown',
      problems: [{ code: 'workload.write-unknown' }],
    });
  });

  it('that takes effect after it was given up leaves no hold to the next run', async () => {
    const killed: Fate[] = Array.from({ length: 5 }, () => ({ stderr: 'Killed' }));
    const { report, clock, server } = start({ fates: [...killed, 'late'] });
    expect(await passUntil(report, clock)).toMatchObject({ outcome: 'unknown' });
    expect(server.applied.length).toBeGreaterThan(0);
    expect(holderOf(server.object)).toBeUndefined();
  });

  it('whose answer never comes does not keep a cancelled run beyond what GitHub grants', async () => {
    let isSent = false;
    const hangs = (argv: readonly string[]) => {
      const isPatch = argv.includes('patch') && !argv.includes('--dry-run=server');
      isSent ||= isPatch;
      return isPatch;
    };
    const { report, cancel, clock } = start({ hangs });
    await until(() => isSent);
    cancel.abort();
    await until(() => clock.sleeping > 0);
    for (let seconds = 0; seconds < 7; seconds++) {
      clock.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await report).toMatchObject({ outcome: 'cancelled', problems: [{ code: 'rollout.interrupted' }] });
  });

  it('puts what was built into the workload', async () => {
    const { report, cancel, server } = start({});
    await until(() => server.applied.length === 1);
    expect(server.object.spec?.template.spec?.containers[0]?.image).toBe(IMAGE);
    cancel.abort();
    expect(await report).toMatchObject({ outcome: 'cancelled', image: IMAGE, digest: DIGEST });
  });
});

describe('an image that is there already', () => {
  const running = () =>
    deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE }));

  it('is not written again', async () => {
    const { report, server, cancel, transport } = start({ server: new ApiServer(running()) });
    await until(
      () => transport.commands.filter(({ argv }) => argv.some((word) => word.includes('watch=1'))).length === 2,
    );
    cancel.abort();
    expect((await report).outcome).toBe('cancelled');
    expect(server.patches).toBe(0);
  });

  it('is not taken for running because it was before the build: the workload is looked at again', async () => {
    const server = new ApiServer(running());
    const { report, cancel } = start({
      server,
      build: async () => {
        server.touch(({ spec }) =>
          Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'caringnote/caring-note-api:theirs' }),
        );
        writeFileSync(
          join(folder, 'metadata.json'),
          JSON.stringify({ 'containerimage.digest': DIGEST, 'containerimage.config.digest': CONFIG_DIGEST }),
        );
        return ended(0);
      },
    });
    await until(() => server.applied.length === 1);
    expect(server.object.spec?.template.spec?.containers[0]?.image).toBe(IMAGE);
    cancel.abort();
    expect(await report).toMatchObject({ previousImage: 'caringnote/caring-note-api:theirs' });
  });
});
