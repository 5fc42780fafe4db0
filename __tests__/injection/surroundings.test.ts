import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildArgv } from '../../src/image/buildx';
import { commitTime } from '../../src/image/commit';
import { labelsOf } from '../../src/image/labels';
import { checkInputs } from '../../src/inputs/check';
import type { RunInfo } from '../../src/inputs/config';
import { readRun } from '../../src/inputs/read';
import { patchArgv } from '../../src/kubectl/argv';
import { canonical, type Deployment } from '../../src/kubectl/objects';
import { systemProcesses } from '../../src/system/process';
import { quote } from '../../src/transport/quote';
import { line } from '../../src/words/words';
import { annotations } from '../../src/workload/annotations';
import { parseHistory } from '../../src/workload/history';
import { rolloutPatch } from '../../src/workload/patch';
import { codesOf, configOf, problemsOf, RUN, rawInputs, textOf } from '../inputs/sample';
import { deployment } from '../workload/deployment';
import { applyPatch } from '../workload/json-patch';
import { corpus } from './corpus';
import { cut, some, wordsOf } from './judge';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'surroundings-'));
const CANARY = join(folder, 'canary');
const VALUES = corpus(CANARY);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => expect(existsSync(CANARY)).toBe(false));

/** No variable of an environment, and no file's name, can hold a NUL. */
const CARRIED = VALUES.map(({ value }) => value.replaceAll('\0', ''));
const VARIABLES =
  'GITHUB_SHA GITHUB_REF GITHUB_REF_NAME GITHUB_HEAD_REF GITHUB_ACTOR GITHUB_REPOSITORY GITHUB_SERVER_URL GITHUB_RUN_ID GITHUB_RUN_ATTEMPT GITHUB_WORKFLOW'.split(
    ' ',
  );

/** The run as it is read where every variable that tells of it has this value. */
function runWith(value: string): RunInfo {
  const saved = VARIABLES.map((name) => [name, process.env[name]] as const);
  try {
    for (const name of VARIABLES) process.env[name] = value;
    return readRun('0a0b0c0d');
  } finally {
    for (const [name, before] of saved) {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    }
  }
}

describe('what the runner says of the run, forged in every variable', () => {
  const image = `caringnote/caring-note-api:new@sha256:${'2'.repeat(64)}`;

  /** What is written for this run, and the words that carry it to kubectl. */
  const patchOf = (run: RunInfo) => {
    const change = {
      container: { index: 0, name: 'caring-note-api' },
      version: { image },
      soak: { set: 10, before: 0 },
      run,
    };
    const history = [{ id: run.id, image, run: run.url, at: '', outcome: 'open' }];
    const changeCause = line('change.cause', { image, commit: run.sha, url: run.url });
    const patch = rolloutPatch(deployment(), { ...change, history, changeCause, commit: run.sha });
    const where = { kind: 'deployment', namespace: 'default', name: 'web' } as const;
    return ['kubectl', ...patchArgv(where, JSON.stringify(patch), { dryRun: false })];
  };
  const written = (argv: readonly string[]): Deployment => {
    const patch = argv.find((word) => word.startsWith('--patch='))?.slice('--patch='.length) ?? '[]';
    return applyPatch(deployment(), JSON.parse(patch));
  };
  /** Without the values of the annotations, of which some have to differ. */
  const skeleton = ({ metadata, ...rest }: Deployment) =>
    canonical({ ...rest, ...metadata, annotations: Object.keys(metadata?.annotations ?? {}).sort() });

  it('is written into the Deployment as it is, and nothing else is', () => {
    const honest = skeleton(written(patchOf(RUN)));
    const runs = CARRIED.map(runWith);
    const read = wordsOf(
      runs.map((run) => quote(patchOf(run))),
      { cwd: folder },
    );
    const faults = runs.flatMap((run, index) => {
      const value = CARRIED[index] ?? '';
      const now = written(read[index] ?? []);
      const own = now.metadata?.annotations ?? {};
      const wanted = {
        [annotations.deployId]: run.id,
        [annotations.run]: `${value}/${value}/actions/runs/${Number.parseInt(value, 10) || 0}`,
        [annotations.commit]: value,
      };
      return [
        ...(skeleton(now) === honest ? [] : [`${cut(value)} changes something else`]),
        ...Object.entries(wanted).flatMap(([key, text]) =>
          own[key] === text ? [] : [`${cut(text)} in ${key} has become ${cut(own[key] ?? '')}`],
        ),
        ...(parseHistory(own[annotations.history])[0]?.run === run.url ? [] : [`${cut(value)} breaks the history`]),
        ...(/^\d+-\d+-0a0b0c0d$/.test(run.id) ? [] : [`${cut(value)} is in the run's id: ${run.id}`]),
      ];
    });
    expect(some(faults)).toEqual([]);
  });

  it('is the image’s labels as it is, and docker gets no other option', () => {
    const faults = CARRIED.flatMap((value) => {
      const run = runWith(value);
      const config = configOf({ tags: 'new' }, run);
      const labels = labelsOf(config, {});
      const build = { ...config.image, labels, caches: { from: [], to: [] }, metadataFile: 'm' };
      const given = buildArgv(config.build, build).filter((_, at, all) => all[at - 1] === '--label');
      const wanted = [`source=${value}/${value}`, `revision=${value}`].map(
        (each) => `org.opencontainers.image.${each}`,
      );
      return wanted.every((label) => given.includes(label)) ? [] : [`${cut(value)} has become ${cut(given.join())}`];
    });
    expect(some(faults)).toEqual([]);
  });

  it('is a tag where no other is given, or refused with what "tags" is for', () => {
    const faults = CARRIED.flatMap((value) => {
      const run = runWith(value);
      const problems = problemsOf({}, run);
      if (problems.length > 0)
        return textOf(problems).includes('"tags"') ? [] : [`${cut(value)}: ${cut(textOf(problems))}`];
      const [{ tag }] = configOf({}, run).image.references;
      return tag === value ? [] : [`${cut(value)} has become ${cut(tag)}`];
    });
    expect(some(faults)).toEqual([]);
  });

  it('is no word of git’s', async () => {
    const asked: (readonly string[])[] = [];
    const run = async (argv: readonly string[]) => {
      asked.push(argv);
      return { kind: 'exited', code: 0, stdout: '', stderr: '' } as const;
    };
    for (const value of CARRIED) await commitTime('.', value, { run, ask: run as never });
    expect(asked).toEqual([]);
  });
});

