import { Cluster } from '../../src/kubectl/client';
import { problemsOf } from '../../src/kubectl/explain';
import type { Anything } from '../../src/kubectl/objects';
import { applyChange, restoreChange } from '../../src/manifests/apply';
import { keyOf, type Manifests } from '../../src/manifests/object';
import { readLive, survey } from '../../src/manifests/survey';
import { countLine, diffLines } from '../../src/manifests/tell';
import type { Clock } from '../../src/system/clock';
import { explain } from '../../src/words/words';
import { FakeTransport } from '../fakes/transport';
import { AnyServer, type Fate } from './api-server';

const map = (name: string, data: object, kind = 'ConfigMap'): Anything => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'ns' },
  data,
});
const manifestOf = (object: Anything) => ({ object, at: { file: `${object.metadata.name}.yaml`, line: 3 } });

function before(server: AnyServer) {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    today: () => new Date(0),
    sleep: async (ms) => {
      now += ms;
    },
  };
  const cluster = new Cluster(new FakeTransport(server.handler), ['kubectl']);
  return { cluster, writing: { cluster, clock, forMs: 1_000 } };
}

async function surveyed(server: AnyServer, manifests: Manifests, more: object = {}) {
  const { cluster } = before(server);
  const live = await readLive(cluster, manifests);
  return survey(cluster, manifests, { live, isNamespaceNew: false, ...more });
}

const codesOf = (work: Promise<unknown>) =>
  work.then(
    () => [],
    (error: unknown) => problemsOf(error),
  );

describe('a survey of manifests', () => {
  it('says of each what applying it would do, with one call for all', async () => {
    const server = new AnyServer([map('a', { x: '1' }), map('b', { x: '1' })]);
    const others = [map('a', { x: '1' }), map('b', { x: '2' }), map('c', {})].map(manifestOf);
    const found = await surveyed(server, { others });
    expect(found.others.map(({ live, lines, isNews }) => [live !== undefined, lines.length, isNews])).toEqual([
      [true, 0, false],
      [true, 2, true],
      [false, 0, true],
    ]);
    expect(server.calls).toEqual(['get 3', 'apply dry 3']);
    expect(countLine(found)).toBe('Manifests: 1 to create, 1 to change, 1 as they are');
    expect(diffLines(found)).toEqual(['  configmap/b', '- data.x: "1"', '+ data.x: "2"', '+ configmap/c (new)']);
  });

  it('finds out of several which are refused, and tells of all of them', async () => {
    const server = new AnyServer([map('a', {})]);
    server.against.set('configmap/a', 'error: Apply failed with 1 conflict: conflict with "helm" using v1: .data.x');
    server.against.set('configmap/c', 'The ConfigMap "c" is invalid: data: Invalid value');
    const others = ['a', 'b', 'c'].map((name) => manifestOf(map(name, { x: '1' })));
    const problems = await codesOf(surveyed(server, { others }));
    expect(problems.map(({ code, at }) => [code, at?.file])).toEqual([
      ['manifests.conflict', 'a.yaml'],
      ['manifests.rejected', 'c.yaml'],
    ]);
    expect(problems.map((each) => explain(each).what).join()).toMatch(
      /configmap\/a sets what "helm" has set.*: \.data\.x/,
    );
  });

  it('tells of a missing right and of an unknown kind, with the object', async () => {
    const server = new AnyServer();
    server.against.set(
      'configmap/a',
      'Error from server (Forbidden): configmaps "a" is forbidden: User "deployer" cannot patch',
    );
    server.against.set(
      'configmap/b',
      'error: resource mapping not found for name: "b": no matches for kind "Foo" in version "v1"',
    );
    const others = ['a', 'b'].map((name) => manifestOf(map(name, {})));
    const problems = await codesOf(surveyed(server, { others }));
    expect(problems.map(({ code }) => code)).toEqual(['manifests.forbidden', 'manifests.rejected']);
  });

  it('takes over what was ours before', async () => {
    const server = new AnyServer([map('a', { x: '1' })]);
    server.against.set(
      'configmap/a',
      'error: Apply failed with 1 conflict: conflict with "deploy-action" using v1: .data.x',
    );
    const found = await surveyed(server, { others: [manifestOf(map('a', { x: '2' }))] });
    expect(found.others[0]?.lines).toHaveLength(2);
    expect(server.calls.at(-1)).toBe('apply dry forced 1');
  });

  it('takes over what another manager has written otherwise, and that is the same', async () => {
    const server = new AnyServer([map('a', { x: '2' })]);
    server.against.set('configmap/a', 'error: Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.x');
    const found = await surveyed(server, { others: [manifestOf(map('a', { x: '2' }))] });
    expect(found.others[0]?.lines).toEqual([]);
    const { writing } = before(server);
    const [change] = found.others;
    if (!change) throw new Error('there is no change');
    expect((await applyChange(writing, change)).after.data).toEqual({ x: '2' });
    expect(server.calls.at(-1)).toBe('apply forced 1');
  });

  it('refuses what turns out to belong to no namespace', async () => {
    const { namespace: _, ...metadata } = map('a', {}).metadata;
    const server = new AnyServer();
    const problems = await codesOf(surveyed(server, { others: [manifestOf({ ...map('a', {}), metadata })] }));
    expect(problems.map(({ code }) => code)).toEqual(['manifests.cluster-scoped']);
  });

  it('tries out nothing in a namespace that is still to be made', async () => {
    const server = new AnyServer();
    const space: Anything = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } };
    const others = [manifestOf(space), manifestOf(map('a', {}))];
    const found = await surveyed(server, { others }, { isNamespaceNew: true });
    expect([found.others.length, server.calls]).toEqual([2, ['get 2', 'apply dry 1']]);
  });

  it('does not blame an object for a host that is away', async () => {
    const server = new AnyServer();
    server.against.set('configmap/a', 'The connection to the server 10.0.0.1:6443 was refused');
    const problems = await codesOf(surveyed(server, { others: [manifestOf(map('a', {}))] }));
    expect(problems.map(({ code }) => code)).toEqual(['kubectl.unreachable']);
  });

  it('of the workload does not count its image, nor our minReadySeconds', async () => {
    const workload = (image: string, env: string, minReadySeconds?: number): Anything => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api', namespace: 'ns' },
      spec: {
        ...(minReadySeconds !== undefined && { minReadySeconds }),
        template: { spec: { containers: [{ name: 'api', image, env }] } },
      },
    });
    const put = { images: { api: 'new@d' }, minReadySeconds: 10 };
    const look = async (env: string, minReadySeconds?: number) => {
      const manifest = manifestOf(workload('IMAGE', env, minReadySeconds));
      const found = await surveyed(
        new AnyServer([workload('old@d', 'a', 0)]),
        { others: [], workload: manifest },
        { put },
      );
      return [found.workload?.isNews, found.workload?.lines];
    };
    expect(await look('a')).toEqual([false, []]);
    expect(await look('b')).toEqual([
      true,
      [expect.stringMatching(/^- .*env: "a"$/), expect.stringMatching(/^\+ .*env: "b"$/)],
    ]);
    expect(await look('a', 5)).toEqual([true, ['- spec.minReadySeconds: 0', '+ spec.minReadySeconds: 5']]);
  });
});

