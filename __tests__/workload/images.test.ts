import { hasFailed } from '../../src/workload/history';
import { imagesOf, isSameVersion, type OtherContainer, versionFor, versionIn } from '../../src/workload/images';
import { rolloutPatch } from '../../src/workload/patch';
import { chooseVersion } from '../../src/workload/version';
import { RUN } from '../inputs/sample';
import { deployment, OLD_IMAGE } from './deployment';
import { applyPatch } from './json-patch';

const others: OtherContainer[] = [
  { list: 'initContainers', index: 0, name: 'migrate' },
  { list: 'containers', index: 1, name: 'proxy', fixed: 'nginx:2' },
];
const container = { index: 0, name: 'caring-note-api', others };
const workload = deployment(({ spec }) => {
  if (spec.template.spec) spec.template.spec.initContainers = [{ name: 'migrate', image: 'old-migrate' }];
});
const proxy = 'envoyproxy/envoy:v1.30';

describe('the version of several containers', () => {
  it('is what each of them runs, init containers too', () =>
    expect(versionIn(workload, container)).toEqual({ image: OLD_IMAGE, others: { migrate: 'old-migrate', proxy } }));

  it('is what was built, but where another image is named, or something else is known', () => {
    expect(versionFor(container, { image: 'built' })).toEqual({
      image: 'built',
      others: { migrate: 'built', proxy: 'nginx:2' },
    });
    expect(versionFor(container, { image: 'built', others: { proxy: 'nginx:1' } }).others).toEqual({
      migrate: 'built',
      proxy: 'nginx:1',
    });
  });

  it('says nothing of others where there are none', () =>
    expect(versionFor({ index: 0, name: 'a' }, { image: 'built', others: { x: 'y' } })).toEqual({ image: 'built' }));

  it('is another one where one of the others differs; what only one side knows makes no difference', () => {
    const one = { image: 'a', others: { proxy: 'nginx:1' } };
    expect(isSameVersion(one, { image: 'a', others: { proxy: 'nginx:2' } })).toBe(false);
    expect(isSameVersion(one, { image: 'b', others: { proxy: 'nginx:1' } })).toBe(false);
    expect(isSameVersion(one, { image: 'a', others: { migrate: 'x' } })).toBe(true);
    expect(isSameVersion({ image: 'a' }, one)).toBe(true);
  });

  it('is written by one patch, which makes sure of each container', () => {
    const version = versionFor(container, { image: 'built' });
    const change = { container, version, soak: { set: 0, before: 0 }, history: [], changeCause: '', commit: '' };
    const patched = applyPatch(workload, rolloutPatch(workload, { ...change, run: RUN }));
    expect(versionIn(patched, container)).toEqual(version);
    const moved = deployment();
    expect(() => applyPatch(moved, rolloutPatch(moved, { ...change, run: RUN }))).toThrow();
  });

  it('is told image by image, the one that is judged first', () =>
    expect(imagesOf(container, { image: 'a', others: { proxy: 'b' } })).toEqual([
      ['caring-note-api', 'a'],
      ['proxy', 'b'],
    ]));
});

describe('a version that failed', () => {
  const entry = { run: '', at: '', container: container.name };
  const bad = { ...entry, image: 'a', others: { proxy: 'nginx:2' }, outcome: 'failed-rolled-back' };
  const good = { ...entry, image: 'a', others: { proxy: 'nginx:1' }, outcome: 'deployed', revision: '1' };

  it('says nothing against the same image beside another one', () => {
    expect(hasFailed([good, bad], { image: 'a', others: { proxy: 'nginx:2' } })).toBe(true);
    expect(hasFailed([good, bad], { image: 'a', others: { proxy: 'nginx:1' } })).toBe(false);
  });

  it('is gone back from to the same image beside the other one', () => {
    const running = { image: 'a', others: { migrate: 'm', proxy: 'nginx:2' } };
    expect(chooseVersion({ history: [good, bad], replicaSets: [], container, running }, undefined)).toMatchObject({
      image: 'a',
      others: { proxy: 'nginx:1' },
    });
  });

  it('is not what a revision of the cluster stands for, which names every container', () => {
    const template = {
      spec: {
        containers: [
          { name: 'caring-note-api', image: 'b' },
          { name: 'proxy', image: 'p' },
        ],
      },
    };
    const set = {
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '7' } },
      spec: { selector: {}, template },
    };
    const past = { history: [bad], replicaSets: [set], container, running: { image: 'a' } };
    expect(chooseVersion(past, '7')).toEqual({ image: 'b', others: { proxy: 'p' } });
  });
});
