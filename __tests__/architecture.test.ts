import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parseSync } from '@swc/core';

const SRC = join(__dirname, '../src');

/** Files whose functions depend on their arguments alone. They import values only from each other, and from these: */
const PURE = [
  'outcome',
  'decide',
  'begun',
  'words/**',
  'inputs/names',
  'inputs/duration',
  'inputs/list',
  'inputs/nearest',
  'inputs/config',
  'inputs/reader',
  'inputs/operation',
  'inputs/parse',
  'inputs/build',
  'inputs/image',
  'inputs/verdict',
  'image/reference',
  'image/labels',
  'image/cache',
  'image/buildx',
  'image/metadata',
  'image/size',
  'image/trouble',
  'image/blame',
  'kubectl/argv',
  'kubectl/objects',
  'kubectl/failure',
  'kubectl/quantity',
  'workload/annotations',
  'workload/history',
  'workload/soak',
  'workload/stateful',
  'workload/version',
  'workload/hold',
  'workload/patch',
  'workload/plan-change',
  'workload/images',
  'workload/inspect',
  'workload/applied',
  'workload/neighbours',
  'workload/advice',
  'manifests/object',
  'manifests/check',
  'manifests/conflicts',
  'manifests/diff',
  'manifests/workload',
  'manifests/wish',
  'rollout/verdict',
  'rollout/snapshot',
  'rollout/trouble',
  'rollout/suspect',
  'rollout/signs/**',
  'rollout/memory',
  'rollout/wording',
  'rollout/warnings',
  'rollout/room',
  'rollout/diagnose',
  'rollout/diagnose-pod',
  'rollout/inferred',
  'rollout/judge',
  'rollout/ending',
  'rollout/steps',
  'report/report',
  'report/phase',
  'report/pods',
  'report/deployment',
  'report/render',
  'system/secret',
  'transport/quote',
  'transport/hostkey',
  'transport/host-pattern',
  'transport/pins',
  'transport/key-text',
];
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['image/labels', 'image/metadata', 'transport/pins', 'transport/host-pattern'],
  'node:path': ['image/blame'],
  'node:util': ['system/secret'],
  'csv-parse/sync': ['inputs/list'],
};

/** Who alone may use what reaches the world outside. */
const ONLY_IN: [name: RegExp, files: readonly string[]][] = [
  [/^node-ssh$/, ['transport/ssh']],
  [/^ssh2(?:\/|$)/, ['transport/key']],
  [/^node:child_process$|^@actions\/exec$/, ['system/process']],
  [/^@actions\/(?!exec$)/, ['main', 'inputs/read', 'report/github', 'report/github-deployment']],
  [/^csv-parse/, ['inputs/list']],
  [/^yaml$/, ['inputs/logins', 'manifests/documents']],
];

/** Large, and not of use to every run: loaded where it is needed. */
const LATE: readonly RegExp[] = [/^yaml$/, /^@actions\/github$/, /^ssh2(?:\/|$)/, /^transport\/ssh$/];

interface Import {
  readonly from: string;
  /** A file of src, without its ending, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Whether anything of it is there when the program runs. */
  readonly isValue: boolean;
  /** Loaded by the time that the importing file is. */
  readonly isAtOnce: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll(sep, '/').replace(/\.ts$/, ''))
  .sort();
const text = (file: string) => readFileSync(join(SRC, `${file}.ts`), 'utf8');

type Node = { type?: string; [key: string]: unknown };

function importsOf(file: string, source = text(file)): Import[] {
  const found: Import[] = [];
  const add = (specifier: unknown, isValue: boolean, isAtOnce: boolean) => {
    const name = String(specifier);
    const isPackage = !name.startsWith('.');
    const to = isPackage ? name : relative(SRC, join(SRC, dirname(file), name)).replaceAll(sep, '/');
    found.push({ from: file, to, isPackage, isValue, isAtOnce });
  };
  const visit = (node: Node) => {
    const { type, typeOnly, specifiers } = node;
    const source = (node.source as Node | null | undefined)?.value;
    if (type === 'ImportDeclaration' || ((type ?? '').startsWith('Export') && source !== undefined)) {
      const named = (specifiers ?? []) as { isTypeOnly?: boolean }[];
      const isEmptied = named.length > 0 && named.every((each) => each.isTypeOnly);
      add(source, !typeOnly && !isEmptied, true);
    }
    const callee = node.callee as Node | undefined;
    if (type === 'CallExpression' && (callee?.type === 'Import' || callee?.value === 'require')) {
      const [argument] = node.arguments as { expression: Node }[];
      add(argument?.expression.value, true, false);
    }
    for (const part of Object.values(node)) {
      for (const each of Array.isArray(part) ? part : [part])
        if (typeof each === 'object' && each !== null) visit(each as Node);
    }
  };
  visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }) as unknown as Node);
  return found;
}

