import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Job extends Step {
  readonly steps?: readonly Step[];
  readonly permissions?: object;
  readonly concurrency?: object;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
}

interface Input {
  readonly description: string;
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: string | boolean;
  readonly options?: readonly string[];
}

interface Called {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly secrets: Readonly<Record<string, Input>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, object>> & {
    readonly workflow_dispatch?: { readonly inputs: Readonly<Record<string, Input>> };
    readonly workflow_call?: Called;
  };
  readonly permissions: object;
  readonly concurrency?: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = join(__dirname, '..');
const SHARED = '.github/workflows/deploy.yml';
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const names = readdirSync(join(root, 'examples/workflows'));
const examples = names.map((name) => `examples/workflows/${name}`);
const action = parse(text('action.yml')) as { inputs: Record<string, Input>; outputs: object };
const readme = text('README.md');
const read = (path: string) => parse(text(path)) as Workflow;
const jobOf = (path: string) => Object.values(read(path).jobs)[0] as Job;
const stepOf = (path: string) => jobOf(path).steps?.find(({ uses }) => uses?.startsWith('medibird/')) as Step;
const shared = read(SHARED).on.workflow_call as Called;
/** Which parts of a context a text names, such as the variables of `vars`. */
const named = (path: string, context: string) => [
  ...new Set([...text(path).matchAll(new RegExp(`\\b${context}\\.([\\w-]+)`, 'g'))].map(([, name = '']) => name)),
];
const requiredOf = (inputs: Record<string, Input>) =>
  Object.keys(inputs).filter((name) => inputs[name]?.required === true);

it('there is an example for each scenario, which the README links to', () => {
  expect(names).toEqual([
    'api-and-worker.yml',
    'by-hand.yml',
    'manifests.yml',
    'merged-pull-request.yml',
    'push.yml',
    'self-hosted.yml',
    'shared-api.yml',
    'shared-web.yml',
  ]);
  for (const path of examples) expect(readme).toContain(`](${path})`);
});

describe.each([...examples, SHARED])('%s', (path) => {
  const { on, permissions, jobs } = read(path);

  it('runs for no pull request that is not merged, with no right but to read, and ends no run that has begun', () => {
    const events = ['push', 'workflow_dispatch', 'workflow_call', 'pull_request'];
    expect(events).toEqual(expect.arrayContaining(Object.keys(on)));
    if (on.pull_request) {
      expect(on.pull_request).toMatchObject({ types: ['closed'] });
      expect(jobOf(path).if).toBe('github.event.pull_request.merged');
    }
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) expect(job.permissions ?? permissions).toEqual(permissions);
    expect(text(path)).not.toMatch(/cancel-in-progress: true|secrets: inherit/);
  });

  it('uses the actions as the README does', () => {
    const uses = Object.values(jobs).flatMap((job) => [job.uses, ...(job.steps ?? []).map((step) => step.uses)]);
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    const shown = [...block.matchAll(/uses: (\S+)/g)].map(([, name]) => name);
    expect([...shown, `medibird/deploy-action/${SHARED}@v1`]).toEqual(
      expect.arrayContaining(uses.filter((each) => each !== undefined)),
    );
  });

  it('names variables and secrets as the README does', () => {
    const own = Object.keys(shared.secrets).filter((name) => !shared.secrets[name]?.required);
    for (const name of named(path, 'vars')) expect(readme).toMatch(new RegExp(`vars\\.${name}\\b`));
    for (const name of named(path, 'secrets').filter((each) => !own.includes(each)))
      expect(readme).toMatch(new RegExp(`secrets\\.${name}\\b`));
  });
});

describe.each([...examples.filter((path) => !path.includes('shared-')), SHARED])('the step of %s', (path) => {
  it('has every required input and none that does not exist', () => {
    const given = Object.keys(stepOf(path).with ?? {});
    expect(given).toEqual(expect.arrayContaining(requiredOf(action.inputs)));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
  });

  it('comes after a checkout that leaves no token where `COPY . .` would take it into the image', () =>
    expect(jobOf(path).steps?.[0]).toMatchObject({
      uses: 'actions/checkout@v4',
      with: { 'persist-credentials': false },
    }));
});

