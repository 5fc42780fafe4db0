import { Cluster, KubectlError } from '../../src/kubectl/client';
import { explainKubectl, problemsOf } from '../../src/kubectl/explain';
import type { WatchEvent } from '../../src/kubectl/objects';
import { Failure } from '../../src/words/words';
import { type Answer, FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';

const PLACE = { kind: 'deployment', namespace: 'ns', name: 'web' } as const;
const WORDS = ['sudo', 'k3s', 'kubectl'];

function clusterWith(answer: (argv: readonly string[]) => Answer | Promise<Answer>, signal?: AbortSignal) {
  const clock = new ManualClock();
  const transport = new FakeTransport(answer, clock);
  return { transport, clock, cluster: new Cluster(transport, WORDS, signal) };
}

/** What the work failed with. */
const failure = async (work: Promise<unknown>): Promise<unknown> => {
  const ended = await work.then(
    () => 'well',
    (error: unknown) => ({ error }),
  );
  if (typeof ended === 'string') throw new Error('it did not fail');
  return ended.error;
};

describe('a call', () => {
  it('is made with the words that start kubectl, and gives what kubectl printed as an object', async () => {
    const { cluster, transport } = clusterWith(() => ({ stdout: '{"metadata":{"name":"web"}}\n' }));
    expect(await cluster.get('/x', { labelSelector: 'a=b' })).toEqual({ metadata: { name: 'web' } });
    expect(transport.commands[0]?.argv).toEqual([
      ...WORDS,
      'get',
      '--raw',
      '/x?labelSelector=a%3Db',
      '--request-timeout=15s',
    ]);
  });

  it.each<[string, (cluster: Cluster) => Promise<unknown>, 'read' | 'change']>([
    ['get', (cluster) => cluster.get('/x'), 'read'],
    ['list', (cluster) => cluster.list('/x'), 'read'],
    ['text', (cluster) => cluster.text(['logs', 'x']), 'read'],
    ['a dry run', (cluster) => cluster.patch(PLACE, '[]', { dryRun: true }), 'read'],
    ['a patch', (cluster) => cluster.patch(PLACE, '[]', { dryRun: false }), 'change'],
    ['a question for a right', (cluster) => cluster.mayDeletePod('ns', 'web-1'), 'read'],
    ['the end of a pod', (cluster) => cluster.deletePod('ns', { metadata: { name: 'web-1', uid: 'u' } }), 'change'],
  ])('%s is a %3$s for the transport', async (_, call, effect) => {
    const { cluster, transport } = clusterWith(() => ({ stdout: '{"items":[]}' }));
    await call(cluster);
    expect(transport.commands.map((command) => command.effect)).toEqual([effect]);
    expect(transport.commands[0]?.timeoutMs).toBeGreaterThan(30_000);
  });

  it('gives the text of logs as it is', async () => {
    const { cluster } = clusterWith(() => ({ stdout: 'line\n{not json\n' }));
    expect(await cluster.text(['logs', 'x'])).toBe('line\n{not json\n');
  });

  it('ignores what kubectl says on stderr when it succeeds', async () => {
    const { cluster } = clusterWith(() => ({
      stdout: '{"a":1}',
      stderr: 'Warning: deprecated\nError from server (NotFound): x',
    }));
    expect(await cluster.get('/x')).toEqual({ a: 1 });
  });
});

describe('an answer', () => {
  const name = 'web; rm -rf /';
  it.each([
    ['of an object', { metadata: { name } }],
    ['of a list', { items: [{ metadata: { name: 'web' } }, { metadata: { name } }] }],
  ])('%s with a name that no cluster allows is none: people copy commands with names', async (_, json) => {
    const { cluster } = clusterWith(() => ({ stdout: JSON.stringify(json) }));
    expect(problemsOf(await failure(cluster.get('/x')))).toEqual([{ code: 'kubectl.odd-name', params: { name } }]);
  });
});

describe('a call that fails', () => {
  it.each<[Answer, Partial<KubectlError>]>([
    [
      { code: 1, stderr: 'Error from server (NotFound): gone\n' },
      { reason: 'NotFound', message: 'gone' },
    ],
    [
      { code: 1, stderr: '', stdout: '{"valid":"json"}' },
      { reason: 'Other', message: '' },
    ],
    [
      { code: 127, stderr: 'sh: kubectl: not found' },
      { reason: 'NoKubectl', command: 'sudo k3s kubectl' },
    ],
    [
      { signal: 'SIGKILL', stderr: '' },
      { reason: 'Other', message: 'kubectl was ended by SIGKILL.' },
    ],
    ['lost', { reason: 'Lost', message: 'read ECONNRESET' }],
  ])('with %j throws %j', async (answer, expected) => {
    const { cluster } = clusterWith(() => answer);
    const error = await failure(cluster.patch(PLACE, '[]', { dryRun: false }));
    expect(error).toBeInstanceOf(KubectlError);
    expect(error).toMatchObject(expected);
  });

  it('for want of any answer throws TimedOut', async () => {
    const { cluster, clock } = clusterWith(() => new Promise(() => {}));
    const failed = failure(cluster.get('/x'));
    clock.pass(120_000);
    expect(await failed).toMatchObject({ reason: 'TimedOut' });
  });

  it('passes on why the host cannot be reached', async () => {
    const { cluster } = clusterWith(() => 'unreachable');
    expect(problemsOf(await failure(cluster.get('/x'))).map(({ code }) => code)).toEqual([
      'ssh.not-regained',
      'ssh.refused',
    ]);
  });

  it.each([
    ['', ''],
    ['motd: welcome\n{}', 'motd: welcome\n{…'],
    ['motd\n{ "data": { "password": "aHVudGVyMg==" } }', 'motd\n{…'],
    ['{"cut":', '{…'],
    ['<html>', '<html>'],
  ])(
    'with %j for JSON says what it got instead, but nothing of an object, which may be a Secret',
    async (stdout, start) => {
      const { cluster } = clusterWith(() => ({ stdout }));
      expect(problemsOf(await failure(cluster.get('/x')))).toEqual([{ code: 'kubectl.not-json', params: { start } }]);
    },
  );
});

describe('a cancelled run', () => {
  it('breaks a read off', async () => {
    const cancel = new AbortController();
    const { cluster } = clusterWith(() => new Promise(() => {}), cancel.signal);
    const failed = failure(cluster.get('/x'));
    cancel.abort();
    expect(await failed).toMatchObject({ reason: 'Cancelled' });
  });

  it('does not break a change off', async () => {
    const cancel = new AbortController();
    let answer: (answer: Answer) => void = () => {};
    const { cluster } = clusterWith(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      cancel.signal,
    );
    const patched = cluster.patch(PLACE, '[]', { dryRun: false });
    cancel.abort();
    answer({ stdout: '{"patched":true}' });
    expect(await patched).toEqual({ patched: true });
  });
});

describe('a watch', () => {
  const watching = (answer: Answer) => {
    const { cluster, transport } = clusterWith(() => answer);
    const events: WatchEvent<unknown>[] = [];
    const options = {
      onEvent: (event: WatchEvent<unknown>) => events.push(event),
      signal: new AbortController().signal,
    };
    return { transport, events, ended: cluster.watch('/x', { a: 'b' }, '17', options) };
  };
  const event = (type: string) => JSON.stringify({ type, object: { metadata: { resourceVersion: '18' } } });

  it('hands over each event as an object', async () => {
    const { ended, events } = watching({ lines: [event('ADDED'), '', event('BOOKMARK')] });
    await ended;
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
  });

  it('is over when kubectl ends well, and has failed when it does not', async () => {
    await expect(watching({ lines: [] }).ended).resolves.toBeUndefined();
    expect(await failure(watching({ code: 1, stderr: 'Error from server (Expired): too old' }).ended)).toMatchObject({
      reason: 'Expired',
    });
    expect(await failure(watching('lost').ended)).toMatchObject({ reason: 'Lost' });
  });

  it('is given up a little after the API server would have ended it', async () => {
    const { transport, ended } = watching({ lines: [] });
    await ended;
    expect(transport.commands[0]?.timeoutMs).toBe(255_000);
  });

  it('that prints something else has failed', async () => {
    expect(problemsOf(await failure(watching({ lines: ['motd'] }).ended)).map(({ code }) => code)).toEqual([
      'kubectl.not-json',
    ]);
  });
});

describe('what a failure means to a person', () => {
  it.each<[KubectlError['reason'], string]>([
    ['NoKubectl', 'kubectl.missing'],
    ['NoKubeconfig', 'kubectl.no-config'],
    ['Unauthorized', 'kubectl.unauthorized'],
    ['CertificateExpired', 'kubectl.certificate'],
    ['Forbidden', 'kubectl.forbidden'],
    ['Unreachable', 'kubectl.unreachable'],
    ['TimedOut', 'kubectl.unreachable'],
    ['Lost', 'kubectl.unreachable'],
    ['Cancelled', 'run.cancelled'],
    ['NotFound', 'kubectl.other'],
    ['Conflict', 'kubectl.other'],
    ['Invalid', 'kubectl.other'],
    ['Expired', 'kubectl.other'],
    ['Other', 'kubectl.other'],
  ])('%s: %s', (reason, code) => expect(explainKubectl(new KubectlError(reason, 'words')).code).toBe(code));

  it('names the words that were tried', () => {
    expect(explainKubectl(new KubectlError('NoKubectl', 'not found', 'sudo kubectl'))).toEqual({
      code: 'kubectl.missing',
      params: { words: 'sudo kubectl', detail: 'not found' },
    });
  });

  it('is what the failure says itself, or that nobody expected it', () => {
    const failed = new Failure([{ code: 'run.cancelled', params: {} }]);
    expect(problemsOf(failed)).toBe(failed.problems);
    expect(problemsOf('odd')).toEqual([{ code: 'run.unexpected', params: { detail: 'odd' } }]);
    expect(problemsOf(new TypeError('odd'))[0]).toMatchObject({
      params: { detail: expect.stringContaining('TypeError: odd') },
    });
  });
});

it.each([
  ['{"status":{"allowed":true}}', true],
  ['{"status":{"allowed":false}}', false],
  ['{"status":{}}', false],
])('the answer %s to whether a pod may be deleted means %s', async (stdout, expected) => {
  const { cluster, transport } = clusterWith(() => ({ stdout }));
  expect(await cluster.mayDeletePod('ns', 'web-1')).toBe(expected);
  const { spec } = JSON.parse(transport.commands[0]?.stdin ?? '{}') as { spec?: object };
  expect(spec).toEqual({ resourceAttributes: { namespace: 'ns', verb: 'delete', resource: 'pods', name: 'web-1' } });
});