describe('applying an object', () => {
  async function applied(fates: readonly Fate[], objects = [map('a', { x: '1' })]) {
    const server = new AnyServer(objects);
    const found = await surveyed(server, { others: [manifestOf(map('a', { x: '2' }))] });
    server.fates.push(...fates);
    const [change] = found.others;
    if (!change) throw new Error('there is no change');
    const { writing } = before(server);
    return { server, writing, work: applyChange(writing, change) };
  }

  it.each<[string, Fate[]]>([
    ['is answered', []],
    ['has taken effect and its answer is lost', ['lost-after']],
    ['is lost on its way', ['lost-before']],
    ['is lost twice', ['lost-before', 'lost-after']],
    ['takes effect late, and stands against its own repetition', ['late']],
  ])('keeps what it was before where it %s', async (_, fates) => {
    const { server, work } = await applied(fates);
    const { before: was, after } = await work;
    expect([was?.data, after.data, server.get('configmap/a').data]).toEqual([{ x: '1' }, { x: '2' }, { x: '2' }]);
  });

  it('is made for what somebody else has just made of it', async () => {
    const { work } = await applied(['overtaken']);
    expect((await work).before).toMatchObject({ theirs: true, data: { x: '1' } });
  });

  it('that was not there keeps that', async () => {
    const { work } = await applied([], []);
    expect(await work).toEqual({ after: expect.objectContaining({ data: { x: '2' } }) });
  });

  it('that is refused says so, and is not tried again', async () => {
    const { server, work } = await applied([{ stderr: 'The ConfigMap "a" is invalid: data: Invalid value' }]);
    expect((await codesOf(work)).map(({ code }) => code)).toEqual(['manifests.rejected']);
    expect(server.calls.filter((call) => call.startsWith('apply 1'))).toHaveLength(1);
  });

  it('of which nothing clear is heard is given up', async () => {
    const { work } = await applied(Array<Fate>(10).fill({ stderr: 'The connection to the server was refused' }));
    expect((await codesOf(work)).map(({ code }) => code)).toEqual(['kubectl.unreachable']);
  });
});