describe.each(examples)('the names in %s', (path) => {
  const given = stepOf(path)?.with ?? jobOf(path).with ?? {};
  const { deployment = '', namespace = '', image = '' } = given;

  it('are those of the manifests', () => {
    if (!namespace.includes('${{')) {
      expect([namespace, image]).toEqual(['caring-note-staging', expect.stringMatching(/\/caring-note-api$/)]);
      expect(deployment.split('\n')[0]).toBe('caring-note-api');
      return;
    }
    const [production, staging] = [...namespace.matchAll(/'([\w-]+)'/g)].map(([, name]) => name).slice(-2);
    for (const folder of [production, staging]) {
      const file = `examples/manifests/${folder}/${deployment.replace('caring-note-', '')}.yaml`;
      const deployments = parseAllDocuments(text(file))
        .map((each) => each.toJS() as { kind: string; metadata: { name: string } })
        .filter(({ kind }) => kind === 'Deployment');
      expect(deployments.map(({ metadata }) => metadata.name)).toEqual([deployment]);
    }
    expect([production, staging]).toEqual(['default', 'caring-note-staging']);
    expect(image.endsWith(`/${deployment}`)).toBe(true);
  });
});

describe('by hand and on a push', () => {
  const [push, byHand] = ['examples/workflows/push.yml', 'examples/workflows/by-hand.yml'];

  it('an image has one name, so that a redeploy finds a commit that was pushed', () => {
    const environment = "${{ github.ref_name == 'main' && 'production' || 'staging' }}";
    expect(stepOf(push).with?.tags).toBe(`${environment}-\${{ github.sha }}`);
    expect(stepOf(byHand).with?.tags).toBe('${{ inputs.environment }}-${{ github.sha }}');
    expect(read(byHand).on.workflow_dispatch?.inputs.environment?.options).toEqual(['staging', 'production']);
  });

  it('runs for one environment wait for each other, and a plan for none', () => {
    const environment = "${{ github.ref_name == 'main' && 'production' || 'staging' }}";
    expect(read(push).concurrency?.group).toBe(`deploy-${environment}`);
    expect(read(byHand).concurrency?.group).toBe(
      "deploy-${{ inputs.environment }}${{ inputs.dry-run && '-plan' || '' }}",
    );
  });

  it.each(examples.filter((path) => read(path).on.workflow_dispatch))(
    '%s offers the operations that there are',
    (path) => {
      const { inputs = {} } = read(path).on.workflow_dispatch ?? {};
      for (const name of inputs.operation?.options ?? [])
        expect(action.inputs.operation?.description).toContain(`\`${name}\``);
      expect(inputs.operation?.options).toHaveLength(4);
      expect(named(path, 'inputs').sort()).toEqual(Object.keys(inputs).sort());
    },
  );
});

describe('the shared workflow', () => {
  const step = stepOf(SHARED);

  it.each(Object.entries(shared.inputs))('has an input %s that says what it is, and hands it on', (name, input) => {
    expect(input.description).toMatch(/^[A-Z].*\.$/);
    expect(input.type).toMatch(/^(string|boolean)$/);
    expect(named(SHARED, 'inputs')).toContain(name);
    if (!(name in action.inputs)) return;
    expect(step.with?.[name]).toContain(`inputs.${name}`);
    expect(String(input.default ?? '')).toBe(action.inputs[name]?.default ?? '');
  });

  it('reads no input and no secret that it does not have', () => {
    expect(Object.keys(shared.inputs)).toEqual(expect.arrayContaining(named(SHARED, 'inputs')));
    expect(named(SHARED, 'secrets').sort()).toEqual(Object.keys(shared.secrets).sort());
  });

  it('hands on the outputs of the action', () => {
    const [[job = '', { outputs = {} } = {}] = []] = Object.entries(read(SHARED).jobs);
    for (const name of Object.keys(action.outputs)) {
      expect(outputs[name]).toBe(`\${{ steps.deploy.outputs.${name} }}`);
      expect(shared.outputs[name]?.value).toBe(`\${{ jobs.${job}.outputs.${name} }}`);
    }
    expect(Object.keys(shared.outputs)).toEqual(Object.keys(action.outputs));
  });

  it('checks out only what is to be built', () =>
    expect(jobOf(SHARED).steps?.[0]?.if).toBe("inputs.operation == 'deploy'"));

  it.each(examples.filter((path) => path.includes('shared-')))('is called by %s with what it has and needs', (path) => {
    const { uses, with: given = {}, secrets = {} } = jobOf(path);
    expect(uses).toBe(`medibird/deploy-action/${SHARED}@v1`);
    expect(Object.keys(shared.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    expect(Object.keys(given)).toEqual(expect.arrayContaining(requiredOf(shared.inputs)));
    expect(Object.keys(shared.secrets)).toEqual(expect.arrayContaining(Object.keys(secrets)));
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(requiredOf(shared.secrets)));
    for (const [name, value] of Object.entries(secrets)) expect(value).toBe(`\${{ secrets.${name} }}`);
    expect(text(path).split('\n').length - 1).toBeLessThanOrEqual(25);
  });
});
