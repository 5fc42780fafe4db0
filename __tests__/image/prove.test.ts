import { createHash } from 'node:crypto';
import type { Built } from '../../src/image/build';
import { type ProveTools, provePushed } from '../../src/image/prove';
import type { Digest } from '../../src/image/reference';
import { problemsOf } from '../../src/kubectl/explain';
import { configOf } from '../inputs/sample';
import { ManualClock } from '../transport/manual-clock';
import { type Act, exited, FakeProcesses } from './processes';
import { settled, until } from './settled';

const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest;
const CONFIG = digestOf('our configuration');
const OURS = JSON.stringify({ schemaVersion: 2, config: { digest: CONFIG }, layers: [] });
const THEIRS = JSON.stringify({ schemaVersion: 2, config: { digest: digestOf('theirs') }, layers: [] });
const THEIR_INDEX = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: digestOf(THEIRS) }] });
const LOGIN = { DOCKER_AUTH_CONFIG: 'the login' };

const config = configOf({ image: 'reg.example/user/app', tags: 'v1' });
const { repository } = config.image;
const built = (manifest: string): Built => ({ digest: digestOf(manifest), configDigest: CONFIG, login: LOGIN });

interface World {
  /** What the registry has, by digest. */
  readonly registry?: readonly string[];
  /** What docker reads back, where the registry does not answer us. */
  readonly docker?: Act | readonly Act[];
  /** What is pushed when it is pushed again. */
  readonly again?: readonly Built[];
  readonly fetch?: ProveTools['fetch'];
}

function prove(pushed: Built, { registry = [], docker = exited(1, '', 'no contact'), again = [], fetch }: World) {
  const clock = new ManualClock();
  const cancel = new AbortController();
  const processes = new FakeProcesses({ 'docker buildx imagetools inspect --raw': docker }, clock);
  const notes: string[] = [];
  let pushes = 0;
  const served = new Map(registry.map((manifest) => [digestOf(manifest), manifest]));
  const proving = provePushed(config, pushed, {
    processes,
    clock,
    signal: cancel.signal,
    note: (text) => void notes.push(text),
    pushAgain: async () => {
      const next = again[pushes++];
      if (!next) throw new Error('nobody expected another push');
      return next;
    },
    fetch:
      fetch ??
      (async (url) => {
        if (url.endsWith('/v2/')) return new Response('{}');
        const manifest = served.get(url.split('/').pop() as Digest);
        return new Response(manifest ?? '', { status: manifest === undefined ? 404 : 200 });
      }),
  });
  return {
    proving,
    /** The same, with the clock running. */
    get image() {
      return settled(proving, clock);
    },
    ...{ processes, notes, cancel, clock, pushes: () => pushes },
  };
}

const codesOf = async (failing: Promise<unknown>) =>
  failing.then(
    () => [],
    (error: unknown) => problemsOf(error).map(({ code }) => code),
  );
const unreachable: ProveTools['fetch'] = async () => {
  throw new Error('ECONNREFUSED');
};

