import { Cluster } from '../../src/kubectl/client';
import type { Pod } from '../../src/kubectl/objects';
import type { Snapshot } from '../../src/rollout/snapshot';
import { PathCheck, verifyUrl } from '../../src/rollout/verify';
import { type Answer, FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';
import { podOf, snapshotOf, status } from './cluster';

/** Lets everything that does not wait for the clock go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await settle();
    clock.pass(1_000);
  }
  await settle();
}

describe('verify-path', () => {
  const running = { containerStatuses: [status({ state: { running: {} } })] };
  const creating = { containerStatuses: [status({ state: { waiting: { reason: 'ContainerCreating' } } })] };
  const ready = { ...running, conditions: [{ type: 'Ready', status: 'True' }] };
  const runs = podOf('runs', { status: running });
  const serves = podOf('serves', { status: ready });

  const said = (text: string): Answer => ({ code: 1, stderr: `Error from server (InternalError): ${text}` });
  const wrong = said('an error on the server ("not yet") has prevented the request from succeeding');
  const noAddress: Answer = { code: 1, stderr: 'Error from server (BadRequest): address not allowed' };

  const refused: Answer = {
    code: 1,
    stderr:
      'Error from server (ServiceUnavailable): error trying to reach service: dial tcp 10.0.0.5:8080: connect: connection refused',
  };

  /** A check of pods that answer one after the other as given; the last answer stays. */
  function check(answers: readonly Answer[], pods: readonly Pod[], hasReadinessProbe = true) {
    const clock = new ManualClock();
    const asked: string[] = [];
    const left = [...answers];
    const transport = new FakeTransport((argv) => {
      asked.push(argv.find((word) => word.startsWith('/')) ?? '');
      return (left.length > 1 ? left.shift() : left[0]) ?? {};
    }, clock);
    const path = new PathCheck(new Cluster(transport, ['kubectl']), clock, {
      namespace: 'ns',
      port: 8080,
      path: '/up',
      hasReadinessProbe,
    });
    const over = new AbortController();
    let snapshot: Snapshot = snapshotOf(pods);
    let isOver = false;
    const following = path
      .follow(() => snapshot, over.signal)
      .then(() => {
        isOver = true;
      });
    return {
      path,
      clock,
      asked,
      over,
      following,
      isOver: () => isOver,
      see: (next: readonly Pod[]) => {
        snapshot = snapshotOf(next);
      },
    };
  }

  it('asks a pod itself, through the API server, and is over with the right answer', async () => {
    const { path, asked, following } = check([{ stdout: 'ok' }], [serves]);
    await following;
    expect(path.result).toEqual({ passed: true, detail: '' });
    expect(asked).toEqual(['/api/v1/namespaces/ns/pods/serves:8080/proxy/up']);
  });

  it.each<[string, Pod[], string | undefined]>([
    ['one that is ready before one that merely runs', [runs, serves], 'serves'],
    ['one that merely runs, where none is ready', [podOf('made', { status: creating }), runs], 'runs'],
    ['none that is being made', [podOf('made', { status: creating })], undefined],
    ['none of which nothing is known', [podOf('new')], undefined],
    [
      'none that is on its way out',
      [podOf('gone', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: ready })],
      undefined,
    ],
    [
      'none of the old version',
      [
        podOf('old', {
          metadata: {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: 'rs-0', controller: true }],
          },
          status: ready,
        }),
      ],
      undefined,
    ],
    [
      'none of which one container does not run',
      [podOf('half', { status: { containerStatuses: [...running.containerStatuses, ...creating.containerStatuses] } })],
      undefined,
    ],
  ])('asks %s', async (_, pods, name) => {
    const { asked, over, following } = check([wrong], pods);
    await settle();
    expect(asked).toEqual(name === undefined ? [] : [`/api/v1/namespaces/ns/pods/${name}:8080/proxy/up`]);
    over.abort();
    await following;
  });

  it('goes on, once a second, until the answer is right', async () => {
    const { path, clock, asked, following } = check([wrong, wrong, wrong, { stdout: 'ok' }], [serves]);
    await settle();
    expect(path.result).toEqual({ passed: false, detail: 'not yet' });
    await pass(clock, 3);
    await following;
    expect(path.result).toEqual({ passed: true, detail: '' });
    expect(asked).toHaveLength(4);
  });

  it('asks another pod once the first is gone', async () => {
    const { path, clock, asked, see, following } = check([wrong, { stdout: 'ok' }], [runs]);
    await settle();
    see([serves]);
    await pass(clock, 1);
    await following;
    expect(path.result?.passed).toBe(true);
    expect(asked.map((each) => each.split('/')[6])).toEqual(['runs:8080', 'serves:8080']);
  });

  it('takes a wrong answer from before the pod is ready for none, and a right one for right', async () => {
    const { path, clock, asked, following } = check([wrong, refused, { stdout: 'ok' }], [runs]);
    await pass(clock, 1);
    expect([asked.length, path.result]).toEqual([2, undefined]);
    await pass(clock, 1);
    await following;
    expect(path.result).toEqual({ passed: true, detail: '' });
  });

  it('does not count what was asked before the pod was ready, though it is by the time it answers', async () => {
    const clock = new ManualClock();
    let answer = (_: Answer) => {};
    const asking = new Promise<Answer>((resolve) => {
      answer = resolve;
    });
    const transport = new FakeTransport(() => asking, clock);
    const of = { namespace: 'ns', port: 80, path: '/', hasReadinessProbe: true };
    const path = new PathCheck(new Cluster(transport, ['kubectl']), clock, of);
    const over = new AbortController();
    let pod = runs;
    const following = path.follow(() => snapshotOf([pod]), over.signal);
    await settle();
    pod = serves;
    answer(refused);
    await settle();
    expect(path.result).toBeUndefined();
    over.abort();
    await following;
  });

  it.each<[string, Answer]>([
    ['a pod has no address yet', noAddress],
    ['the contact is lost', 'lost'],
    ['the host cannot be reached', 'unreachable'],
    [
      'the API server is away',
      {
        code: 1,
        stderr: 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
      },
    ],
    ['the API server does not answer', { code: 1, stderr: 'Unable to connect to the server: EOF' }],
    [
      'the API server begins',
      {
        code: 1,
        stderr:
          'Error from server (Forbidden): pods "web" is forbidden: User "d" cannot get resource "pods/proxy" in API group "" in the namespace "ns"',
      },
    ],
    ['its storage is away', { code: 1, stderr: 'Error from server: etcdserver: leader changed' }],
  ])('takes it for no answer where %s', async (_, answer) => {
    for (const hasReadinessProbe of [true, false]) {
      const { path, clock, over, following } = check([answer], [serves], hasReadinessProbe);
      await pass(clock, 3);
      expect(path.result).toBeUndefined();
      over.abort();
      await following;
    }
  });

  it('without a readiness probe, takes a port at which nothing listens yet for no answer', async () => {
    const { path, clock, following } = check([refused, refused, wrong, { stdout: 'ok' }], [serves], false);
    await pass(clock, 1);
    expect(path.result).toBeUndefined();
    await pass(clock, 1);
    expect(path.result).toEqual({ passed: false, detail: 'not yet' });
    await pass(clock, 1);
    await following;
    expect(path.result?.passed).toBe(true);
  });

  it('with a readiness probe, takes a port at which nothing listens for a wrong answer: it may be another port', async () => {
    const { path, over, following } = check([refused], [serves]);
    await settle();
    expect(path.result).toMatchObject({ passed: false, detail: expect.stringMatching(/connection refused/) });
    over.abort();
    await following;
  });

  it("takes an app's own words for an answer, also where they are like kubectl's", async () => {
    for (const text of ['The connection to the server was lost', 'Unable to connect to the server', 'no apiserver']) {
      const answer = said(`an error on the server ("${text}") has prevented the request from succeeding`);
      const { path, over, following } = check([answer], [serves]);
      await settle();
      expect(path.result).toEqual({ passed: false, detail: text });
      over.abort();
      await following;
    }
  });

  it('keeps the last answer where the contact is lost then', async () => {
    const { path, clock, over, following } = check([wrong, noAddress, 'lost'], [serves]);
    await pass(clock, 3);
    expect(path.result).toEqual({ passed: false, detail: 'not yet' });
    over.abort();
    await following;
  });

  it.each<[string, string]>([
    ['an error on the server ("") has prevented the request from succeeding', ''],
    ['an error on the server ("unknown") has prevented the request from succeeding', 'unknown'],
    // Go quotes what the pod said (%q), line ends too.
    ['an error on the server ("a \\"b\\"\\n  c") has prevented the request from succeeding', 'a "b" c'],
    ['the server is currently unable to handle the request', 'the server is currently unable to handle the request'],
    [`an error on the server ("${'x'.repeat(900)}") has prevented the request`, 'x'.repeat(300)],
  ])('tells what a pod said: %s', async (text, detail) => {
    const { path, over, following } = check([said(text)], [serves]);
    await settle();
    expect(path.result).toEqual({ passed: false, detail });
    over.abort();
    await following;
  });

  it('ends at once on abort, also with a question under way', async () => {
    const clock = new ManualClock();
    const transport = new FakeTransport(() => new Promise<Answer>(() => {}), clock);
    const path = new PathCheck(new Cluster(transport, ['kubectl']), clock, {
      namespace: 'ns',
      port: 80,
      path: '/',
      hasReadinessProbe: true,
    });
    const over = new AbortController();
    const following = path.follow(() => snapshotOf([serves]), over.signal);
    await settle();
    over.abort();
    await following;
    expect(path.result).toBeUndefined();
    expect(clock.sleeping).toBe(0);
  });
});

