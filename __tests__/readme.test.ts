import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { render } from '../scripts/docs';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { required?: boolean }>;
};

interface DeployWorkflow {
  readonly permissions: object;
  readonly jobs: { deploy: { steps: { uses?: string; with?: Record<string, unknown> }[] } };
}

describe('README.md', () => {
  it('has the tables that action.yml gives (npm run docs writes them)', () => {
    expect(render(readme)).toBe(readme);
    for (const name of Object.keys(action.inputs)) expect(readme).toContain(`| \`${name}\``);
  });

  it('shows a workflow whose step has every required input and none that does not exist', () => {
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    const workflow = parse(block) as {
      jobs: { deploy: { steps: { uses?: string; with?: Record<string, string> }[] } };
    };
    const given = Object.keys(workflow.jobs.deploy.steps.find(({ uses }) => uses?.startsWith('medibird/'))?.with ?? {});
    const required = Object.entries(action.inputs).filter(([, input]) => input.required);
    expect(given).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
  });

  it('shows parts of the step with inputs that there are', () => {
    const parts = [...readme.matchAll(/^ *```yaml\n(( +)with:\n[\s\S]*?)^ *```/gm)].map(([, block = '']) =>
      parse(block),
    );
    expect(parts.length).toBeGreaterThanOrEqual(4);
    for (const { with: given } of parts as { with: object }[])
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  });

  it('ends the way from the usual four steps at a step with every required input', () => {
    const [, block = ''] = /ssh-action@[\s\S]*?```yaml\n( +- uses: medibird[\s\S]*?)^ *```/m.exec(readme) ?? [];
    const [step] = parse(block) as { with: object }[];
    const given = Object.keys(step?.with ?? {});
    const required = Object.entries(action.inputs).filter(([, input]) => input.required);
    expect(given).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
  });

  it('shows how a run is shown among the deployments, with steps that have every required input and the right to do it', () => {
    const workflows = [...readme.matchAll(/^```yaml\n(name: [\s\S]*?)^```/gm)].map(([, block = '']) => parse(block));
    const shown = (workflows as DeployWorkflow[]).filter(({ permissions }) => 'deployments' in permissions);
    expect(shown).toHaveLength(1);
    const required = Object.entries(action.inputs).filter(([, input]) => input.required);
    for (const { permissions, jobs } of shown) {
      expect(permissions).toEqual({ contents: 'read', deployments: 'write' });
      expect(jobs.deploy).not.toHaveProperty('environment');
      const step = jobs.deploy.steps.find(({ uses }) => uses?.startsWith('medibird/'))?.with ?? {};
      expect(Object.keys(step)).toEqual(expect.arrayContaining(required.map(([name]) => name)));
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step)));
      expect(step['github-deployment']).toBe(true);
    }
  });

  it('asks for the rights that the tests on a real cluster run with, and no others', () => {
    const [, block = ''] = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(readme) ?? [];
    const rules = (text: string) => parseAllDocuments(text).map((each) => (each.toJS() as { rules?: unknown }).rules);
    expect(rules(block)).toEqual(rules(readFileSync(join(root, 'testbed/access/in-a-namespace.yaml'), 'utf8')));
  });
});

describe('README.ko.md', () => {
  const korean = readFileSync(join(root, 'README.ko.md'), 'utf8');
  /** The blocks of code, without their comments, which are translated. */
  const blocks = (text: string) =>
    [...text.matchAll(/```\w+\n([\s\S]*?)```/g)].map(([, code = '']) => code.replace(/\s*#.*$/gm, ''));
  /** What is no language's: names, commands, files. */
  const words = (text: string) => new Set([...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, word = '']) => word));
  const withoutTables = readme.replace(/<!-- (\w+):begin -->[\s\S]*?<!-- \1:end -->/g, '');

  it('has the same code', () => expect(blocks(korean)).toEqual(blocks(withoutTables)));

  it('names every input, command and file that README.md names', () => {
    const named = words(korean);
    expect([...words(withoutTables)].filter((word) => !named.has(word))).toEqual([]);
  });
});
