import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOKEN } from '../../testbed/run-action';
import { obeyed } from '../fakes/runner';
import { type SshServer, startSshServer } from '../fakes/ssh-server';
import { corpus } from '../injection/corpus';
import { cut, faultsOfOutputs, faultsOfSummary, some } from '../injection/judge';
import { App } from './harness';
import { readImage } from './support/images';
import { TOOLS, Workspace } from './support/workspace';

jest.setTimeout(120_000);

type Result = Awaited<ReturnType<App['run']>>;

const folder = mkdtempSync(join(tmpdir(), 'injection-'));
const CANARY = join(folder, 'canary');
/** Made by a program that only git would start. */
const GIT_CANARY = join(folder, 'git-canary');
/** What no environment, no argument and no file can hold is left out; and the longest, of which hundreds do not fit into one command. */
const VALUES = corpus(CANARY)
  .map(({ value }) => value)
  .filter((value) => !value.includes('\0') && value.length < 10_000);

/** The commands that a step of ours gives. */
const OURS = new Set(['group', 'endgroup', 'warning', 'error', 'add-mask', 'stop-commands']);

let app: App;
let workspace: Workspace;
const started = Date.now();
beforeAll(async () => {
  app = await App.install();
  workspace = new Workspace();
  workspace.dockerfile([...TOOLS, 'ARG VERSION', 'ENV VERSION=$VERSION']);
  workspace.file('app/salt', '');
});
afterAll(async () => {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
  await app.remove();
  process.stdout.write(`injection, e2e: ${VALUES.length} values, ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
});
afterEach(() => expect(existsSync(CANARY)).toBe(false));

/** The lines of secrets that a step masks: shorter ones would mask half the log. */
function linesOf(...texts: readonly (string | undefined)[]): Set<string> {
  const lines = texts.flatMap((text = '') => text.split(/\r?\n|\\n/)).map((each) => each.trim());
  return new Set(lines.filter(({ length }) => length > 3));
}

/** Runs the step, and gives what is wrong with what a runner and GitHub make of it. */
async function run(
  tag: string,
  inputs: Record<string, string>,
  environment: Record<string, string> = {},
): Promise<{ result: Result; faults: string[] }> {
  const others = ['GITHUB_ENV', 'GITHUB_PATH'].map((name) => [name, join(folder, `${name}-${tag}`)] as const);
  for (const [, file] of others) writeFileSync(file, '');
  const result = await app.run(
    tag,
    { context: 'app', 'build-args': `VERSION=${tag}`, ...inputs },
    {
      workspace: workspace.folder,
      environment: { GITHUB_SHA: workspace.commit(), ...environment, ...Object.fromEntries(others) },
    },
  );
  process.stdout.write(`injection, e2e: ${tag}: ${result.outputs.outcome} after ${result.seconds.toFixed(1)} s\n`);
  const commands = obeyed(result.log);
  const count = (wanted: string) => commands.filter(({ name }) => name === wanted).length;
  const secrets = linesOf(
    app.inputs('x')['ssh-key'],
    TOKEN,
    inputs['ssh-key'],
    inputs.secrets,
    ...(inputs.secrets ? VALUES : []),
  );
  const faults = [
    ...commands.filter(({ name }) => !OURS.has(name)).map(({ name, data }) => `the runner obeys ${name} ${cut(data)}`),
    ...commands
      .filter(({ name, data }) => name === 'add-mask' && !secrets.has(data))
      .map(({ data }) => `${cut(data)} is masked`),
    ...commands
      .filter(({ name, data }) => name === 'stop-commands' && !/^[0-9a-f-]{36}$/.test(data))
      .map(({ data }) => `commands are switched off by ${cut(data)}`),
    ...(count('group') === count('endgroup') ? [] : ['a group is left open']),
    ...(obeyed(result.postLog).length === 0 ? [] : ['the post step gives commands']),
    ...others.flatMap(([name, file]) => (readFileSync(file, 'utf8') === '' ? [] : [`something is written to ${name}`])),
    ...Object.keys(result.state).flatMap((name) =>
      ['begun', 'folder', 'builder'].includes(name) ? [] : [`${name} is kept`],
    ),
    ...faultsOfOutputs({ outputs: Object.entries(result.outputs) }),
    ...faultsOfSummary(result.summary),
  ];
  return { result, faults };
}

/** Entries of a list, each in quotes. */
const list = (entries: readonly string[]) => entries.map((each) => `"${each.replaceAll('"', '""')}"`).join('\n');

describe('inputs, a commit, a branch and files that are hostile', () => {
  const labels = VALUES.map((value, index) => [`l${index}`, value] as const);
  const message = VALUES.join('\n');
  let result: Result;
  let faults: string[];
  let commit: string;
  const branch = '::add-mask::a\n$(touch /tmp/x)';

  beforeAll(async () => {
    for (const name of [`$(touch ${CANARY.replaceAll('/', ':')})`, '`id`', '--help', '::add-mask::a', 'a\'b"c', '-'])
      workspace.file(`app/files/${name}`, name);
    workspace.commit();
    const author = ['-c', 'user.name=$(id)', '-c', 'user.email=`id`'];
    execFileSync('git', [...author, 'commit', '--quiet', '--amend', '--cleanup=verbatim', '--file=-'], {
      cwd: workspace.folder,
      input: message,
    });
    execFileSync('git', ['checkout', '--quiet', '-b', '$(id)`id`";x'], { cwd: workspace.folder });
    commit = workspace.commit();
    const given = {
      labels: list(labels.map(([name, value]) => `${name}=${value}`)),
      'build-args': list(['VERSION=literal', ...VALUES.map((value, index) => `A${index}=${value}`)]),
      secrets: list(VALUES.slice(0, 200).map((value, index) => `s${index}=${value || 'x'}`)),
    };
    const event = join(folder, 'event.json');
    writeFileSync(event, JSON.stringify({ head_commit: { message, timestamp: '$(id)' }, ref: branch }));
    ({ result, faults } = await run('literal', given, {
      GITHUB_REF: `refs/heads/${branch}`,
      GITHUB_REF_NAME: branch,
      GITHUB_HEAD_REF: branch,
      GITHUB_ACTOR: branch,
      GITHUB_WORKFLOW: branch,
      GITHUB_EVENT_PATH: event,
    }));
  });

  it('are deployed', () => {
    expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'deployed', exit: 0 });
    expect(some(faults)).toEqual([]);
  });

  it('are in the image letter by letter', async () => {
    const { config } = await readImage(result.outputs.image ?? '');
    const own = config.config.Labels ?? {};
    expect(
      some(
        labels.flatMap(([name, value]) =>
          own[name] === value.trimEnd() ? [] : [`${cut(value)}: ${cut(own[name] ?? '')}`],
        ),
      ),
    ).toEqual([]);
    expect(own['org.opencontainers.image.revision']).toBe(commit);
  });
});

describe('a host that somebody has taken over', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshServer();
    copyFileSync(join(__dirname, 'support/hostile-kubectl.js'), join(folder, 'hostile-kubectl.js'));
    writeFileSync(
      join(folder, 'kubectl'),
      `#!/bin/sh\nexec '${process.execPath}' '${folder}/hostile-kubectl.js' "$@"\n`,
      {
        mode: 0o755,
      },
    );
  });
  afterAll(() => server.close());

  /** Takes its time, for a host that hangs up is tried again: the others run meanwhile. */
  let greeted: ReturnType<typeof run>;
  beforeAll(async () => {
    const greeting = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(`${VALUES.join('\r\n')}\r\n`);
    });
    await new Promise<void>((resolve) => greeting.listen(0, '127.0.0.1', resolve));
    workspace.file('greeted/Dockerfile', 'FROM scratch\nCOPY Dockerfile /\n');
    const { port } = greeting.address() as { port: number };
    greeted = run('greeted', { context: 'greeted', 'ssh-port': `${port}`, 'ssh-host-key': server.hostKey });
    greeted.finally(() => greeting.close()).catch(() => undefined);
  });

  const real = execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim();
  const runOn = (mode: string, inputs: Record<string, string> = {}) => {
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ real, mode, values: VALUES }));
    return run(mode, {
      'ssh-port': `${server.port}`,
      'ssh-username': 'deployer',
      'ssh-key': server.userKey,
      'ssh-host-key': server.hostKey,
      kubectl: join(folder, 'kubectl'),
      ...inputs,
    });
  };

  it('says what it likes of a version that crashes, of its logs and events, and so does the build', async () => {
    workspace.file('app/salt', VALUES.join('\n'));
    workspace.dockerfile([...TOOLS, 'RUN ["/busybox", "cat", "/salt"]', 'ENV CRASH_AFTER=0s']);
    const { result, faults } = await runOn('words', { 'max-restarts': '0' });
    expect(result.outputs.outcome).toBe('failed-rolled-back');
    expect(result.summary).toContain('::stop-commands::');
    expect(some(faults)).toEqual([]);
  });

  it('gives its pods any name', async () => {
    workspace.dockerfile([...TOOLS, 'ARG VERSION', 'ENV VERSION=$VERSION']);
    const { faults } = await runOn('names');
    expect(some(faults)).toEqual([]);
  });

  it.each(['banner', 'fails'])('answers with something else: %s', async (mode) => {
    const { result, faults } = await runOn(mode);
    expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'refused', exit: 1 });
    expect(some(faults)).toEqual([]);
  });

  it('greets with something else', async () => {
    const { result, faults } = await greeted;
    expect(result.outputs.outcome).toBe('refused');
    expect(result.log).toContain('It said');
    expect(some(faults)).toEqual([]);
  });
});

