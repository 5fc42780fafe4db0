import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { INPUTS } from '../src/inputs/names';
import { OUTCOMES } from '../src/outcome';
import { publish } from '../src/report/github';
import { defaults } from '../testbed/run-action';

interface Input {
  readonly description: string;
  readonly required: boolean;
  readonly default?: string;
}

const text = readFileSync(join(__dirname, '../action.yml'), 'utf8');
const action = parse(text) as {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: Readonly<Record<string, string>>;
};

describe('the inputs of action.yml', () => {
  it('are those that the action reads, in the same order', () =>
    expect(Object.keys(action.inputs)).toEqual([...INPUTS]));

  it.each(INPUTS)('%s says what it is for and whether it must be given', (name) => {
    const input = action.inputs[name];
    expect(input?.description).toMatch(/^[A-Z].*\.$/);
    expect(typeof input?.required).toBe('boolean');
    if (input?.required) expect(input.default).toBeUndefined();
    // The runner hands over text: `default: true` would be read differently by other readers of YAML.
    expect(['string', 'undefined']).toContain(typeof input?.default);
  });

  it('are written in kebab-case, and no two differ by a letter', () => {
    for (const name of INPUTS) expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    const plain = INPUTS.map((name) => name.replace(/s$/, ''));
    expect(new Set(plain).size).toBe(plain.length);
  });

  it('have the defaults that the testbed runs the action with', () => {
    const expected = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
    expect(defaults()).toEqual(Object.fromEntries(expected));
  });

  it('have none that the code would read in another way than an input left out', async () => {
    const { parseInputs } = await import('../src/inputs/parse');
    const { RUN, rawInputs } = await import('./inputs/sample');
    const given = Object.fromEntries(Object.entries(defaults()).filter(([, value]) => value !== ''));
    const shown = (raw: ReturnType<typeof rawInputs>) => JSON.stringify(parseInputs(raw, RUN));
    expect(shown(rawInputs(given))).toBe(shown(rawInputs()));
  });
});

describe('the outputs of action.yml', () => {
  const files = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'] as const;
  const before = { ...process.env };
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'));

  beforeAll(() => {
    for (const name of files) {
      process.env[name] = join(folder, name);
      writeFileSync(join(folder, name), '');
    }
  });
  afterAll(() => {
    for (const name of files) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    rmSync(folder, { recursive: true });
  });

  it('are those that a run sets', async () => {
    await publish({
      ...{
        operation: 'deploy',
        outcome: 'deployed',
        deployment: 'web',
        namespace: 'default',
        serving: 'new',
        durationMs: 1,
      },
      ...{ tags: [], problems: [], warnings: [], pods: [], logs: [], events: [], advice: [], phases: [] },
    });
    const set = [...readFileSync(join(folder, 'GITHUB_OUTPUT'), 'utf8').matchAll(/^([\w-]+)<</gm)].map(
      ([, name]) => name,
    );
    expect(set).toEqual(Object.keys(action.outputs));
    expect(readFileSync(join(folder, 'GITHUB_STEP_SUMMARY'), 'utf8')).toContain('the new version serves');
  });

  it.each(OUTCOMES)('name the outcome %s', (outcome) => {
    expect(action.outputs.outcome?.description).toContain(`\`${outcome}\``);
  });
});

it('runs on node 24, with a step that cleans up', () => {
  expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/index.js' });
});
