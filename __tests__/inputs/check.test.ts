import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkInputs } from '../../src/inputs/check';
import type { RawInputs } from '../../src/inputs/names';
import { rawInputs, textOf } from './sample';

const passphrase = 'correct horse';
const { privateKey } = generateKeyPairSync('ed25519');
const KEY = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const LOCKED = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase }).toString();

describe('the check of what the inputs point to', () => {
  const before = process.cwd();
  let workspace: string;

  beforeAll(() => {
    workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
    mkdirSync(join(workspace, 'web'));
    mkdirSync(join(workspace, 'empty'));
    mkdirSync(join(workspace, 'folder', 'Dockerfile'), { recursive: true });
    for (const file of ['Dockerfile', 'web/Dockerfile', 'web/other', '-file']) writeFileSync(join(workspace, file), '');
    process.chdir(workspace);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(workspace, { recursive: true });
  });

  const codes = async (given: Partial<RawInputs>) =>
    (await checkInputs(rawInputs({ 'ssh-key': KEY, ...given }))).problems.map(({ code }) => code);

  it.each<Partial<RawInputs>>([
    {},
    { context: '.' },
    { context: 'web' },
    { context: ' ./web/ ' },
    { context: 'empty', file: 'web/other' },
    { context: 'web', file: '-file' },
    { 'ssh-key': LOCKED, 'ssh-passphrase': passphrase },
    { 'ssh-key': LOCKED, 'ssh-passphrase': `${passphrase}\n` },
    { 'ssh-key': '' }, // said already, when the inputs were read
  ])('finds nothing wrong with %j', async (given) => expect(await codes(given)).toEqual([]));

  it.each<[string, Partial<RawInputs>]>([
    ['input.no-context', { context: 'missing' }],
    ['input.no-context', { context: 'Dockerfile' }],
    ['input.no-context', { context: 'a\0b' }],
    ['input.no-context', { context: 'web; id' }],
    ['input.no-context', { context: '$(pwd)' }],
    ['input.no-context', { context: 'x'.repeat(10_000) }],
    ['input.no-dockerfile', { context: 'empty' }],
    ['input.no-dockerfile', { context: 'folder' }],
    ['input.no-dockerfile', { context: 'web', file: 'other' }],
    ['input.no-dockerfile', { file: '-' }],
    ['ssh.key-unreadable', { 'ssh-key': 'nonsense' }],
    ['ssh.passphrase-missing', { 'ssh-key': LOCKED }],
    ['ssh.passphrase-missing', { 'ssh-key': LOCKED, 'ssh-passphrase': ' ' }],
    ['ssh.passphrase-wrong', { 'ssh-key': LOCKED, 'ssh-passphrase': 'wrong' }],
  ])('says %s of %j', async (code, given) => expect(await codes(given)).toEqual([code]));

  it('says everything at once', async () => {
    const given = { context: 'empty', 'ssh-key': 'x', 'registry-auth': 'x' };
    expect((await codes(given)).sort()).toEqual(['input.no-dockerfile', 'input.registry-auth', 'ssh.key-unreadable']);
  });

  it('reads the further logins', async () => {
    const text = '- registry: ghcr.io\n  username: u\n  password: hunter2';
    const { otherLogins, problems } = await checkInputs(rawInputs({ 'ssh-key': KEY, 'registry-auth': text }));
    expect(otherLogins.map(({ registry, password }) => [registry, password.reveal()])).toEqual([
      ['ghcr.io', 'hunter2'],
    ]);
    expect(problems).toEqual([]);
    expect((await checkInputs(rawInputs({ 'ssh-key': KEY }))).otherLogins).toEqual([]);
  });

  it('shows no part of a key or passphrase', async () => {
    const body = KEY.split('\n')[1] ?? '';
    const { problems: cut } = await checkInputs(
      rawInputs({ 'ssh-key': KEY.replace('-----END', ''), 'ssh-passphrase': passphrase }),
    );
    const { problems: locked } = await checkInputs(
      rawInputs({ 'ssh-key': LOCKED, 'ssh-passphrase': 'hunter2hunter2' }),
    );
    expect(cut).toHaveLength(1);
    expect(textOf(cut)).not.toContain(body.slice(0, 10));
    expect(textOf(locked)).not.toContain('hunter2');
  });

  it('puts a name that holds line breaks on one line', async () => {
    expect(textOf((await checkInputs(rawInputs({ context: 'a\n::error::b' }))).problems)).not.toContain('\n::');
  });
});