describe('a build context', () => {
  it('that looks like a repository starts no program of its own', async () => {
    // git takes a folder with these for a repository, and it can be committed.
    for (const name of ['objects/x', 'refs/x']) workspace.file(`bare/${name}`, '');
    workspace.file('bare/HEAD', 'ref: refs/heads/main\n');
    workspace.file('bare/refs/heads/main', `${'1'.repeat(40)}\n`);
    workspace.file('bare/app/Dockerfile', 'FROM nowhere.invalid/x\n');
    const settings = [
      ['core.repositoryformatversion', '1'],
      ['core.bare', 'false'],
      ['core.worktree', '.'],
      ['extensions.partialClone', 'x'],
      ['remote.x.promisor', 'true'],
      ['remote.x.url', `ext::touch ${GIT_CANARY}`],
      ['protocol.ext.allow', 'always'],
    ];
    for (const [name = '', value = ''] of settings)
      execFileSync('git', ['config', '--file', join(workspace.folder, 'bare/config'), name, value]);
    await run('bare', { context: 'bare/app' });
    expect(existsSync(GIT_CANARY)).toBe(false);
    // It would be noticed: git itself does what the settings say.
    expect(() =>
      execFileSync('git', ['-C', join(workspace.folder, 'bare/app'), 'show', 'HEAD'], { stdio: 'ignore' }),
    ).toThrow();
    expect(existsSync(GIT_CANARY)).toBe(true);
  });

  it('whose name reads as another machine’s is the folder of that name', async () => {
    const name = 'evil@evil.example:$(touch x).git';
    workspace.file(`${name}/Dockerfile`, 'FROM scratch\nCOPY server /\nENTRYPOINT ["/server"]\n');
    copyFileSync(join(workspace.folder, 'app/server'), join(workspace.folder, name, 'server'));
    const { result, faults } = await run('named', { context: name });
    expect(result.outputs.outcome).toBe('deployed');
    expect(some(faults)).toEqual([]);
  });
});
