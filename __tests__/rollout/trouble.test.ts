import type { ContainerStatus, Pod } from '../../src/kubectl/objects';
import { troubleOf, worstTrouble } from '../../src/rollout/trouble';

const none = { restartsBefore: {} };

function status(name: string, more: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: 'i', imageID: '', ready: false, restartCount: 0, ...more };
}

function pod(init: ContainerStatus[], main: ContainerStatus[], sidecars: string[] = []): Pod {
  return {
    metadata: { name: 'p', uid: 'u' },
    spec: { containers: [], initContainers: sidecars.map((name) => ({ name, restartPolicy: 'Always' })) },
    status: { initContainerStatuses: init, containerStatuses: main },
  };
}

const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error') => ({
  terminated: { exitCode, reason },
});
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const waiting = (reason: string, message?: string) => ({ waiting: { reason, ...(message && { message }) } });

describe('the trouble of a pod', () => {
  it.each<[string, Pod, object | undefined]>([
    ['one that is being made has none', pod([], [status('app', { state: waiting('ContainerCreating') })]), undefined],
    ['one that runs and is ready has none', pod([], [status('app', { ready: true, state: running })]), undefined],
    [
      'an init container that failed twice and then ended well is done',
      pod(
        [status('wait', { restartCount: 2, state: ended(0) })],
        [status('app', { state: waiting('PodInitializing') })],
      ),
      undefined,
    ],
    [
      'an init container that failed has one',
      pod(
        [status('wait', { restartCount: 1, state: ended(1) })],
        [status('app', { state: waiting('PodInitializing') })],
      ),
      { container: 'wait', exitCode: 1, restarts: 1 },
    ],
    [
      'a sidecar that ends has one, even with 0',
      pod(
        [status('proxy', { restartCount: 3, state: ended(0) })],
        [status('app', { state: running, ready: true })],
        ['proxy'],
      ),
      { container: 'proxy', exitCode: 0, restarts: 3 },
    ],
    [
      'a main container that ends has one, even with 0',
      pod([], [status('app', { restartCount: 1, state: ended(0) })]),
      { container: 'app', reason: 'Completed', restarts: 1 },
    ],
    [
      'one that runs again after an end, not yet ready',
      pod([], [status('app', { restartCount: 1, state: running, lastState: ended(137, 'OOMKilled') })]),
      { reason: 'Restarted', exitCode: 137 },
    ],
    [
      'one whose image cannot be pulled, with the text',
      pod([], [status('app', { state: waiting('ErrImagePull', 'not found') })]),
      { reason: 'ErrImagePull', message: 'not found' },
    ],
  ])('%s', (_, given, trouble) => {
    if (trouble === undefined) expect(troubleOf(given, none)).toBeUndefined();
    else expect(troubleOf(given, none)).toMatchObject(trouble);
  });

  it('of several containers, the one with the most restarts is told; of several pods too', () => {
    const calm = pod([], [status('app', { restartCount: 1, state: ended(1) })]);
    const wild = pod(
      [],
      [status('a', { restartCount: 1, state: ended(1) }), status('b', { restartCount: 4, state: ended(2) })],
    );
    expect(troubleOf(wild, none)).toMatchObject({ container: 'b' });
    expect(worstTrouble([calm, wild], none)).toMatchObject({ container: 'b' });
  });

  it('restarts from before our write do not count', () => {
    const old = pod([], [status('app', { restartCount: 5, state: ended(1) })]);
    expect(troubleOf(old, { restartsBefore: { u: { app: 4 } } })).toMatchObject({ restarts: 1 });
  });

  it("one that no node can take has the reason and the scheduler's words", () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient memory' },
    ];
    expect(troubleOf({ metadata: { name: 'p', uid: 'u' }, status: { conditions } }, none)).toMatchObject({
      container: '',
      reason: 'Unschedulable',
      message: '0/1 nodes: Insufficient memory',
    });
  });
});
