import { findExisting } from '../../src/image/existing';
import { BUILD_ARGS_LABEL, hashBuildArgs, REVISION_LABEL } from '../../src/image/labels';
import { loginEnvironment, loginsOf } from '../../src/image/login';
import type { Digest } from '../../src/image/reference';
import type { RawInputs } from '../../src/inputs/names';
import { configOf, RUN } from '../inputs/sample';
import { type Act, exited, FakeProcesses } from './processes';

const never = new AbortController().signal;
const [DIGEST, OTHER] = [`sha256:${'1'.repeat(64)}` as Digest, `sha256:${'2'.repeat(64)}` as Digest];
const INSPECT = 'docker buildx imagetools inspect --format {{json .}}';
const LABELS = { [REVISION_LABEL]: RUN.sha, [BUILD_ARGS_LABEL]: hashBuildArgs(['A=1'], {}) };
const NOT_FOUND = exited(1, '', 'ERROR: docker.io/user/app:v1: not found');

const PROCESSORS = ['amd64', 'arm64'];
const config = (labels?: Record<string, string>, architecture = 'amd64') => ({
  ...{ architecture, os: 'linux' },
  config: { Labels: labels },
  rootfs: {},
});
/** What a tag stands for: an image of one platform, or of several. */
const image = (labels: Record<string, string> | undefined, digest = DIGEST): Act =>
  exited(0, JSON.stringify({ manifest: { digest }, image: config(labels) }));
const images = (...labels: (Record<string, string> | undefined)[]): Act =>
  exited(
    0,
    JSON.stringify({
      manifest: { digest: DIGEST },
      image: Object.fromEntries(
        labels.map((each, index) => [`linux/${PROCESSORS[index]}`, config(each, PROCESSORS[index])]),
      ),
    }),
  );

async function find(
  tags: Record<string, Act>,
  given: Partial<RawInputs> = {},
  {
    signal = never,
    run = RUN,
    git = exited(0, `${RUN.sha}\n`),
  }: { signal?: AbortSignal; run?: typeof RUN; git?: Act } = {},
) {
  const processes = new FakeProcesses({
    ...Object.fromEntries(Object.entries(tags).map(([tag, act]) => [`${INSPECT} ${tag}`, act])),
    git,
  });
  const names = Object.keys(tags).join('\n');
  const built = configOf({ image: 'user/app', tags: names, 'build-args': 'A=1', ...given }, run);
  return {
    digest: await findExisting(built, loginEnvironment(loginsOf(built.image)), { processes, signal }),
    processes,
  };
}

describe('an image that is not built again', () => {
  it('has this tag, this commit and these build arguments', async () => {
    expect((await find({ 'user/app:v1': image(LABELS) })).digest).toBe(DIGEST);
  });

  it('may have other labels beside', async () => {
    const labels = { ...LABELS, 'org.opencontainers.image.created': 'x', mine: 'y' };
    expect((await find({ 'user/app:v1': image(labels) })).digest).toBe(DIGEST);
  });

  it('has every tag that is to be pushed', async () => {
    const tags = {
      'user/app:v1': image(LABELS),
      'user/app:latest': image(LABELS),
      'ghcr.io/user/app:v1': image(LABELS),
    };
    const { digest, processes } = await find(tags);
    expect(digest).toBe(DIGEST);
    expect(processes.of('docker')).toHaveLength(3);
  });

  it('has the labels on each platform', async () => {
    expect((await find({ 'user/app:v1': images(LABELS, LABELS) })).digest).toBe(DIGEST);
  });

  it.each([
    ['linux/amd64', image(LABELS)],
    ['amd64', image(LABELS)],
    ['linux/amd64,linux/arm64', images(LABELS, LABELS)],
    ['linux/arm64/v8', images(LABELS, LABELS)],
  ])('has the platforms %s', async (platforms, act) =>
    expect((await find({ 'user/app:v1': act }, { platforms })).digest).toBe(DIGEST),
  );

  it.each<[string, Act]>([
    ['has no repository to ask', exited(128, '', 'fatal: not a git repository')],
    ['is not there', { kind: 'missing', detail: 'ENOENT' }],
  ])('is known by its label alone where git %s', async (_, git) =>
    expect((await find({ 'user/app:v1': image(LABELS) }, {}, { git })).digest).toBe(DIGEST),
  );

  it('may be of another commit than the event’s where the user names it', async () => {
    const given = { labels: `${REVISION_LABEL}=${'e'.repeat(40)}` };
    const git = exited(0, 'e'.repeat(40));
    const labels = { ...LABELS, [REVISION_LABEL]: 'e'.repeat(40) };
    expect((await find({ 'user/app:v1': image(labels) }, given, { git })).digest).toBe(DIGEST);
  });

  it('is known by the labels that the user gives instead', async () => {
    const given = { labels: `${REVISION_LABEL}=release-7` };
    expect((await find({ 'user/app:v1': image({ ...LABELS, [REVISION_LABEL]: 'release-7' }) }, given)).digest).toBe(
      DIGEST,
    );
    expect((await find({ 'user/app:v1': image(LABELS) }, given)).digest).toBeUndefined();
  });

  it('is asked for with the logins of the run', async () => {
    const given = { 'registry-username': 'u', 'registry-password': 'hunter2' };
    const { processes } = await find({ 'user/app:v1': image(LABELS) }, given);
    const [{ argv = [], environment = {} } = {}] = processes.of('docker');
    expect(Object.keys(environment)).toEqual(['DOCKER_AUTH_CONFIG']);
    expect(argv.join(' ')).not.toContain('hunter2');
  });
});

