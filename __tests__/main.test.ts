import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../src/report/report';
import { openSshEd25519 } from '../src/transport/openssh-key';
import { RUN, rawInputs } from './inputs/sample';

const folder = mkdtempSync(join(tmpdir(), 'main-test-'));
const environment = process.env;
afterEach(() => {
  process.env = environment;
  process.exitCode = undefined;
  jest.restoreAllMocks();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the step with these inputs, up to where the deploy itself would begin; gives what it printed. */
async function step(inputs: Readonly<Record<string, string>>): Promise<string> {
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
  process.env = { PATH: environment.PATH, RUNNER_TEMP: folder, GITHUB_SHA: RUN.sha };
  for (const name of ['OUTPUT', 'STATE', 'STEP_SUMMARY']) {
    process.env[`GITHUB_${name}`] = join(folder, name);
    writeFileSync(join(folder, name), '');
  }
  const key = openSshEd25519(generateKeyPairSync('ed25519').privateKey);
  const given = rawInputs({ context: folder, file: join(folder, 'Dockerfile'), 'ssh-key': key });
  for (const [name, value] of Object.entries({ ...given, ...inputs }))
    process.env[`INPUT_${name.toUpperCase()}`] = value;
  let printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += chunk;
    return true;
  });
  const over = new Promise<void>((resolve) => {
    jest.spyOn(process, 'exit').mockImplementation((() => resolve()) as () => never);
  });
  jest.isolateModules(() => {
    jest.doMock('../src/deploy', () => ({ deploy: async () => report }));
    require('../src/main');
  });
  await over;
  return printed;
}

const report: Report = {
  ...{ operation: 'deploy', outcome: 'deployed', deployment: 'caring-note-api', namespace: 'default' },
  ...{ tags: [], serving: 'new', problems: [], warnings: [], pods: [], logs: [], events: [], advice: [], phases: [] },
  durationMs: 1,
};

describe('the step', () => {
  it('begins with what it will do, and where', async () => {
    expect(await step({ namespace: 'staging' })).toContain(
      'Deploying to deployment/caring-note-api in the namespace staging on 203.0.113.7 (image caringnote/caring-note-api)\n',
    );
    expect(process.exitCode).toBe(0);
  });

  it('says of a plan that nothing is changed', async () => {
    expect(await step({ operation: 'restart', 'dry-run': 'true' })).toMatch(
      /^Plan only, nothing is changed: Restarting deployment\/caring-note-api /m,
    );
  });

  it('warns of manifests that this operation leaves alone', async () => {
    const printed = await step({ operation: 'restart', manifests: 'k8s' });
    expect(printed).toMatch(/^::warning::The operation "restart" applies no manifests/m);
    expect(process.exitCode).toBe(0);
  });

  it.each([
    ['tag', 'Did you mean "tags"?'],
    ['entirely-else', 'Remove it from "with:".'],
  ])('warns of an input that it does not have, and goes on: %s', async (name, next) => {
    const printed = await step({ [name]: 'x' });
    expect(printed).toContain(`::warning::This action has no input "${name}"; it is ignored. ${next}`);
    expect(printed).toContain('Deploying to deployment/');
  });

  it('ends before it begins where an input does not fit, and says why', async () => {
    const printed = await step({ timeout: 'soon' });
    expect(printed).toContain('::error::The input "timeout" is "soon", which is no duration.');
    expect(printed).not.toContain('Deploying to');
    expect(process.exitCode).toBe(1);
  });
});
