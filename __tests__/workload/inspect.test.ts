import { type ImageReference, parseReference, parseRepository, type Repository } from '../../src/image/reference';
import type { ContainerStatus, Deployment, Pod } from '../../src/kubectl/objects';
import { chooseContainer, isComplete, obstacle, overwritten } from '../../src/workload/inspect';
import { deployment, OLD_IMAGE } from './deployment';

const repository = (name: string): Repository => parseRepository(name).value ?? { registry: '', path: '' };
const API = repository('caringnote/caring-note-api');

const withContainers = (...containers: { name: string; image?: string; readinessProbe?: object }[]) =>
  deployment(({ spec }) => {
    if (spec.template.spec) spec.template.spec.containers = containers;
  });

const named = (name: string | undefined) => (name === undefined ? [] : [{ name }]);

describe('the container to update', () => {
  it('is the only one, whatever it runs', () => {
    expect(chooseContainer(withContainers({ name: 'app', image: 'other/image:1' }), [], API)).toEqual({
      index: 0,
      name: 'app',
      image: 'other/image:1',
      hasReadinessProbe: false,
    });
  });

  it.each<[string, string | undefined, Repository, { name: string; index: number }]>([
    ['the one whose image has the same repository', undefined, API, { name: 'caring-note-api', index: 0 }],
    ['the one of another repository', undefined, repository('docker.io/envoyproxy/envoy'), { name: 'proxy', index: 1 }],
    ['the one that was named', 'proxy', API, { name: 'proxy', index: 1 }],
  ])('is %s', (_, wanted, of, expected) =>
    expect(chooseContainer(deployment(), named(wanted), of)).toMatchObject(expected),
  );

  it('says whether there is a readiness probe', () => {
    const chosen = chooseContainer(withContainers({ name: 'app', image: OLD_IMAGE, readinessProbe: {} }), [], API);
    expect(chosen).toMatchObject({ hasReadinessProbe: true });
  });

  it.each([undefined, '', 'User/App', 'not an image', ':::'])('can also be one that runs %j', (image) => {
    const workload = withContainers(
      { name: 'app', ...(image !== undefined && { image }) },
      { name: 'b', image: OLD_IMAGE },
    );
    expect(chooseContainer(workload, [], API)).toMatchObject({ name: 'b', index: 1 });
    expect(chooseContainer(workload, [{ name: 'app' }], API)).toMatchObject({ name: 'app', image: image ?? '' });
  });

  it('are the named ones, also init containers: the first that gets what is built is judged, the others follow it', () => {
    const workload = withContainers(
      { name: 'proxy', image: 'nginx:1' },
      { name: 'worker' },
      { name: 'app', image: OLD_IMAGE },
    );
    if (workload.spec?.template.spec)
      workload.spec.template.spec.initContainers = [{ name: 'wait' }, { name: 'migrate' }];
    const lines = [{ name: 'migrate' }, { name: 'proxy', image: 'nginx:2' }, { name: 'app' }, { name: 'worker' }];
    expect(chooseContainer(workload, lines, API)).toMatchObject({
      ...{ index: 1, name: 'worker', image: '' },
      others: [
        { list: 'initContainers', index: 1, name: 'migrate' },
        { list: 'containers', index: 0, name: 'proxy', fixed: 'nginx:2' },
        { list: 'containers', index: 2, name: 'app' },
      ],
    });
    expect(chooseContainer(workload, [{ name: 'migrate' }], API)).toMatchObject({ code: 'workload.which-container' });
    expect(chooseContainer(workload, [{ name: 'app' }, { name: 'x' }, { name: 'y' }], API)).toMatchObject({
      code: 'workload.no-container',
      params: { container: 'x, y', names: ['proxy', 'worker', 'app', 'wait', 'migrate'] },
    });
  });

  const names = ['caring-note-api', 'proxy'];
  it.each<[string, Deployment, string | undefined, Repository, object]>([
    [
      'none has that name',
      deployment(),
      'api',
      API,
      { code: 'workload.no-container', params: { deployment: 'caring-note-api', container: 'api', names } },
    ],
    [
      'none runs that repository',
      deployment(),
      undefined,
      repository('x/y'),
      { code: 'workload.which-container', params: { deployment: 'caring-note-api', names } },
    ],
    [
      'two run it',
      withContainers({ name: 'a', image: OLD_IMAGE }, { name: 'b', image: OLD_IMAGE }),
      undefined,
      API,
      { code: 'workload.which-container', params: { deployment: 'caring-note-api', names: ['a', 'b'] } },
    ],
    [
      'there is none',
      withContainers(),
      undefined,
      API,
      { code: 'workload.which-container', params: { deployment: 'caring-note-api', names: [] } },
    ],
    [
      'the only one has another name',
      withContainers({ name: 'a', image: OLD_IMAGE }),
      'b',
      API,
      { code: 'workload.no-container', params: { deployment: 'caring-note-api', container: 'b', names: ['a'] } },
    ],
    [
      'there is nothing at all',
      {},
      undefined,
      API,
      { code: 'workload.which-container', params: { deployment: '', names: [] } },
    ],
  ])('cannot be told where %s', (_, workload, wanted, of, expected) =>
    expect(chooseContainer(workload, named(wanted), of)).toEqual(expected),
  );
});