const imports = files.flatMap((file) => importsOf(file));
const values = imports.filter(({ isValue }) => isValue);
const show = ({ from, to }: Import) => `${from} → ${to}`;
const room = (file: string) => file.split('/')[0] ?? '';
const isPure = (file: string) =>
  PURE.some((pure) => (pure.endsWith('/**') ? file.startsWith(pure.slice(0, -2)) : file === pure));

describe('the reader of imports', () => {
  it.each<[string, boolean | undefined]>([
    ["import { a } from './x'", true],
    ["import a from './x'", true],
    ["import * as a from './x'", true],
    ["import './x'", true],
    ["import { type A, b } from './x'", true],
    ["import { type A } from './x'", false],
    ["import type { A } from './x'", false],
    ["import type A from './x'", false],
    ["export { a } from './x'", true],
    ["export * from './x'", true],
    ["export { type A } from './x'", false],
    ["export type { A } from './x'", false],
    ["const a = () => import('./x')", true],
    ["const { a } = require('./x') as typeof import('./x')", true],
    ["type A = import('./x').A", undefined],
    ['const a = "import b from \'./x\'"', undefined],
  ])('%s is a value: %s', (source, isValue) => {
    expect(importsOf('room/file', source).map(({ to, isValue: value }) => [to, value])).toEqual(
      isValue === undefined ? [] : [['room/x', isValue]],
    );
  });

  it('finds the files and their imports', () => {
    expect(files).toContain('main');
    expect(values.map(show)).toContain('main → deploy');
    expect(imports.filter(({ isPackage, to }) => !isPackage && !files.includes(to)).map(show)).toEqual([]);
  });
});

describe('a pure file', () => {
  it.each(PURE.filter((file) => !file.includes('*')))('%s exists', (file) => expect(files).toContain(file));

  it('takes values from pure files only, and types from anywhere', () => {
    const wrong = values.filter(({ from, to, isPackage }) => {
      if (!isPure(from)) return false;
      return isPackage ? !PURE_PACKAGES[to]?.includes(from) : !isPure(to);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('asks neither clock nor chance, and keeps nothing from one call to the next', () => {
    const outside =
      /\b(?:process\.|Date\.now|new Date(?:\(\)|\b(?!\())|performance\.|Math\.random|setTimeout|setInterval|fetch\(|globalThis)|^(?:let|var) |\basync\b/m;
    // What language is spoken is chosen once, and said in every sentence.
    expect(files.filter((file) => isPure(file) && outside.test(text(file)))).toEqual(['words/language']);
  });
});

describe('a room', () => {
  const between = (from: string, to: string) =>
    values.filter((each) => !each.isPackage && room(each.from) === from && room(each.to) === to).map(show);

  it.each([
    ['transport', 'kubectl'],
    ['transport', 'workload'],
    ['transport', 'rollout'],
    ['rollout', 'report'],
    ['kubectl', 'workload'],
    ['kubectl', 'rollout'],
    ['words', 'report'],
    ['words', 'rollout'],
    ['system', 'words'],
  ])('%s takes no value from %s', (from, to) => expect(between(from, to)).toEqual([]));

  it('transport knows nothing of kubectl, not even a type or a word', () => {
    const known = imports.filter(({ from, to }) => room(from) === 'transport' && room(to) === 'kubectl');
    expect(known.map(show)).toEqual([]);
    const code = (file: string) => text(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(files.filter((file) => room(file) === 'transport' && /kubectl|deployment/i.test(code(file)))).toEqual([]);
  });

  it('is never entered back from a room to the story: only main tells it', () => {
    const importers = (of: string) => imports.filter(({ to }) => to === of).map(({ from }) => from);
    expect(importers('deploy')).toEqual(['main']);
    expect(importers('main')).toEqual([]);
  });
});

it.each(ONLY_IN)('%s is used in one place', (name, places) => {
  const users = values.filter(({ to, isPackage }) => isPackage && name.test(to)).map(({ from }) => from);
  expect(users.length).toBeGreaterThan(0);
  expect([...new Set(users)].filter((file) => !places.includes(file))).toEqual([]);
});

it.each(LATE)('%s is loaded only where it is needed', (name) => {
  const users = values.filter(({ to }) => name.test(to));
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter(({ isAtOnce }) => isAtOnce).map(show)).toEqual([]);
});

it('no package is used that package.json does not name as a dependency', () => {
  const { dependencies } = JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as { dependencies: object };
  const names = new Set(
    values
      .filter(({ to, isPackage }) => isPackage && !to.startsWith('node:'))
      .map(({ to }) =>
        to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
  expect([...names].sort()).toEqual(Object.keys(dependencies).sort());
});

it('no file imports itself by way of others', () => {
  const next = (file: string) =>
    values.filter(({ from, isPackage, isAtOnce }) => from === file && !isPackage && isAtOnce).map(({ to }) => to);
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    for (const each of next(file)) walk(each, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(cycles).toEqual([]);
});

it('no file is long enough to be two', () => {
  expect(
    files.map((file) => [file, text(file).trimEnd().split('\n').length] as const).filter(([, lines]) => lines > 260),
  ).toEqual([]);
});