describe('verify-url', () => {
  const URL = 'https://app.example.com/up';
  type Given = (() => Response) | Error | 'hangs';

  /** An address that answers one after the other as given; the last answer stays. */
  function ask(given: readonly Given[]) {
    const clock = new ManualClock();
    const cancel = new AbortController();
    const asked: [string, RequestInit][] = [];
    const left = [...given];
    const fetch = async (url: string, init: RequestInit) => {
      asked.push([url, init]);
      const next = left.length > 1 ? left.shift() : left[0];
      if (next instanceof Error) throw next;
      if (next === 'hangs') {
        return new Promise<Response>((_, reject) => {
          init.signal?.addEventListener('abort', () => reject(new Error('This operation was aborted')));
        });
      }
      return next?.() ?? new Response();
    };
    let ended: { wrong: string | undefined } | undefined;
    const asking = verifyUrl(URL, fetch, clock, cancel.signal).then((wrong) => {
      ended = { wrong };
      return wrong;
    });
    return { clock, cancel, asked, asking, ended: () => ended };
  }
  const answer =
    (code: number, statusText = '') =>
    () =>
      new Response(code === 304 ? null : 'x', { status: code, statusText });
  const broken = (cause?: unknown) => new TypeError('fetch failed', { cause });

  it.each([200, 201, 299])('is satisfied by %d that stays', async (code) => {
    const { clock, asking, asked } = ask([answer(code)]);
    await pass(clock, 10);
    expect(await asking).toBeUndefined();
    expect(asked[0]?.[0]).toBe(URL);
    // Redirects are followed, which is what fetch does by itself.
    expect(asked[0]?.[1].redirect ?? 'follow').toBe('follow');
  });

  it.each<[string, Given]>([
    ['HTTP 503 Service Unavailable', answer(503, 'Service Unavailable')],
    ['HTTP 404', answer(404)],
    ['HTTP 304 Not Modified', answer(304, 'Not Modified')],
    ['connect ECONNREFUSED 203.0.113.7:443', broken(new Error('connect ECONNREFUSED 203.0.113.7:443'))],
    ['getaddrinfo ENOTFOUND app.example.com', broken(new Error('getaddrinfo ENOTFOUND app.example.com'))],
    ['certificate has expired', broken(new Error('certificate has expired'))],
    ['fetch failed', broken()],
  ])('tries for 30 s and then tells %s', async (wrong, given) => {
    const { clock, asking, asked, ended } = ask([given]);
    await pass(clock, 29);
    expect(ended()).toBeUndefined();
    await pass(clock, 2);
    expect(await asking).toBe(wrong);
    expect(asked.length).toBeGreaterThan(20);
  });

  it('is satisfied by what comes right in time', async () => {
    const { clock, asking } = ask([broken(new Error('x')), answer(502), answer(503), answer(200)]);
    await pass(clock, 15);
    expect(await asking).toBeUndefined();
  });

  it('is not satisfied by an old pod that answers once more before it is gone', async () => {
    const { clock, asking } = ask([answer(200), answer(200), answer(503)]);
    await pass(clock, 40);
    expect(await asking).toBe('HTTP 503');
  });

  it('ends at once when the run is cancelled, between two questions and in one', async () => {
    const between = ask([answer(503)]);
    await settle();
    between.cancel.abort();
    await between.asking;
    const within = ask(['hangs']);
    await settle();
    within.cancel.abort();
    await within.asking;
    expect(between.clock.sleeping + within.clock.sleeping).toBe(0);
  });

  it('leaves no answer unread: its connection would stay open', async () => {
    const cancelled: boolean[] = [];
    const body = () =>
      new ReadableStream({
        cancel: () => void cancelled.push(true),
      });
    const clock = new ManualClock();
    const asking = verifyUrl(URL, async () => new Response(body()), clock, new AbortController().signal);
    await pass(clock, 10);
    await asking;
    expect(cancelled.length).toBeGreaterThan(0);
  });
});