describe('putting an object back', () => {
  async function changed(fates: readonly Fate[] = []) {
    const server = new AnyServer([map('a', { x: '1' })]);
    const was = server.get('configmap/a');
    const after = server.store({ ...was, data: { x: '2' } });
    server.fates.push(...fates);
    return { server, back: () => restoreChange(before(server).writing, { before: was, after }) };
  }

  it('makes it what it was, once', async () => {
    const { server, back } = await changed();
    expect([await back(), server.get('configmap/a').data]).toEqual(['restored', { x: '1' }]);
    const calls = server.calls.length;
    expect([await back(), server.calls.slice(calls)]).toEqual(['restored', ['get 1']]);
  });

  it('makes it theirs who had set it, in a write of its own, also when the answer to that is a conflict', async () => {
    const managedFields = [{ manager: 'deploy-action-manifests', operation: 'Apply' }];
    const first = map('a', { x: '1' });
    const server = new AnyServer([{ ...first, metadata: { ...first.metadata, managedFields } }]);
    const was = server.get('configmap/a');
    const after = server.store({ ...was, metadata: { ...was.metadata, managedFields: [] }, data: { x: '2' } });
    server.fates.push('answered', { stderr: 'Error from server (Conflict): the object has been modified' });
    expect(await restoreChange(before(server).writing, { before: was, after })).toBe('restored');
    expect(server.get('configmap/a')).toMatchObject({ data: { x: '1' }, metadata: { managedFields } });
    expect(server.calls.filter((each) => each.startsWith('patch'))).toHaveLength(3);
  });

  it('is back also where it could not be made theirs again: it serves all the same', async () => {
    const first = map('a', { x: '1' });
    const managedFields = [{ manager: 'deploy-action-manifests', operation: 'Apply' }];
    const server = new AnyServer([{ ...first, metadata: { ...first.metadata, managedFields } }]);
    const was = server.get('configmap/a');
    const after = server.store({ ...was, data: { x: '2' } });
    server.fates.push('answered', { stderr: 'The ConfigMap "a" is invalid: metadata.managedFields: Invalid value' });
    expect(await restoreChange(before(server).writing, { before: was, after })).toBe('restored');
    expect(server.get('configmap/a').data).toEqual({ x: '1' });
  });

  it('is not kept from it by a status that has moved on', async () => {
    const { server, back } = await changed();
    server.store({ ...server.get('configmap/a'), status: { seen: true } });
    expect([await back(), server.get('configmap/a').data]).toEqual(['restored', { x: '1' }]);
  });

  it.each<[string, (server: AnyServer) => void]>([
    ['changed', (server) => void server.store({ ...server.get('configmap/a'), data: { x: '3' } })],
    ['deleted', (server) => void server.objects.delete('configmap/a')],
    [
      'made anew',
      (server) => void server.store({ ...server.get('configmap/a'), metadata: { name: 'a', uid: 'other' } }),
    ],
  ])('leaves alone what somebody has %s meanwhile', async (_, change) => {
    const { server, back } = await changed();
    change(server);
    const there = server.objects.get('configmap/a');
    expect([await back(), server.objects.get('configmap/a')]).toEqual(['changed', there]);
  });

  it('says why it could not', async () => {
    const { back } = await changed([
      { stderr: 'Error from server (Forbidden): configmaps "a" is forbidden: User "x" cannot patch' },
    ]);
    expect(await back()).toEqual({ detail: expect.stringContaining('cannot patch') });
  });

  it('sends no value in an argument: it may be a Secret', async () => {
    const server = new AnyServer([map('a', { x: 'aHVudGVyMg==' }, 'Secret')]);
    const transport = new FakeTransport(server.handler);
    const was = server.get('secret/a');
    const after = server.store({ ...was, data: { x: 'bmV3' } });
    const { clock } = before(server).writing;
    await restoreChange({ cluster: new Cluster(transport, ['kubectl']), clock }, { before: was, after });
    expect(server.get('secret/a').data).toEqual({ x: 'aHVudGVyMg==' });
    expect(transport.commands.flatMap(({ argv }) => argv).join(' ')).not.toMatch(/aHVudGVyMg|bmV3/);
    expect(keyOf(after)).toBe('secret/a');
  });

  it('sends what no argument list can hold in another way', async () => {
    const server = new AnyServer([map('a', { x: '1'.repeat(200_000) })]);
    const transport = new FakeTransport(server.handler);
    const was = server.get('configmap/a');
    const after = server.store({ ...was, data: { x: '2' } });
    const { clock } = before(server).writing;
    await restoreChange({ cluster: new Cluster(transport, ['kubectl']), clock }, { before: was, after });
    expect(server.get('configmap/a').data).toEqual(was.data);
    for (const { argv } of transport.commands) expect(argv.join(' ').length).toBeLessThan(1_000);
  });
});