describe('an image that is built', () => {
  const { [REVISION_LABEL]: _, ...withoutCommit } = LABELS;
  const { [BUILD_ARGS_LABEL]: __, ...withoutArgs } = LABELS;

  it.each<[string, Record<string, Act>]>([
    ['is not there', { 'user/app:v1': NOT_FOUND }],
    ['is of another commit', { 'user/app:v1': image({ ...LABELS, [REVISION_LABEL]: 'f'.repeat(40) }) }],
    ['has other build arguments', { 'user/app:v1': image({ ...LABELS, [BUILD_ARGS_LABEL]: hashBuildArgs([], {}) }) }],
    ['has no commit', { 'user/app:v1': image(withoutCommit) }],
    ['does not tell its build arguments', { 'user/app:v1': image(withoutArgs) }],
    ['has no labels', { 'user/app:v1': image(undefined) }],
    ['lacks a tag', { 'user/app:v1': image(LABELS), 'user/app:latest': NOT_FOUND }],
    ['lacks its first tag', { 'user/app:v1': NOT_FOUND, 'user/app:latest': image(LABELS) }],
    ['has another image under a tag', { 'user/app:v1': image(LABELS), 'user/app:latest': image(LABELS, OTHER) }],
    ['has a platform of another commit', { 'user/app:v1': images(LABELS, { ...LABELS, [REVISION_LABEL]: 'x' }) }],
    ['has a platform without labels', { 'user/app:v1': images(LABELS, undefined) }],
    ['cannot be read', { 'user/app:v1': exited(0, '<html>') }],
    ['is in a registry that does not answer', { 'user/app:v1': { kind: 'cancelled' } }],
    ['is looked for without docker', { 'user/app:v1': { kind: 'missing', detail: 'ENOENT' } }],
  ])('%s', async (_, tags) => expect((await find(tags)).digest).toBeUndefined());

  it.each([
    ['linux/arm64', image(LABELS)],
    ['linux/amd64,linux/arm64', image(LABELS)],
    ['linux/amd64,linux/s390x', images(LABELS, LABELS)],
  ])('lacks a platform of %s', async (platforms, act) =>
    expect((await find({ 'user/app:v1': act }, { platforms })).digest).toBeUndefined(),
  );

  it('has build arguments that the environment sets anew', async () => {
    const at = (value: string) => ({
      ...LABELS,
      [BUILD_ARGS_LABEL]: hashBuildArgs(['FROM_OUTSIDE'], { FROM_OUTSIDE: value }),
    });
    process.env.FROM_OUTSIDE = 'now';
    try {
      const given = { 'build-args': 'FROM_OUTSIDE' };
      expect((await find({ 'user/app:v1': image(at('before')) }, given)).digest).toBeUndefined();
      expect((await find({ 'user/app:v1': image(at('now')) }, given)).digest).toBe(DIGEST);
    } finally {
      delete process.env.FROM_OUTSIDE;
    }
  });

  it('is of another commit than the event’s, which was checked out instead', async () => {
    const git = exited(0, `${'e'.repeat(40)}\n`);
    const { digest, processes } = await find({ 'user/app:v1': image(LABELS) }, { context: 'web' }, { git });
    expect(digest).toBeUndefined();
    expect(processes.of('git')[0]?.argv.slice(3)).toEqual(['-C', 'web', 'rev-parse', '--verify', 'HEAD']);
  });

  it('is of no commit, as a run without one is', async () => {
    const labels = { ...LABELS, [REVISION_LABEL]: '' };
    expect((await find({ 'user/app:v1': image(labels) }, {}, { run: { ...RUN, sha: '' } })).digest).toBeUndefined();
  });

  it('was being looked for when the run was cancelled', async () => {
    const cancel = new AbortController();
    const finding = find({ 'user/app:v1': () => new Promise(() => {}) }, {}, { signal: cancel.signal });
    cancel.abort();
    expect((await finding).digest).toBeUndefined();
  });
});
