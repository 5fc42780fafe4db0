import fc from 'fast-check';
import type { Anything, Deployment } from '../../src/kubectl/objects';
import { wishOf } from '../../src/manifests/wish';
import { ownersBack, restoring, withRollout } from '../../src/manifests/workload';
import { annotations } from '../../src/workload/annotations';
import { deployment, OLD_IMAGE } from '../workload/deployment';
import { patched } from './api-server';

const MANIFEST: Anything = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'caring-note-api', namespace: 'ns', annotations: { mine: 'a' } },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: {
        initContainers: [{ name: 'migrate', image: 'IMAGE' }],
        containers: [
          { name: 'caring-note-api', image: 'IMAGE', env: [] },
          { name: 'sidecar', image: 'sidecar:1' },
        ],
      },
    },
  },
};

describe('the manifest of the workload with a rollout', () => {
  const put = {
    images: { 'caring-note-api': 'i@d', migrate: 'm@d', other: 'x' },
    minReadySeconds: 10,
    annotations: { ours: 'b' },
  };

  it('has the images of the containers that get one, whatever stood there, and what a rollout writes', () => {
    const made = withRollout(MANIFEST, { ...put, resourceVersion: '7' }) as Anything & Deployment;
    expect(made.metadata).toEqual({
      ...MANIFEST.metadata,
      resourceVersion: '7',
      annotations: { mine: 'a', ours: 'b' },
    });
    const { containers = [], initContainers = [] } = made.spec?.template.spec ?? {};
    expect([...initContainers, ...containers].map(({ image }) => image)).toEqual(['m@d', 'i@d', 'sidecar:1']);
    expect(made.spec).toMatchObject({ minReadySeconds: 10, selector: { matchLabels: { app: 'a' } } });
  });

  it('holds for no version where there is none yet, and leaves the manifest alone', () => {
    const before = JSON.stringify(MANIFEST);
    expect(withRollout(MANIFEST, put).metadata.resourceVersion).toBeUndefined();
    expect(JSON.stringify(MANIFEST)).toBe(before);
  });
});

describe('what the workload is to be', () => {
  const present = deployment();
  const soak = (before: number, set: number) => ({ [annotations.minReadySeconds]: JSON.stringify({ before, set }) });

  it('is what the manifest says, with what it leaves open as it is, and with the images that run', () => {
    const wish = wishOf(MANIFEST, {
      ...present,
      spec: { ...present.spec, replicas: 3 } as Deployment['spec'] & object,
    });
    expect(wish.spec?.replicas).toBe(3);
    const { containers = [], initContainers = [] } = wish.spec?.template.spec ?? {};
    expect([...containers, ...initContainers].map(({ image }) => image)).toEqual([OLD_IMAGE, 'sidecar:1', 'IMAGE']);
  });

  it('is the manifest where there is none', () => expect(wishOf(MANIFEST, undefined).spec).toEqual(MANIFEST.spec));

  it("has the minReadySeconds of the manifest as its owner's, and ours only where it says none", () => {
    const known = { ...present, metadata: { ...present.metadata, annotations: soak(0, 10) } };
    expect(wishOf(MANIFEST, known).metadata?.annotations).toMatchObject(soak(0, 10));
    const own = { ...MANIFEST, spec: { ...(MANIFEST.spec as object), minReadySeconds: 10 } };
    expect(wishOf(own, known).metadata?.annotations).not.toHaveProperty([annotations.minReadySeconds]);
  });
});

describe('what puts an object back', () => {
  const object = (more: object, metadata: object = {}): Anything => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', resourceVersion: '1', ...metadata },
    ...more,
  });

  it('makes it what it was, whatever was changed', () => {
    const fields = fc.dictionary(fc.constantFrom('data', 'binaryData', 'immutable', 'a/b~c'), fc.jsonValue());
    const labels = fc.option(fc.dictionary(fc.constantFrom('a', 'b/c'), fc.string()), { nil: undefined });
    fc.assert(
      fc.property(fields, fields, labels, labels, (was, is, ofOld, ofNew) => {
        const before = object(was, ofOld && { labels: ofOld, annotations: ofOld });
        const after = object(is, { resourceVersion: '2', ...(ofNew && { labels: ofNew, annotations: ofNew }) });
        const back = patched(after, restoring(before, after, after));
        const plain = ({ metadata, ...rest }: Anything) => ({
          ...rest,
          labels: metadata.labels,
          annotations: metadata.annotations ?? {},
        });
        expect(plain(back)).toEqual(plain(before));
      }),
    );
  });

  it('holds for the version that was seen', () =>
    expect(restoring(object({}), object({}), object({}, { resourceVersion: '9' }))).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '9' },
    ]));

  it('leaves annotations alone that others have written since', () => {
    const [before, after] = [object({}, { annotations: { a: '1' } }), object({}, { annotations: { a: '2', b: '2' } })];
    const now = object({}, { annotations: { a: '3', b: '2', c: 'theirs' } });
    expect(patched(now, restoring(before, after, now)).metadata.annotations).toEqual({ a: '3', c: 'theirs' });
  });

  it('gives the fields to whom they belonged, and lets others keep what they have set since', () => {
    const by = (manager: string, fields: string) => ({ manager, operation: 'Update', fields });
    const before = object({}, { managedFields: [by('deploy-action-manifests', 'a'), by('kubectl', 'b')] });
    const managedFields = [by('deploy-action', 'a'), by('kubectl', ''), by('autoscaler', 'c')];
    const now = object({}, { resourceVersion: '2', managedFields });
    expect(patched(now, ownersBack(before, now)).metadata).toMatchObject({
      resourceVersion: '2',
      managedFields: [by('deploy-action-manifests', 'a'), by('kubectl', 'b'), by('autoscaler', 'c')],
    });
    expect(ownersBack(object({}), now)).toEqual([]);
  });

  it.each([
    ['what was applied', 5, 5, 2],
    ["somebody else's by now", 5, 7, 7],
  ])('has the replicas of before where they are %s', (_, applied, now, expected) => {
    const of = (replicas: number) => object({ spec: { replicas, paused: replicas === 2 } });
    const back = patched(of(now), restoring(of(2), of(applied), of(now)));
    expect(back.spec).toEqual({ replicas: expected, paused: true });
  });
});
