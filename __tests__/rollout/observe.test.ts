import { Cluster } from '../../src/kubectl/client';
import type { Deployment, Pod } from '../../src/kubectl/objects';
import { type Known, Observer } from '../../src/rollout/observe';
import { systemClock } from '../../src/system/clock';
import { type Answer, FakeTransport, type Live } from '../fakes/transport';
import { recording } from './replay';

const looks = recording('good');
const [first] = looks;
const last = looks.at(-1);
if (!first?.workload || !last?.workload) throw new Error('the recording is empty');
const known: Known = {
  workload: first.workload,
  pods: { metadata: { resourceVersion: '100' }, items: first.pods },
  replicaSets: first.replicaSets,
};

type Watch = (argv: { path: string; version: string }, live: Live) => Answer | Promise<Answer>;

/** A cluster whose watches and lists a test answers. */
function clusterThat(watch: Watch, lists: Record<string, unknown> = {}) {
  const transport = new FakeTransport((argv, _stdin, live) => {
    const url = new URL(argv.find((word) => word.startsWith('/')) ?? '', 'http://cluster');
    const version = url.searchParams.get('resourceVersion') ?? '';
    if (url.searchParams.get('watch') === '1') return watch({ path: url.pathname, version }, live);
    const list = lists[url.pathname.split('/').at(-1) ?? ''];
    return list ? { stdout: JSON.stringify(list) } : { code: 1, stderr: 'Error from server (NotFound): none' };
  });
  return { transport, observer: new Observer(new Cluster(transport, ['kubectl']), systemClock, 'ns', known) };
}

