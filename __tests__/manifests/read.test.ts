import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsIn } from '../../src/manifests/object';
import { readManifests } from '../../src/manifests/read';

/** A workspace with these files, and what is read of some paths in it. */
async function read(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
  arrange?: (root: string) => void,
) {
  const outer = mkdtempSync(join(tmpdir(), 'manifests-'));
  const root = join(outer, 'workspace');
  try {
    mkdirSync(root);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    arrange?.(root);
    const { manifests, problems } = await readManifests(paths, 'ns', root);
    return {
      manifests,
      objects: (manifests ?? []).map(({ object }) => object),
      codes: problems.map(({ code }) => code),
      problems,
    };
  } finally {
    rmSync(outer, { recursive: true });
  }
}

const map = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${more}`;
const names = ({ objects }: Awaited<ReturnType<typeof read>>) => objects.map(({ metadata }) => metadata.name);

describe('what "manifests" names', () => {
  it('is nothing where it is empty', async () => {
    expect(await read({ 'a.yaml': map('a') }, [])).toMatchObject({ manifests: undefined, codes: [] });
  });

  it('are files, and the manifests of folders in the order of their names, without those of folders within', async () => {
    const files = {
      'd/b.yml': map('b'),
      'd/a.yaml': map('a'),
      'd/c.json': '{}',
      'd/x.txt': 'no',
      'd/e/f.yaml': map('f'),
    };
    const given = {
      ...files,
      'd/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
    };
    expect(names(await read({ ...given, 'z.yaml': map('z') }, ['z.yaml', 'd']))).toEqual(['z', 'a', 'b', 'c']);
  });

  it.each<[string, string, string]>([
    ['missing', 'nowhere.yaml', 'manifests.missing'],
    ['a NUL', 'a\0b', 'manifests.missing'],
    ['an option', '--all', 'manifests.missing'],
    ['a folder without manifests', 'empty', 'manifests.empty'],
    ['above the workspace', '..', 'manifests.outside'],
    ['beside the workspace', '../workspace-2', 'manifests.outside'],
    ['far away', '/etc/passwd', 'manifests.outside'],
    ['a link that leads out', 'link.yaml', 'manifests.outside'],
    ['a link to a folder outside', 'away', 'manifests.outside'],
    ['a folder with a link that leads out', 'links', 'manifests.outside'],
    ['a folder called like a manifest', 'odd', 'manifests.missing'],
  ])('%s is refused', async (_, path, code) => {
    const arrange = (root: string) => {
      mkdirSync(`${root}-2`);
      writeFileSync(`${root}-2/a.yaml`, map('a'));
      symlinkSync('/etc/hostname', join(root, 'link.yaml'));
      symlinkSync('/etc', join(root, 'away'));
      mkdirSync(join(root, 'links'));
      symlinkSync('/etc/hostname', join(root, 'links/a.yaml'));
    };
    const files = { 'empty/readme.txt': 'no', 'odd/a.yaml/b.txt': 'no' };
    expect((await read(files, [path], arrange)).codes).toEqual([code]);
  });

  it('may be a link within the workspace', async () => {
    const arrange = (root: string) => symlinkSync('a.yaml', join(root, 'b.yaml'));
    expect(names(await read({ 'a.yaml': map('a') }, ['b.yaml'], arrange))).toEqual(['a']);
  });

  it('is refused where it is larger than any object', async () => {
    expect((await read({ 'a.yaml': map('a', `data: {a: ${'x'.repeat(1_500_000)}}`) }, ['a.yaml'])).codes).toEqual([
      'manifests.large',
    ]);
  });

  it('is told of with all that is wrong, each with its file and line', async () => {
    const files = { 'a.yaml': `${map('a')}---\n${map('b')}---\n# none\n---\nkind: X\n`, 'b.yaml': 'a: [\n' };
    const { problems } = await read(files, ['a.yaml', 'b.yaml', 'c.yaml']);
    expect(problems.map(({ code, at }) => [code, at?.file, at?.line])).toEqual([
      ['manifests.missing', undefined, undefined],
      ['manifests.unreadable', 'b.yaml', 2],
      ['manifests.incomplete', 'a.yaml', 11],
    ]);
  });
});

describe('YAML', () => {
  const dataOf = async (data: string) =>
    (await read({ 'a.yaml': map('a', `data:\n${data}`) }, ['a.yaml'])).objects[0]?.data;

  it('is read as kubectl does: octal numbers and "yes" of 1.1, but no times and no base of 60', async () => {
    const data = '  a: 0644\n  b: yes\n  c: 2020-01-02\n  d: 12:30:45\n  e: "off"\n';
    expect(await dataOf(data)).toEqual({ a: 420, b: true, c: '2020-01-02', d: '12:30:45', e: 'off' });
  });

  it('may have anchors, aliases and merges', async () => {
    expect(await dataOf('  a: &x {k: v}\n  b: *x\n  c: {<<: *x, l: w}\n')).toEqual({
      a: { k: 'v' },
      b: { k: 'v' },
      c: { k: 'v', l: 'w' },
    });
  });

  it('whose aliases stand for more than any memory holds is refused at once', async () => {
    const laughs = Array.from(
      { length: 20 },
      (_, level) => `  l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(10)}]`,
    );
    const { codes } = await read({ 'a.yaml': map('a', `data:\n  l0: &l0 lol\n${laughs.join('\n')}\n`) }, ['a.yaml']);
    expect(codes).toEqual(['manifests.unreadable']);
  });

  it('with a million aliases is refused, too', async () => {
    const { codes } = await read({ 'a.yaml': map('a', `data:\n  a: &a {b: c}\n  d: [${'*a,'.repeat(400_000)}]\n`) }, [
      'a.yaml',
    ]);
    expect(codes).toEqual(['manifests.unreadable']);
  });

  it('changes no object but those it makes', async () => {
    const { objects } = await read(
      { 'a.yaml': map('a', 'data: {__proto__: {polluted: yes}, constructor: {prototype: {polluted: yes}}}') },
      ['a.yaml'],
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys((objects[0]?.data ?? {}) as object)).toEqual(['__proto__', 'constructor']);
  });

  it('is not shown where it is wrong: it may be a Secret', async () => {
    const { problems } = await read({ 'a.yaml': 'apiVersion: v1\ndata:\n  password: "hunter2-hunter2\n' }, ['a.yaml']);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

it('the values of Secrets are known, plain and encoded', async () => {
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: aHVudGVyMg==}\nstringData: {b: open-sesame, c: 3}\n';
  const { manifests } = await read({ 'a.yaml': `${secret}---\n${map('m', 'data: {d: public}')}` }, ['a.yaml']);
  expect(secretsIn(manifests)).toEqual(['aHVudGVyMg==', 'hunter2', 'open-sesame']);
  expect(secretsIn(undefined)).toEqual([]);
});
