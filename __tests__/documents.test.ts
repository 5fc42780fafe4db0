import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { releaseNotes } from '../scripts/release-notes';
import { OUTCOMES } from '../src/outcome';

const root = join(__dirname, '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
/** Those that git has, and those that it is about to get. */
const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const found = (path: string, pattern: RegExp) => [...text(path).matchAll(pattern)].map(([, first = '']) => first);

it('finds the documents, and what they link to', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', '.github/ARCHITECTURE.md']),
  );
  expect(linksOf('.github/ARCHITECTURE.md')).toContain('../src/deploy.ts');
});

/** Relative links and pictures; code is no link. */
function linksOf(path: string): string[] {
  const prose = text(path)
    .replace(/^\s*```[\s\S]*?^\s*```/gm, '')
    .replace(/`[^`\n]*`(?!\])/g, '');
  return [...prose.matchAll(/\]\((?![a-z]+:)([^)\s]+)/g)].map(([, target = '']) => target);
}

/** What GitHub makes of a heading, to link to it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(documents)('%s', (path) => {
  it('links to files and headings that are there', () => {
    const dead = linksOf(path).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !found(target, /^#+ (.+)$/gm).some((heading) => anchorOf(heading) === anchor);
    });
    expect(dead).toEqual([]);
  });

  it('names only commands and scripts that there are', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: object };
    for (const name of found(path, /\bnpm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
    const files = found(path, /\b(?:node|bash|sh) ((?:\.ci|bench|demo|scripts|testbed)\/[\w./-]+)/g);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

it('ARCHITECTURE.md names files of src that are there', () => {
  const path = '.github/ARCHITECTURE.md';
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map(({ name }) => name);
  for (const room of rooms) expect(text(path)).toContain(`| \`${room}/\` |`);
  const named = found(path, new RegExp(`\`((?:${rooms.join('|')})/[\\w/.-]*)\``, 'g'));
  expect(named).toContain('rollout/wording.ts');
  const isThere = (name: string) => existsSync(join(root, 'src', name)) || existsSync(join(root, 'src', `${name}.ts`));
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});

it('the form for bugs knows every outcome', () => {
  const { body } = parse(text('.github/ISSUE_TEMPLATE/bug.yml')) as {
    body: { id?: string; attributes: { options?: string[] } }[];
  };
  const options = body.find(({ id }) => id === 'outcome')?.attributes.options ?? [];
  expect(options.slice(0, -1).sort()).toEqual([...OUTCOMES].sort());
});

// deploy.yml is for others to call, and uses the actions as the README does (examples.test.ts).
describe.each(workflows.filter((path) => !path.endsWith('/deploy.yml')))('%s', (path) => {
  const { permissions, jobs } = parse(text(path)) as { permissions: object; jobs: Record<string, object> };

  it('has no rights but those of its jobs, which each say what they need', () => {
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) expect(job).toHaveProperty('permissions');
  });

  it('pins every action by its commit, and says which version that is', () => {
    const uses = found(path, /\buses: (.+)$/gm).filter((each) => !each.startsWith('./'));
    for (const each of uses) expect(each).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});

describe('the notes of a release', () => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n- soon\n\n## [1.1.0] - 2026-05-04\n\n### Added\n\n- more\n\n## [1.0.0] - Unreleased\n\n- all\n\n## [0.9.0] - 2026-01-01\n';

  it('are the part of the changelog under its heading', () =>
    expect(releaseNotes(changelog, 'v1.1.0')).toBe('### Added\n\n- more\n'));

  it.each([
    ['v1.2.0', 'CHANGELOG.md has no part "## [1.2.0] - DATE"'],
    ['v1.0.0', 'CHANGELOG.md gives no date for 1.0.0'],
    ['v0.9.0', 'CHANGELOG.md says nothing of 0.9.0'],
  ])('are missing for %s: %s', (tag, why) => expect(() => releaseNotes(changelog, tag)).toThrow(why));
});
