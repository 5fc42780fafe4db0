import { Cluster } from '../../src/kubectl/client';
import type { Pod } from '../../src/kubectl/objects';
import { Pulls } from '../../src/rollout/pulls';
import { type Answer, FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';
import { podOf, snapshotOf, status } from './cluster';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A pod whose first container ran after so many seconds. */
const setUpIn = (name: string, seconds: number): Pod =>
  podOf(name, {
    status: {
      startTime: '2026-03-01T01:20:30Z',
      containerStatuses: [status({ state: { running: { startedAt: `2026-03-01T01:20:${30 + seconds}Z` } } })],
    },
  });
const pulledIn = (pod: string, took: string) => ({
  involvedObject: { uid: `uid-${pod}` },
  message: `Successfully pulled image "registry/app:1" in ${took} (${took} including waiting). Image size: 41234567 bytes.`,
});
const list = (...items: object[]): Answer => ({ stdout: JSON.stringify({ metadata: {}, items }) });

/** What is found out where these pods are seen, each look for 15 s, and what was asked of the host. */
async function found(looks: readonly (readonly Pod[])[], answer: Answer) {
  const clock = new ManualClock();
  const transport = new FakeTransport(() => answer, clock);
  const pulls = new Pulls(new Cluster(transport, ['kubectl']), clock, 'ns');
  const over = new AbortController();
  let pods: readonly Pod[] = looks[0] ?? [];
  const following = pulls.follow(() => snapshotOf(pods), over.signal);
  for (const look of looks.slice(1)) {
    pods = look;
    for (let second = 0; second < 15; second++) {
      clock.pass(1_000);
      await settle();
    }
  }
  over.abort();
  await following;
  return { seen: pulls.seen, asked: transport.commands.map(({ argv }) => argv.join(' ')) };
}

describe('how long an image was pulled', () => {
  it('is asked once for all pods that took long, and told of each', async () => {
    const pods = ['a', 'b'].map((name) => setUpIn(name, 8));
    const { seen, asked } = await found([[], pods, pods], list(pulledIn('a', '7.5s'), pulledIn('b', '6s')));
    expect(asked).toEqual([expect.stringContaining('/namespaces/ns/events?fieldSelector=reason%3DPulled')]);
    expect(seen).toEqual({
      'uid-a': { ms: 7_500, waitedMs: 0, bytes: 41_234_567 },
      'uid-b': { ms: 6_000, waitedMs: 0, bytes: 41_234_567 },
    });
  });

  it('is asked of the one pod by its name, and the slowest image of its containers counts', async () => {
    const events = list(pulledIn('a', '2s'), pulledIn('a', '1m3.5s'), pulledIn('other', '2m'));
    const { seen, asked } = await found([[], [setUpIn('a', 25)]], events);
    expect(asked).toEqual([expect.stringContaining('involvedObject.name%3Da%2Creason%3DPulled')]);
    expect(seen).toMatchObject({ 'uid-a': { ms: 63_500 } });
  });

  it('is not asked of pods that were there before, or were quick, or still are set up', async () => {
    const before = setUpIn('before', 20);
    const waiting = podOf('waiting', { status: { startTime: '2026-03-01T01:20:30Z', containerStatuses: [status()] } });
    const { asked } = await found([[before], [before, setUpIn('quick', 2), waiting, podOf('bare')]], list());
    expect(asked).toEqual([]);
  });

  it('is asked three times at most', async () => {
    const pods = ['a', 'b', 'c', 'd', 'e'].map((name) => setUpIn(name, 9));
    const { asked } = await found([[], ...pods.map((_, index) => pods.slice(0, index + 1))], list());
    expect(asked).toHaveLength(3);
  });

  it('is not asked again without the right to, and not told where nothing of it is worth a line', async () => {
    const [first, second] = [setUpIn('a', 9), setUpIn('b', 9)];
    const looks = [[], [first], [first, second]];
    const denied = await found(looks, { code: 1, stderr: 'Error from server (Forbidden): events is forbidden' });
    expect([denied.asked.length, denied.seen]).toEqual([1, {}]);
    expect((await found(looks, list(pulledIn('a', '166ms')))).seen).toEqual({});
  });
});
