import type { Pod } from '../../src/kubectl/objects';
import { neighbourLines } from '../../src/words/en/advice';
import { type RestartedNeighbour, restartedNeighbours } from '../../src/workload/neighbours';

const SINCE = '2026-11-23T07:00:00Z';
const [BEFORE, AFTER] = ['2026-11-23T06:59:59Z', '2026-11-23T07:00:07Z'];

interface Given {
  readonly node?: string;
  readonly finishedAt?: string;
  readonly reason?: string;
  readonly kind?: 'containerStatuses' | 'initContainerStatuses';
  readonly state?: 'lastState' | 'state';
}

/** A pod whose container has ended once. */
function pod(name: string, given: Given = {}): Pod {
  const { node = 'vm', finishedAt, reason, kind = 'containerStatuses', state = 'lastState' } = given;
  const terminated = { exitCode: 137, ...(reason && { reason }), ...(finishedAt && { finishedAt }) };
  const status = { name: 'main', image: '', imageID: '', ready: true, restartCount: 3, [state]: { terminated } };
  return {
    metadata: { name, namespace: 'db', uid: name },
    spec: { nodeName: node, containers: [] },
    status: { [kind]: [status] },
  };
}

const ours = [pod('api-new')];

describe('a neighbour that restarted', () => {
  it('is told with what Kubernetes says of it', () => {
    const found = restartedNeighbours([pod('postgres-0', { finishedAt: AFTER, reason: 'OOMKilled' })], ours, SINCE);
    expect(found).toEqual([
      { namespace: 'db', pod: 'postgres-0', container: 'main', reason: 'OOMKilled', exitCode: 137, restarts: 3 },
    ]);
  });

  it.each<[string, Pod]>([
    ['ended in the very second', pod('p', { finishedAt: SINCE })],
    ['is a sidecar', pod('p', { finishedAt: AFTER, kind: 'initContainerStatuses' })],
    ['gives no reason', pod('p', { finishedAt: AFTER })],
  ])('is one too that %s', (_, other) => expect(restartedNeighbours([other], ours, SINCE)).toHaveLength(1));

  it.each<[string, readonly Pod[], readonly Pod[]]>([
    ['one that ended before', [pod('p', { finishedAt: BEFORE })], ours],
    ['one whose end nobody saw', [pod('p', { reason: 'ContainerStatusUnknown' })], ours],
    ['one that has ended and not begun again', [pod('p', { finishedAt: AFTER, state: 'state' })], ours],
    ['one on another node', [pod('p', { finishedAt: AFTER, node: 'other' })], ours],
    ['our own pod', [pod('api-new', { finishedAt: AFTER })], ours],
    ['any, where we have no pod', [pod('p', { finishedAt: AFTER })], []],
    [
      'one that has no node',
      [{ ...pod('p', { finishedAt: AFTER }), spec: { containers: [] } }],
      [{ spec: { containers: [] } }],
    ],
    ['one without a status', [{ metadata: { uid: 'p' }, spec: { nodeName: 'vm', containers: [] } }], ours],
  ])('is not %s', (_, pods, own) => expect(restartedNeighbours(pods, own, SINCE)).toEqual([]));
});

describe('the line about it', () => {
  const line = (more: Partial<RestartedNeighbour>) =>
    neighbourLines['log.neighbour']({
      ...{ namespace: 'db', pod: 'postgres-0', container: 'main', reason: 'OOMKilled', exitCode: 137, restarts: 1 },
      ...more,
    });

  it('speaks of memory where the kernel ended it', () => {
    expect(line({})).toMatch(
      /^While the new version started, .*postgres-0 .*db.*\(OOMKilled, 1 restart in all\): the node may be short of memory/,
    );
    expect(line({ restarts: 57 })).toContain('57 restarts in all');
  });

  it('says how to see why where it ended by itself', () =>
    expect(line({ reason: 'Error', exitCode: 2 })).toMatch(
      /\(Error, exit code 2, .*kubectl logs postgres-0 -c main -n db --previous$/,
    ));
});