describe('what runs by a tag that is being pushed', () => {
  const IMAGE = 'registry.example.com/app:latest';
  const digest = (character: string) => `sha256:${character.repeat(64)}`;
  const reference = (image: string) => parseReference(image).value as ImageReference;
  const status = (imageID: string, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
    ...{ name: 'app', image: 'i', ready: true, restartCount: 0 },
    imageID,
    ...more,
  });
  const pod = (of: ContainerStatus, image = IMAGE): Pod => ({
    spec: { containers: [{ name: 'app', image }] },
    status: { containerStatuses: [status(`x@${digest('f')}`, { name: 'proxy' }), of] },
  });
  const pinned = (pods: Pod[], { image = IMAGE, pushed = [IMAGE] } = {}) =>
    overwritten(
      { container: { index: 0, name: 'app', image, hasReadinessProbe: false }, pods: { items: pods } },
      pushed.map(reference),
    );
  const one = pod(status(`registry.example.com/app@${digest('1')}`));

  it.each<[string, Pod[]]>([
    ['its ready pod has', [one]],
    ['all of its ready pods have', [one, one]],
    ['its ready pod has, whatever one that is not ready has', [one, pod(status(`a@${digest('2')}`, { ready: false }))]],
    ['its ready pod has, whatever pods of another image have', [pod(status(`a@${digest('2')}`), 'a/other:1'), one]],
    ['its ready pod has, by whichever name the node knows it', [pod(status(`docker.io/other/name@${digest('1')}`))]],
    ['its ready pod has, as Docker tells it', [pod(status(`docker-pullable://a@${digest('1')}`))]],
  ])('is pinned by the digest that %s', (_, pods) =>
    expect(pinned(pods)).toEqual({ image: IMAGE, pinned: `${IMAGE}@${digest('1')}` }),
  );

  it('is meant by "latest" where it names no tag', () => {
    const image = 'registry.example.com/app';
    const [bare] = [pod(status(`a@${digest('1')}`), image)];
    expect(pinned([bare], { image })).toEqual({ image, pinned: `${image}:latest@${digest('1')}` });
  });

  it.each<[string, Pod[], { image?: string; pushed?: string[] }]>([
    ['another tag is pushed', [one], { pushed: ['registry.example.com/app:next'] }],
    ['another repository is pushed', [one], { pushed: ['registry.example.com/other:latest'] }],
    ['it is pinned already', [one], { image: `${IMAGE}@${digest('3')}` }],
    ['the pods do not agree', [one, pod(status(`a@${digest('2')}`))], {}],
    ['one of the pods does not say', [one, pod(status(''))], {}],
    ['the image was never pulled', [pod(status(digest('1')))], {}],
    ['no pod is ready', [pod(status(`a@${digest('1')}`, { ready: false }))], {}],
    ['there is no pod', [], {}],
  ])('is not pinned where %s', (_, pods, given) => expect(pinned(pods, given)?.pinned).toBeUndefined());

  it('is known to mean another image, also where nobody knows what it was', () => {
    expect(pinned([])).toEqual({ image: IMAGE });
    expect(pinned([one], { pushed: ['registry.example.com/app:next'] })).toBeUndefined();
  });
});

describe('an obstacle', () => {
  it.each<[string | undefined, string, (draft: ReturnType<typeof deployment>) => void]>([
    [undefined, 'an ordinary Deployment', () => {}],
    [undefined, 'one that does not say how many replicas it wants', ({ spec }) => delete spec.replicas],
    [undefined, 'one that is not paused', ({ spec }) => Object.assign(spec, { paused: false })],
    ['workload.paused', 'one that is paused', ({ spec }) => Object.assign(spec, { paused: true })],
    ['workload.zero', 'one without replicas', ({ spec }) => Object.assign(spec, { replicas: 0 })],
    ['workload.deleting', 'one on its way out', ({ metadata }) => Object.assign(metadata, { deletionTimestamp: 'x' })],
    [
      'workload.deleting',
      'one on its way out and paused',
      ({ metadata, spec }) => Object.assign(metadata, { deletionTimestamp: 'x' }, spec, { paused: true }),
    ],
  ])('%s: %s', (code, _, change) => expect(obstacle(deployment(change), 'ns')?.code).toBe(code));

  it('names what it is about', () => {
    const paused = deployment(({ spec }) => Object.assign(spec, { paused: true }));
    expect(obstacle(paused, 'ns')?.params).toEqual({ deployment: 'caring-note-api', namespace: 'ns' });
  });
});

describe('whether everything that is asked for serves', () => {
  it.each<[boolean, string, (draft: ReturnType<typeof deployment>) => void]>([
    [true, 'all of it is there', () => {}],
    [true, 'one replica is meant where none is written', ({ spec }) => delete spec.replicas],
    [false, 'two are wanted', ({ spec }) => Object.assign(spec, { replicas: 2 })],
    [
      false,
      'none is wanted',
      ({ spec, status }) => Object.assign(spec, { replicas: 0 }, Object.assign(status, { replicas: 0 })),
    ],
    [
      false,
      'the controller has not seen the last change',
      ({ metadata }) => Object.assign(metadata, { generation: 4 }),
    ],
    [false, 'an old pod is left', ({ status }) => Object.assign(status, { replicas: 2 })],
    [false, 'the new pod is not made yet', ({ status }) => delete status.updatedReplicas],
    [false, 'a pod is not available', ({ status }) => delete status.availableReplicas],
    [
      false,
      'the status is empty',
      ({ status }) => {
        for (const key of Object.keys(status)) delete status[key as keyof typeof status];
      },
    ],
  ])('%s: %s', (complete, _, change) => expect(isComplete(deployment(change))).toBe(complete));

  it('is not known of nothing', () => expect(isComplete({})).toBe(false));
});
