import type { Node, Pod } from '../../src/kubectl/objects';
import { parseQuantity } from '../../src/kubectl/quantity';
import { roomFor, shortOf } from '../../src/rollout/room';

type Spec = NonNullable<Pod['spec']>;
type Request = Record<string, string>;

const node = (name: string, allocatable: Request): Node => ({ metadata: { name }, status: { allocatable } });
const container = (requests?: Request, restartPolicy?: string) => ({
  name: 'c',
  ...(requests && { resources: { requests } }),
  ...(restartPolicy && { restartPolicy }),
});
const spec = (...requests: (Request | undefined)[]): Spec => ({ containers: requests.map((each) => container(each)) });
const on = (nodeName: string, phase: string, ...requests: Request[]): Pod => ({
  spec: { ...spec(...requests), nodeName },
  status: { phase },
});

describe('what is short', () => {
  it.each([
    ['cpu', '0/1 nodes are available: 1 Insufficient cpu'],
    ['memory', '0/1 nodes are available: 1 Insufficient memory'],
    ['memory', '0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu'],
    ['ephemeral-storage', '0/1 nodes are available: 1 Insufficient ephemeral-storage'],
    [undefined, '0/1 nodes are available: 1 Insufficient nvidia.com/gpu'],
    [undefined, '0/1 nodes are available: 1 Too many pods'],
    [undefined, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector"],
  ])('is %s: %s', (resource, message) => expect(shortOf(message)).toBe(resource));
});

describe('the room on the nodes', () => {
  it('is what a node can give, less what the pods on it ask for', () => {
    const pods = [on('one', 'Running', { cpu: '500m' }, { cpu: '250m' }), on('one', 'Pending', { cpu: '1' })];
    expect(roomFor(spec({ cpu: '500m' }), 'cpu', [node('one', { cpu: '2' })], pods)).toEqual({
      resource: 'cpu',
      asks: '500m',
      node: 'one',
      free: '250m',
    });
  });

  it('is that of the node which has the most of it', () => {
    const nodes = [node('one', { memory: '4Gi' }), node('two', { memory: '2Gi' }), node('three', { memory: '1Gi' })];
    const pods = [on('one', 'Running', { memory: '3584Mi' }), on('two', 'Running', { memory: '1Gi' })];
    expect(roomFor(spec({ memory: '1500Mi' }), 'memory', nodes, pods)).toMatchObject({ node: 'two', free: '1Gi' });
  });

  it.each<[string, Pod, string]>([
    ['have ended well', on('one', 'Succeeded', { cpu: '1' }), '2'],
    ['have failed', on('one', 'Failed', { cpu: '1' }), '2'],
    ['are on no node yet', { spec: spec({ cpu: '1' }), status: { phase: 'Pending' } }, '2'],
    ['are on another node', on('two', 'Running', { cpu: '1' }), '2'],
    ['ask for nothing', on('one', 'Running', {}), '2'],
    ['ask for more than there is, as on a node that has shrunk', on('one', 'Running', { cpu: '3' }), '0m'],
  ])('is rightly counted with pods that %s', (_, pod, free) => {
    expect(roomFor(spec({ cpu: '1' }), 'cpu', [node('one', { cpu: '2' })], [pod])).toMatchObject({ free });
  });

  it.each<[string, Spec, string]>([
    ['all containers together', spec({ memory: '100Mi' }, { memory: '28Mi' }), '128Mi'],
    ['nothing, where it asks for nothing', spec(undefined), '0Mi'],
    [
      'the largest init container, where that is more',
      {
        ...spec({ memory: '100Mi' }),
        initContainers: [container({ memory: '300Mi' }), container({ memory: '200Mi' })],
      },
      '300Mi',
    ],
    [
      'what runs in the end, where the init containers ask for less',
      { ...spec({ memory: '100Mi' }), initContainers: [container({ memory: '50Mi' })] },
      '100Mi',
    ],
    [
      'its sidecars too',
      { ...spec({ memory: '100Mi' }), initContainers: [container({ memory: '50Mi' }, 'Always')] },
      '150Mi',
    ],
    ['what its runtime takes', { ...spec({ memory: '100Mi' }), overhead: { memory: '20Mi' } }, '120Mi'],
  ])('a pod asks for: %s', (_, pod, asks) => expect(roomFor(pod, 'memory', [], [])).toMatchObject({ asks }));

  it('is not known without nodes', () => {
    expect(roomFor(spec({ cpu: '1' }), 'cpu', [], [])).toEqual({ resource: 'cpu', asks: '1', node: '', free: '' });
  });

  it.each<['cpu' | 'memory', string, string]>([
    ['memory', '1240Mi', '1200Mi'],
    ['memory', '513Mi', '512990Ki'],
    ['cpu', '1001m', '1'],
  ])('does not look like enough where it is not (%s: %s asked, %s free)', (resource, asked, allocatable) => {
    const { asks, free } = roomFor(
      spec({ [resource]: asked }),
      resource,
      [node('one', { [resource]: allocatable })],
      [],
    );
    expect(parseQuantity(free)).toBeLessThan(parseQuantity(asks));
  });
});
