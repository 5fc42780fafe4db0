import { annotations } from '../../src/workload/annotations';
import { type Change, historyPatch, rolloutPatch } from '../../src/workload/patch';
import { RUN } from '../inputs/sample';
import { deployment, OLD_IMAGE } from './deployment';
import { applyPatch, PatchMisfit } from './json-patch';

const IMAGE = `caringnote/caring-note-api:new@sha256:${'2'.repeat(64)}`;
const HISTORY = [{ image: IMAGE, run: RUN.url, at: '2025-11-23T04:00:00.000Z', outcome: 'open', id: RUN.id }];
const CHANGE: Change = {
  container: { index: 0, name: 'caring-note-api' },
  version: { image: IMAGE },
  soak: { set: 30, before: 0 },
  history: HISTORY,
  changeCause: 'because',
  commit: RUN.sha,
  run: RUN,
};
const OURS = {
  'kubernetes.io/change-cause': 'because',
  'deploy-action.medibird.github.io/id': RUN.id,
  'deploy-action.medibird.github.io/run': RUN.url,
  'deploy-action.medibird.github.io/commit': RUN.sha,
  'deploy-action.medibird.github.io/history': JSON.stringify(HISTORY),
  'deploy-action.medibird.github.io/hold': JSON.stringify({ id: RUN.id, url: RUN.url }),
  'deploy-action.medibird.github.io/min-ready-seconds': '{"before":0,"set":30}',
};

describe('the patch of a rollout', () => {
  it('begins with the version that it was made for, which makes a stale one a conflict', () => {
    expect(rolloutPatch(deployment(), CHANGE)[0]).toEqual({
      op: 'replace',
      path: '/metadata/resourceVersion',
      value: '100',
    });
  });

  it('makes sure of the container before it sets its image', () => {
    const paths = rolloutPatch(deployment(), { ...CHANGE, container: { index: 1, name: 'proxy' } });
    expect(paths.slice(1, 3)).toEqual([
      { op: 'test', path: '/spec/template/spec/containers/1/name', value: 'proxy' },
      { op: 'replace', path: '/spec/template/spec/containers/1/image', value: IMAGE },
    ]);
  });

  it('sets the image, minReadySeconds and our annotations, and nothing else', () => {
    const wanted = deployment(({ metadata, spec }) => {
      metadata.annotations = { ...metadata.annotations, ...OURS };
      spec.minReadySeconds = 30;
      const [container] = spec.template.spec?.containers ?? [];
      if (container) container.image = IMAGE;
    });
    expect(applyPatch(deployment(), rolloutPatch(deployment(), CHANGE))).toEqual(wanted);
  });

  it('leaves the annotations of others alone', () => {
    const patched = applyPatch(deployment(), rolloutPatch(deployment(), CHANGE));
    expect(patched.metadata.annotations).toMatchObject({ 'example.org/kept~as': 'it is' });
  });

  it.each([[undefined], [{}]])('also fits a workload whose annotations are %j', (given) => {
    const bare = deployment(({ metadata }) => {
      if (given) metadata.annotations = given;
      else delete metadata.annotations;
    });
    expect(applyPatch(bare, rolloutPatch(bare, CHANGE)).metadata.annotations).toEqual(OURS);
  });

  it('replaces what an earlier run of ours has written', () => {
    const first = applyPatch(deployment(), rolloutPatch(deployment(), CHANGE));
    const later = { ...CHANGE, soak: { set: 10, before: 0 }, run: { ...RUN, id: 'later' } };
    const second = applyPatch(first, rolloutPatch(first, later));
    expect(second.spec.minReadySeconds).toBe(10);
    expect(second.metadata.annotations).toMatchObject({
      [annotations.deployId]: 'later',
      [annotations.minReadySeconds]: '{"before":0,"set":10}',
    });
  });

  it.each([
    ['has another name', (names: { name: string }[]) => Object.assign(names[0] ?? {}, { name: 'other' })],
    ['has moved', (names: { name: string }[]) => names.reverse()],
    ['is gone', (names: { name: string }[]) => names.splice(0)],
  ])('does not fit a workload whose container %s meanwhile', (_, change) => {
    const now = deployment(({ spec }) => void change(spec.template.spec?.containers ?? []));
    expect(() => applyPatch(now, rolloutPatch(deployment(), CHANGE))).toThrow(PatchMisfit);
  });

  it('carries hostile text as text', () => {
    const changeCause = '"},{"op":"remove","path":"/spec"} $(id) \n::set-output name=x::y 한 🙂';
    const sent = JSON.parse(JSON.stringify(rolloutPatch(deployment(), { ...CHANGE, changeCause }))) as ReturnType<
      typeof rolloutPatch
    >;
    expect(applyPatch(deployment(), sent).metadata.annotations).toMatchObject({
      [annotations.changeCause]: changeCause,
    });
  });
});

describe('the patch of the history', () => {
  it('is guarded too, and leaves the template alone', () => {
    const patch = historyPatch(deployment(), HISTORY, undefined);
    const wanted = deployment(({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, [annotations.history]: JSON.stringify(HISTORY) };
    });
    expect(patch[0]).toMatchObject({ path: '/metadata/resourceVersion', value: '100' });
    expect(applyPatch(deployment(), patch)).toEqual(wanted);
    expect(wanted.spec.template.spec?.containers[0]?.image).toBe(OLD_IMAGE);
  });

  it.each([0, 5])('gives minReadySeconds back: %d', (seconds) => {
    const given = deployment(({ metadata, spec }) => {
      spec.minReadySeconds = 30;
      Object.assign(metadata.annotations ?? {}, { [annotations.minReadySeconds]: `{"before":${seconds},"set":30}` });
    });
    const patch = historyPatch(given, HISTORY, seconds);
    const wanted = deployment(({ metadata, spec }) => {
      spec.minReadySeconds = seconds;
      metadata.annotations = {
        ...metadata.annotations,
        [annotations.history]: JSON.stringify(HISTORY),
        [annotations.minReadySeconds]: `{"before":${seconds},"set":${seconds}}`,
      };
    });
    expect(patch[0]).toMatchObject({ path: '/metadata/resourceVersion', value: '100' });
    expect(applyPatch(given, patch)).toEqual(wanted);
  });

  it('also fits a workload without annotations', () => {
    const bare = deployment(({ metadata }) => void Reflect.deleteProperty(metadata, 'annotations'));
    expect(applyPatch(bare, historyPatch(bare, HISTORY, 0)).spec.minReadySeconds).toBe(0);
  });
});

describe('a restart', () => {
  const key = 'kubectl.kubernetes.io/restartedAt';
  const templateOf = (annotations: Record<string, string> | undefined, restartedAt: string | null) => {
    const workload = deployment(({ spec }) => {
      Object.assign(spec.template, { metadata: { ...spec.template.metadata, ...(annotations && { annotations }) } });
    });
    return applyPatch(workload, rolloutPatch(workload, { ...CHANGE, restartedAt })).spec?.template.metadata
      ?.annotations;
  };

  it.each([undefined, { other: 'kept' }, { [key]: 'before', other: 'kept' }])('is written beside %j', (annotations) =>
    expect(templateOf(annotations, 'now')).toEqual({ ...annotations, [key]: 'now' }),
  );

  it('is taken back to what was there before', () => {
    expect(templateOf({ [key]: 'now', other: 'kept' }, 'before')).toEqual({ [key]: 'before', other: 'kept' });
    expect(templateOf({ [key]: 'now', other: 'kept' }, null)).toEqual({ other: 'kept' });
    expect(templateOf({ other: 'kept' }, null)).toEqual({ other: 'kept' });
  });
});