describe('a folder and a Dockerfile of any name', () => {
  const names = CARRIED.filter((name) => name.trim() === name && !name.includes('/') && Buffer.byteLength(name) < 240);
  // Control characters are refused before the file is looked for.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  const given = names.filter((name) => !/[\u0000-\u001f\u007f]/.test(name) && name !== '..' && name !== '-');

  it('are enough to tell', () => expect(given.length).toBeGreaterThan(120));

  it('are found by their names, and asked for by them alone', async () => {
    const faults: string[] = [];
    for (const [index, name] of given.entries()) {
      const at = join(folder, 'files');
      mkdirSync(join(at, name), { recursive: true });
      writeFileSync(join(at, name, name), 'FROM scratch\n');
      const raw = rawInputs({ context: join(at, name), file: join(at, name, name) });
      const { problems } = await checkInputs(raw);
      if (problems.some(({ code }) => code.startsWith('input.no-'))) faults.push(`${cut(name)} is not found`);
      if (codesOf(raw).length > 0) faults.push(`${cut(name)} is refused: ${codesOf(raw)}`);
      // Enough of them to see that nothing is executed: a process for each takes its time.
      if (index % 10 === 0) await commitTime(join(at, name), RUN.sha, systemProcesses);
      rmSync(at, { recursive: true });
    }
    expect(some(faults)).toEqual([]);
  });

  it('are given to docker as paths, which it takes for nothing else', () => {
    const faults = given.flatMap((name) => {
      const raw = rawInputs({ context: name, file: name });
      if (codesOf(raw).length > 0) return [];
      const config = configOf({ context: name, file: name, tags: 'new' });
      const options = { ...config.image, labels: [], caches: { from: [], to: [] }, metadataFile: 'm' };
      const argv = buildArgv(config.build, options);
      const words = [argv.at(-1), argv[argv.indexOf('--file') + 1]];
      return words.every((word) => word === name || word === `./${name}`) &&
        words.every((word) => /^[./]/.test(word ?? ''))
        ? []
        : [`${cut(name)} has become ${cut(words.join())}`];
    });
    expect(some(faults)).toEqual([]);
  });

  it('may hold a repository of its own, of which git is not to believe a word', async () => {
    // A folder with these files is a repository to git, and its configuration may name programs. It can be committed.
    const context = join(folder, 'bare');
    for (const name of ['objects', 'refs']) mkdirSync(join(context, name), { recursive: true });
    writeFileSync(join(context, 'HEAD'), 'ref: refs/heads/main\n');
    const settings = [
      ['core.repositoryformatversion', '1'],
      ['core.bare', 'true'],
      ['core.sshCommand', `touch ${CANARY};:`],
      ['extensions.partialClone', 'x'],
      ['remote.x.url', 'ssh://host/x'],
      ['remote.x.promisor', 'true'],
    ];
    for (const [name = '', value = ''] of settings)
      execFileSync('git', ['config', '--file', join(context, 'config'), name, value]);
    expect(await commitTime(context, RUN.sha, systemProcesses)).toBeUndefined();
    const isExecuted = existsSync(CANARY);
    rmSync(CANARY, { force: true });
    expect(isExecuted).toBe(false);
  });
});

afterAll(() => {
  process.stdout.write(
    `injection, surroundings: ${CARRIED.length} values × ${VARIABLES.length} variables, none executed, all literal or refused\n`,
  );
});
