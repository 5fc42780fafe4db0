import { changeLines, isThere, joinedRollout, overwrittenBy, rolloutOf, versionToBe } from '../src/begun';
import type { Deployment } from '../src/kubectl/objects';
import type { Ready } from '../src/preflight';
import type { Wanted } from '../src/run';
import type { Written } from '../src/workload/changes';
import { configOf, RUN } from './inputs/sample';
import { deployment, OLD_IMAGE } from './workload/deployment';

const NEW = 'caringnote/caring-note-api:new';
const TAGGED = 'caringnote/caring-note-api:tag';
const CONFIG = configOf({ tags: 'tag', 'verify-path': '/health:8080', timeout: '5m' });
const others = [{ list: 'containers', index: 1, name: 'proxy' }] as const;
const ready = (change: Partial<Ready> = {}): Ready => ({
  workload: deployment(),
  container: { index: 0, name: 'caring-note-api', image: OLD_IMAGE, hasReadinessProbe: false },
  soak: { set: 30, before: 0 },
  pods: { metadata: { resourceVersion: '100' }, items: [] },
  replicaSets: [],
  complete: true,
  warnings: [],
  ...change,
});
const both = ready({ container: { ...ready().container, others } });
const news = ready({
  manifests: { workload: { isNews: true }, others: [] } as object as NonNullable<Ready['manifests']>,
});
const wanted = (image: string, isRestart = false): Wanted => ({ image, commit: '', ...(isRestart && { isRestart }) });
const written = (change: Partial<Written> = {}): Written => ({
  workload: deployment(({ metadata }) => Object.assign(metadata, { generation: 4 })),
  found: deployment(),
  replaced: { image: OLD_IMAGE },
  restartedAt: null,
  ...change,
});

it.each<[boolean, string, Ready, Wanted]>([
  [true, 'it runs that image', ready(), wanted(OLD_IMAGE)],
  [false, 'it runs another image', ready(), wanted(NEW)],
  [false, 'another of its containers does', both, wanted(OLD_IMAGE)],
  [false, 'it is to be restarted', ready(), wanted(OLD_IMAGE, true)],
  [false, 'its manifest has news', news, wanted(OLD_IMAGE)],
])('what is wanted is there (%s) where %s', (is, _, seen, want) => expect(isThere(seen, want)).toBe(is));

it.each([
  ['a deploy gives all containers their image', false, NEW],
  ['a restart leaves the others theirs', true, 'envoyproxy/envoy:v1.30'],
])('%s', (_, isRestart, proxy) =>
  expect(versionToBe(both, wanted(NEW, isRestart))).toEqual({ image: NEW, others: { proxy } }),
);

it.each<[string, string, Wanted, object | undefined]>([
  ['that was pushed', TAGGED, wanted('a/b:c'), { image: TAGGED }],
  ['that is taken', NEW, wanted(NEW), { image: NEW }],
  ['of something else', 'a/other:1', wanted(NEW), undefined],
  ['that is restarted', TAGGED, wanted(TAGGED, true), undefined],
])('what runs by a tag %s means another image now, or does not', (_, image, want, ran) =>
  expect(overwrittenBy(CONFIG, ready({ container: { ...ready().container, image } }), want)).toEqual(ran),
);

const asNew = (found: Required<Deployment>) => Object.assign(found.metadata, { resourceVersion: undefined });
it.each<[string, number, Ready, Wanted, Partial<Written>]>([
  ['the image and the soak', 2, ready(), wanted(NEW), {}],
  ['each image', 3, both, wanted(NEW), {}],
  ['no soak that is as it was', 1, ready({ soak: { set: 0, before: 0 } }), wanted(NEW), {}],
  ['a restart', 2, ready(), wanted(OLD_IMAGE, true), {}],
  ['what is new, once', 2, both, wanted(NEW), { found: deployment(asNew) }],
])('the log says %s', (_, count, seen, want, change) =>
  expect(changeLines(CONFIG, seen, want, written(change))).toHaveLength(count),
);

it('a rollout of our own is told by the generation that was written, and by this run', () => {
  const rollout = rolloutOf(CONFIG, ready(), wanted(NEW), written());
  expect(rollout).toMatchObject({
    changed: true,
    writer: RUN.id,
    version: { image: NEW },
    replaced: { image: OLD_IMAGE },
  });
  expect(rollout.target).toMatchObject({ generation: 4, image: NEW, timeoutMs: 300_000, verifyMs: 18_000 });
  expect(Object.keys({ ...rollout, ...rollout.target })).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:lastGood|restartedAt|manifest|joined|stalledBefore)$/)]),
  );
});

it.each<[string, Ready, Wanted, Partial<Written>, boolean]>([
  ['the time of the last restart', ready(), wanted(OLD_IMAGE, true), {}, false],
  ['the workload before its manifest', news, wanted(NEW), {}, true],
  ['nothing of one that is new', news, wanted(NEW), { found: deployment(asNew) }, false],
])('a rollout of our own keeps %s', (_, seen, want, change, hasManifest) => {
  const rollout = rolloutOf(CONFIG, seen, want, written(change));
  expect(['restartedAt' in rollout, 'manifest' in rollout]).toEqual([want.isRestart === true, hasManifest]);
});

it("a rollout that was there is watched for its soak, and is nobody's", () => {
  const version = { image: OLD_IMAGE };
  const rollout = joinedRollout(CONFIG, ready());
  expect(rollout).toMatchObject({ changed: false, writer: undefined, version, replaced: version, lastGood: version });
  expect(rollout.target).toMatchObject({ generation: 3, image: OLD_IMAGE, joined: { soakMs: 30_000 } });
});