describe('a pushed image', () => {
  it('is proved by what the registry has under its digest', async () => {
    const { image, processes, pushes, notes } = prove(built(OURS), { registry: [OURS] });
    expect(await image).toEqual({ repository, tag: 'v1', digest: digestOf(OURS), manifest: OURS });
    expect([processes.calls, pushes(), notes]).toEqual([[], 0, []]);
  });

  it('is read by docker, with the login of the push, where the registry does not answer us', async () => {
    const { image, processes } = prove(built(OURS), { fetch: unreachable, docker: exited(0, OURS) });
    expect((await image).digest).toBe(digestOf(OURS));
    expect(processes.calls).toEqual([
      {
        argv: ['docker', 'buildx', 'imagetools', 'inspect', '--raw', `reg.example/user/app@${digestOf(OURS)}`],
        environment: LOGIN,
        at: 0,
      },
    ]);
  });

  it('is looked for again, for a registry may need a moment to show it', async () => {
    const missing = exited(1, '', 'not found');
    const { image, processes } = prove(built(OURS), { docker: [missing, missing, exited(0, OURS)] });
    expect((await image).digest).toBe(digestOf(OURS));
    expect(processes.calls.map(({ at }) => at)).toEqual([0, 1_000, 4_000]);
  });

  it('whose digest is its configuration’s was overtaken by another run on the same machine: it is pushed again', async () => {
    const { image, notes } = prove({ ...built(OURS), digest: CONFIG }, { registry: [OURS], again: [built(OURS)] });
    expect([(await image).digest, notes.length]).toEqual([digestOf(OURS), 1]);
  });

  it('that cannot be read back is not deployed', async () => {
    const { image, processes, pushes } = prove(built(OURS), { fetch: unreachable });
    await expect(image).rejects.toMatchObject({
      problems: [{ code: 'build.unreadable', params: { digest: digestOf(OURS), detail: 'no contact' } }],
    });
    expect([processes.calls.length, pushes()]).toEqual([4, 0]);
  });

  it.each<[string, string]>([
    ['is other content', THEIRS],
    ['has another byte', `${OURS} `],
    ['is nothing', ''],
  ])('is not deployed where what the registry gives for its digest %s', async (_, manifest) => {
    const { image, pushes } = prove(built(OURS), { fetch: unreachable, docker: exited(0, manifest) });
    expect(await codesOf(image)).toEqual(['build.unproved']);
    expect(pushes()).toBe(0);
  });

  it('that was there before is not read again: its digest came from the registry', async () => {
    const { image, processes } = prove({ digest: digestOf(OURS), isExisting: true, login: {} }, { fetch: unreachable });
    expect(await image).toEqual({ repository, tag: 'v1', digest: digestOf(OURS) });
    expect(processes.calls).toEqual([]);
  });
});

describe("another run's image, pushed to the tag meanwhile,", () => {
  it.each([
    ['image of one platform', THEIRS],
    ['index', THEIR_INDEX],
  ])('is never taken for ours, be it an %s: ours is pushed again', async (_, theirs) => {
    const { image, notes, pushes } = prove(built(theirs), { registry: [theirs, OURS], again: [built(OURS)] });
    expect((await image).digest).toBe(digestOf(OURS));
    expect(pushes()).toBe(1);
    expect(notes).toEqual([expect.stringContaining('"v1"')]);
  });

  it('may come between twice', async () => {
    const again = [built(THEIR_INDEX), built(OURS)];
    const { image, pushes } = prove(built(THEIRS), { registry: [THEIRS, THEIR_INDEX, OURS], again });
    expect((await image).digest).toBe(digestOf(OURS));
    expect(pushes()).toBe(2);
  });

  it('is told of in the end, where it comes between each time', async () => {
    const { image, pushes } = prove(built(THEIRS), { registry: [THEIRS], again: [built(THEIRS), built(THEIRS)] });
    await expect(image).rejects.toMatchObject({
      problems: [{ code: 'build.unproved', params: { digest: digestOf(THEIRS), tag: 'v1' } }],
    });
    expect(pushes()).toBe(2);
  });

  it('is no matter where it is the very image that is wanted, and was found instead of pushing', async () => {
    const found: Built = { digest: digestOf(THEIRS), isExisting: true, login: {} };
    const { image } = prove(built(THEIRS), { registry: [THEIRS], again: [found] });
    expect((await image).digest).toBe(digestOf(THEIRS));
  });
});

describe('a cancel', () => {
  it('ends the reading', async () => {
    const { image, cancel } = prove(built(OURS), { fetch: unreachable, docker: () => new Promise(() => {}) });
    cancel.abort();
    expect(await codesOf(image)).toEqual(['run.cancelled']);
  });

  it('ends the pause before it is read again', async () => {
    const { proving, processes, cancel, clock } = prove(built(OURS), { fetch: unreachable });
    await until(() => clock.sleeping > 0);
    cancel.abort();
    expect(await codesOf(proving)).toEqual(['run.cancelled']);
    expect(processes.calls).toHaveLength(1);
  });
});