const forever = () => new Promise<Answer>(() => {});
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const at = <T extends Deployment | Pod>(object: T, resourceVersion: string): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});
const isPods = (path: string) => path.endsWith('/pods');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('an observer', () => {
  it('begins its watches at what was known, and shows what they bring', async () => {
    const versions: Record<string, string> = {};
    const { observer } = clusterThat(({ path, version }, live) => {
      versions[path] = version;
      live.emit(event('MODIFIED', isPods(path) ? last.pods[0] : last.workload));
      return forever();
    });
    observer.start();
    await until(() => observer.snapshot().workload?.metadata?.generation === last.workload?.metadata?.generation);
    expect(versions).toEqual({
      '/apis/apps/v1/namespaces/ns/deployments': first.workload?.metadata?.resourceVersion,
      '/api/v1/namespaces/ns/pods': '100',
    });
    await observer.stop();
  });

  it('takes a watch that ended up where it ended, bookmarks included', async () => {
    const versions: string[] = [];
    const { observer } = clusterThat(({ path, version }) => {
      if (!isPods(path)) return forever();
      versions.push(version);
      if (versions.length === 1) return { stdout: event('BOOKMARK', { metadata: { resourceVersion: '150' } }) };
      return forever();
    });
    observer.start();
    await until(() => versions.length === 2);
    expect(versions).toEqual(['100', '150']);
    await observer.stop();
  });

  it('reads the whole list anew where the history it wanted is gone (410)', async () => {
    let watches = 0;
    const { observer } = clusterThat(
      ({ path, version }) => {
        if (!isPods(path)) return forever();
        watches++;
        if (version === '100') return { stdout: event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }) };
        return forever();
      },
      { pods: { metadata: { resourceVersion: '900' }, items: [] } },
    );
    observer.start();
    await until(() => watches === 2);
    expect(observer.snapshot().pods).toEqual([]);
    await observer.stop();
  });

  it('drops what was deleted', async () => {
    const { observer } = clusterThat(({ path }, live) => {
      if (!isPods(path)) live.emit(event('DELETED', at(first.workload as Deployment, '200')));
      return forever();
    });
    observer.start();
    await until(() => observer.snapshot().workload === undefined);
    await observer.stop();
  });

  it('says that it cannot see while the connection is lost, tries again, and sees', async () => {
    let tries = 0;
    const { observer } = clusterThat(({ path }) => (!isPods(path) || tries++ > 0 ? forever() : 'lost'), {
      pods: { metadata: { resourceVersion: '900' }, items: [] },
    });
    observer.start();
    await until(() => observer.trouble()?.reason === 'Lost');
    await until(() => observer.trouble() === undefined);
    expect(tries).toBe(2);
    await observer.stop();
  });

  it('does not bring back, with the answer of our own write, what was deleted meanwhile', async () => {
    const { observer } = clusterThat(({ path }, live) => {
      if (!isPods(path)) live.emit(event('DELETED', last.workload));
      return forever();
    });
    observer.start();
    await until(() => observer.snapshot().workload === undefined);
    observer.see(last.workload as Deployment);
    expect(observer.snapshot().workload).toBeUndefined();
    await observer.stop();
  });

  it('does not keep the host busy with watches that end at once', async () => {
    let watches = 0;
    const { observer } = clusterThat(() => {
      watches++;
      return {};
    });
    observer.start();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await observer.stop();
    expect(watches).toBeLessThanOrEqual(6);
  });

  it('ends at once also while a list is under way', async () => {
    const transport = new FakeTransport((argv) => (argv.some((word) => word.includes('watch=1')) ? 'lost' : forever()));
    const observer = new Observer(new Cluster(transport, ['kubectl']), systemClock, 'ns', known);
    observer.start();
    await until(() => observer.trouble() !== undefined);
    const began = Date.now();
    await observer.stop();
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  it('looks for the ReplicaSet of a template that it does not know', async () => {
    const { observer } = clusterThat(() => forever(), {
      replicasets: { metadata: { resourceVersion: '1' }, items: last.replicaSets },
    });
    observer.see(last.workload as Deployment);
    observer.start();
    await until(() => observer.snapshot().replicaSets.length === last.replicaSets.length);
    await observer.stop();
  });

  it('does not go back to the answer of our own write where the watch has shown more since', async () => {
    const { observer } = clusterThat(({ path }, live) => {
      if (!isPods(path)) live.emit(event('MODIFIED', last.workload));
      return forever();
    });
    observer.start();
    await until(() => observer.snapshot().workload?.metadata?.generation === last.workload?.metadata?.generation);
    const { status: _, ...answer } = last.workload as Deployment;
    observer.see(answer);
    expect(observer.snapshot().workload?.status).toEqual(last.workload?.status);
    await observer.stop();
  });

  it('does not go back a generation with an event that comes late', async () => {
    const generation = 7;
    const ours = { ...last.workload, metadata: { ...last.workload?.metadata, generation, resourceVersion: '900' } };
    let tell = (_: string) => {};
    const { observer } = clusterThat(({ path }, live) => {
      if (!isPods(path)) tell = (line) => live.emit(line);
      return forever();
    });
    observer.start();
    observer.see(ours);
    tell(event('MODIFIED', at(first.workload as Deployment, '850')));
    expect(observer.snapshot().workload).toEqual(ours);
    // Its own generation it takes in, as it comes: a status changes without.
    const later = { ...ours, status: { observedGeneration: generation } };
    tell(event('MODIFIED', later));
    expect(observer.snapshot().workload).toEqual(later);
    await observer.stop();
  });

  it('takes a workload of the same name that was made anew, though its generation is lower', async () => {
    const anew = { ...first.workload, metadata: { ...first.workload?.metadata, uid: 'another', generation: 1 } };
    let tell = (_: string) => {};
    const { observer } = clusterThat(({ path }, live) => {
      if (!isPods(path)) tell = (line) => live.emit(line);
      return forever();
    });
    observer.start();
    tell(event('DELETED', first.workload));
    tell(event('ADDED', anew));
    expect(observer.snapshot().workload).toEqual(anew);
    await observer.stop();
  });

  it('leaves no watch behind when it stops', async () => {
    let open = 0;
    const { observer } = clusterThat((_, live) => {
      open++;
      live.signal.addEventListener('abort', () => open--);
      return forever();
    });
    observer.start();
    await until(() => open === 2);
    await observer.stop();
    expect(open).toBe(0);
  });
});
