import fc from 'fast-check';
import { checkManifests } from '../../src/manifests/check';
import { keyOf, manifestsOf, titleOf } from '../../src/manifests/object';
import { configOf } from '../inputs/sample';

const check = (...values: unknown[]) => {
  const documents = values.map((value, index) => ({ file: 'a.yaml', line: index + 1, value }));
  const { manifests, problems } = checkManifests(documents, 'ns');
  return {
    manifests,
    objects: manifests.map(({ object }) => object),
    codes: problems.map(({ code }) => code),
    problems,
  };
};
const object = (kind: string, name: string, metadata: object = {}, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name, ...metadata },
});
const workload = object('Deployment', 'api', {}, 'apps/v1');

describe('the objects of manifests', () => {
  it('come in the order in which they are needed', () => {
    const { objects } = check(
      ...[object('Service', 'a'), workload, object('ConfigMap', 'b'), object('Deployment', 'other', {}, 'apps/v1')],
      ...[object('Secret', 'c'), object('Namespace', 'ns')],
    );
    const order = ['namespace/ns', 'configmap/b', 'secret/c', 'service/a', 'deployment/api', 'deployment/other'];
    expect(objects.map(titleOf)).toEqual(order);
  });

  it('get the namespace of the input; a Namespace has none', () => {
    const { objects } = check(
      object('ConfigMap', 'a'),
      object('ConfigMap', 'b', { namespace: 'ns' }),
      object('Namespace', 'ns'),
    );
    expect(objects.map(({ metadata }) => metadata.namespace)).toEqual([undefined, 'ns', 'ns']);
  });

  it('are taken out of lists, and out of lists of lists', () => {
    const list = (kind: string, ...items: unknown[]) => ({ apiVersion: 'v1', kind, items });
    const { objects, codes } = check(
      list('List', list('ConfigMapList', object('ConfigMap', 'a')), workload, null),
      null,
      undefined,
    );
    expect([objects.map(titleOf), codes]).toEqual([['configmap/a', 'deployment/api'], []]);
  });

  it('lose what the cluster and earlier runs have written into them', () => {
    const annotations = {
      'deploy-action.medibird.github.io/hold': '{}',
      'kubernetes.io/change-cause': 'x',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'deployment.kubernetes.io/revision': '3',
      mine: 'kept',
    };
    const written = {
      uid: 'u',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: null,
      managedFields: [],
      selfLink: '',
    };
    const { objects } = check({
      ...object('Deployment', 'api', { ...written, annotations }, 'apps/v1'),
      status: {},
      spec: {},
    });
    expect(objects).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'api', namespace: 'ns', annotations: { mine: 'kept' } },
        spec: {},
      },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'hello', 'manifests.incomplete'],
    ['a number', 3, 'manifests.incomplete'],
    ['a list', [workload], 'manifests.incomplete'],
    ['a list without items', { apiVersion: 'v1', kind: 'List' }, 'manifests.incomplete'],
    ['no apiVersion', { kind: 'X', metadata: { name: 'a' } }, 'manifests.incomplete'],
    ['an apiVersion that is none', object('X', 'a', {}, '../v1'), 'manifests.incomplete'],
    ['no kind', { apiVersion: 'v1', metadata: { name: 'a' } }, 'manifests.incomplete'],
    ['a kind with a slash', object('Pod/../x', 'a'), 'manifests.incomplete'],
    ['no metadata', { apiVersion: 'v1', kind: 'Pod' }, 'manifests.incomplete'],
    ['metadata that are a list', { apiVersion: 'v1', kind: 'Pod', metadata: [] }, 'manifests.incomplete'],
    ['no name', object('Job', '', { generateName: 'a-' }), 'manifests.incomplete'],
    ['a name like an option', object('Pod', '--all'), 'manifests.incomplete'],
    ['a name with a line break', object('Pod', 'a\n::error::b'), 'manifests.incomplete'],
    ['a name that ends in a line break', object('Pod', 'a\n'), 'manifests.incomplete'],
    ['a name with shell in it', object('Pod', 'a;id'), 'manifests.incomplete'],
    ['a name that is a number', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 3 } }, 'manifests.incomplete'],
    ['a long name', object('Pod', 'a'.repeat(254)), 'manifests.incomplete'],
    ['another namespace', object('Pod', 'a', { namespace: 'kube-system' }), 'manifests.namespace'],
    ['a namespace that is a list', object('Pod', 'a', { namespace: ['ns'] }), 'manifests.namespace'],
    ['another Namespace', object('Namespace', 'kube-system'), 'manifests.namespace'],
    ['a ClusterRole', object('ClusterRole', 'a', {}, 'rbac.authorization.k8s.io/v1'), 'manifests.cluster-scoped'],
    ['a volume of the cluster', object('PersistentVolume', 'a'), 'manifests.cluster-scoped'],
  ])('%s is refused', (_, value, code) => expect(check(value).codes).toEqual([code]));

  it('are refused where one stands there twice, in whatever version', () => {
    const { problems } = check(
      object('Ingress', 'a', {}, 'networking.k8s.io/v1'),
      object('Ingress', 'a', {}, 'networking.k8s.io/v1beta1'),
    );
    expect(problems).toEqual([
      {
        code: 'manifests.twice',
        params: { object: 'ingress.networking.k8s.io/a', file: 'a.yaml', line: 1 },
        at: { file: 'a.yaml', line: 2 },
      },
    ]);
  });

  it('are checked whatever they are: each is an object with a sound name, or a problem', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 4 }), (values) => {
        const { objects } = check(...values);
        for (const each of objects) expect(keyOf(each)).toMatch(/^[a-z][a-z0-9.-]*\/[a-z0-9][a-z0-9.:-]*$/);
      }),
    );
  });
});

describe('of the manifests', () => {
  const { manifests } = check(workload, object('ConfigMap', 'a'), object('Deployment', 'web', {}, 'apps/v1'));
  const titlesFor = (deployment: string, name = deployment) => {
    const config = configOf({ deployment });
    const part = manifestsOf({ ...config, manifests, workload: { ...config.workload, name } });
    return (
      part && {
        others: part.others.map((each) => titleOf(each.object)),
        own: part.workload && titleOf(part.workload.object),
      }
    );
  };

  it("a workload has its own, and all that is no workload's", () =>
    expect(titlesFor('api')).toEqual({ others: ['configmap/a', 'deployment/web'], own: 'deployment/api' }));

  it('the first of several in the order of their names has those of none', () => {
    expect(titlesFor('web,api', 'web')).toEqual({ others: [], own: 'deployment/web' });
    expect(titlesFor('web,api', 'api')).toEqual({ others: ['configmap/a'], own: 'deployment/api' });
  });

  it('a workload may have none', () => {
    expect(titlesFor('web,zero', 'zero')).toBeUndefined();
    expect(titlesFor('zero')?.own).toBeUndefined();
    expect(manifestsOf(configOf())).toBeUndefined();
  });

  it('one of another group is no workload', () => {
    const odd = check(object('Deployment', 'api', {}, 'example.org/v1')).manifests;
    expect(manifestsOf({ ...configOf({ deployment: 'api' }), manifests: odd })?.workload).toBeUndefined();
  });
});
