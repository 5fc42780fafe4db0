import type { PodSpec, ReplicaSet } from '../../src/kubectl/objects';
import { podRows } from '../../src/report/pods';
import { podOf, snapshotOf } from '../rollout/cluster';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const target = { restartsBefore: {}, container: 'app' };

/** One pod that runs the first image and belongs to the present template, and one of the template before. */
function rows(images: readonly [string, string?], current: 'new' | 'old' = 'new') {
  const [ours, theirs] = images;
  const spec = (image: string): PodSpec => ({
    containers: [
      { name: 'proxy', image: 'proxy:1' },
      { name: 'app', image },
    ],
  });
  const before = podOf('before', { ...(theirs !== undefined && { spec: spec(theirs) }) });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-0', uid: 'rs-0', controller: true };
  const old = { ...before, metadata: { ...before.metadata, ownerReferences: [owner] } };
  const snapshot = snapshotOf([podOf('present', { spec: spec(ours) }), ...(theirs === undefined ? [] : [old])]);
  const [replicaSet] = snapshot.replicaSets;
  const set: ReplicaSet = { ...replicaSet, metadata: { ...replicaSet?.metadata, uid: 'rs-0' }, spec: { selector: {} } };
  const all = podRows({ ...snapshot, replicaSets: [...snapshot.replicaSets, set] }, target, current);
  return all.map(({ name, version, label }) => [name, version, label]);
}

describe('which version a pod has', () => {
  it('is told by its tag, where there are pods of both', () => {
    expect(rows([`app:v2@${digestOf('2')}`, 'app:v1'])).toEqual([
      ['present', 'new', 'v2'],
      ['before', 'old', 'v1'],
    ]);
  });

  it('is told of the one that was put back and of the one that failed, each by its own', () => {
    expect(rows(['app:v1', `app:v2@${digestOf('2')}`], 'old')).toEqual([
      ['before', 'new', 'v2'],
      ['present', 'old', 'v1'],
    ]);
  });

  it('is told by the beginning of the digest, where the tags are the same or missing', () => {
    const labels = [
      ['present', 'new', 'sha256:222222222222'],
      ['before', 'old', 'sha256:111111111111'],
    ];
    expect(rows([`app:main@${digestOf('2')}`, `app:main@${digestOf('1')}`])).toEqual(labels);
    expect(rows([`app:main@${digestOf('2')}`, `app@${digestOf('1')}`])).toEqual(labels);
  });

  it.each<[string, readonly [string, string?]]>([
    ['the image is the same', ['app:v1', 'app:v1']],
    ['an image cannot be read', ['app:v2', 'APP:v1']],
    ['there is only one', ['app:v2']],
  ])('is "new" or "old", where %s', (_, images) => {
    expect(rows(images).map(([, , label]) => label)).toEqual(images.map(() => undefined));
  });
});
