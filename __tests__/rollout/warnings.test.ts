import type { Event } from '../../src/kubectl/objects';
import { probeAnswer, probeKill, type Warning, warningsAbout } from '../../src/rollout/warnings';

let number = 0;
const event = (more: Partial<Event> = {}): Event => ({
  metadata: { uid: `event-${number++}` },
  type: 'Warning',
  involvedObject: { kind: 'Pod', name: 'web-1', uid: 'pod-1' },
  reason: 'BackOff',
  message: 'Back-off restarting failed container app in pod web-1',
  count: 1,
  ...more,
});
const warnings = (...events: Event[]) => warningsAbout(events, new Set(['pod-1', 'rs-1']));

describe('the warnings', () => {
  it('are told with what they are about, and how often', () => {
    expect(warnings(event({ count: 7 }))).toEqual<Warning[]>([
      {
        about: 'Pod web-1',
        reason: 'BackOff',
        message: 'Back-off restarting failed container app in pod web-1',
        count: 7,
      },
    ]);
  });

  it.each<[string, Partial<Event>]>([
    ['of another object', { involvedObject: { kind: 'Pod', name: 'web-1', uid: 'pod-before' } }],
    ['of no object', { involvedObject: {} }],
    [
      'that is normal',
      { type: 'Normal', reason: 'Pulled', message: 'Container image "a/b:1" already present on machine' },
    ],
    ['that a pod is ended as it should', { type: 'Normal', reason: 'Killing', message: 'Stopping container app' }],
  ])('leave out one %s', (_, more) => expect(warnings(event(more))).toEqual([]));

  it('have what a probe did, which Kubernetes calls normal', () => {
    const message = 'Container app failed liveness probe, will be restarted';
    expect(warnings(event({ type: 'Normal', reason: 'Killing', message }))).toMatchObject([{ message }]);
  });

  it.each<[string, number, Partial<Event>[]]>([
    ['the same ones as one', 5, [{ count: 2 }, { count: 3 }]],
    ['a series by its own count', 4, [{ count: 1, series: { count: 4 } }]],
    [
      'as one what has no count, as from the scheduler',
      1,
      [{ count: undefined as never, lastTimestamp: null as never }],
    ],
    [
      'the same object twice once, as it was last',
      9,
      [
        { metadata: { uid: 'same' }, count: 8 },
        { metadata: { uid: 'same' }, count: 9 },
      ],
    ],
  ])('count %s', (_, count, events) => {
    expect(warnings(...events.map((more) => event(more)))).toMatchObject([{ count }]);
  });

  it('are one, where each try has another name', () => {
    const of = (id: string) =>
      event({
        message: `Error: failed to generate container "${id.repeat(64)}" spec: failed to generate spec: no command specified`,
      });
    expect(warnings(of('a'), of('b'), of('c'))).toMatchObject([
      {
        count: 3,
        message: 'Error: failed to generate container "…" spec: failed to generate spec: no command specified',
      },
    ]);
  });

  it('keep apart what different objects are told', () => {
    const rs = event({ involvedObject: { kind: 'ReplicaSet', name: 'web', uid: 'rs-1' } });
    expect(warnings(event(), rs).map(({ about }) => about)).toEqual(['Pod web-1', 'ReplicaSet web']);
  });

  it('begin with the most frequent', () => {
    const [first, second] = warnings(event({ reason: 'Failed', count: 2 }), event({ count: 20 }));
    expect([first?.reason, second?.reason]).toEqual(['BackOff', 'Failed']);
  });

  it('never repeat a login', () => {
    const message =
      "toomanyrequests: You have reached your pull rate limit as 'someone': dckr_jti_abc. You may increase";
    expect(JSON.stringify(warnings(event({ message })))).not.toMatch(/someone|dckr_jti/);
  });
});

describe('the probe that had a container ended', () => {
  const killed = (message: string) => warnings(event({ type: 'Normal', reason: 'Killing', message }));
  const app = { pod: 'web-1', container: 'app' };
  it.each<['liveness' | 'startup' | undefined, string]>([
    ['liveness', 'Container app failed liveness probe, will be restarted'],
    ['startup', 'Container app failed startup probe, will be restarted'],
    [undefined, 'Container proxy failed liveness probe, will be restarted'],
    [undefined, 'Stopping container app'],
  ])('is %s: %s', (probe, message) => expect(probeKill(killed(message), app)).toBe(probe));

  it('is none of another pod', () => {
    const message = 'Container app failed liveness probe, will be restarted';
    expect(probeKill(killed(message), { pod: 'web-2', container: 'app' })).toBeUndefined();
  });
});

describe("a probe's last answer", () => {
  const unhealthy = (message: string, more: Partial<Event> = {}) => event({ reason: 'Unhealthy', message, ...more });
  it.each<['Liveness' | 'Readiness' | 'Startup', string, string]>([
    [
      'Readiness',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
      'HTTP probe failed with statuscode: 503',
    ],
    [
      'Startup',
      'Startup probe failed: Get "http://198.19.0.31:8080/healthz": dial tcp 198.19.0.31:8080: connect: connection refused',
      'Get "http://198.19.0.31:8080/healthz": dial tcp 198.19.0.31:8080: connect: connection refused',
    ],
    [
      'Liveness',
      'Liveness probe failed: HTTP probe failed with statuscode: 500',
      'HTTP probe failed with statuscode: 500',
    ],
    ['Readiness', 'Readiness probe errored: rpc error: code = DeadlineExceeded', 'rpc error: code = DeadlineExceeded'],
    [
      'Readiness',
      'Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = x',
      'rpc error: code = Unknown desc = x',
    ],
    ['Readiness', 'Readiness probe failed: cat: /tmp/ready: No such file\n', 'cat: /tmp/ready: No such file'],
    // An exec probe whose command prints nothing.
    ['Readiness', 'Readiness probe failed: ', ''],
    ['Readiness', 'Liveness probe failed: HTTP probe failed with statuscode: 500', ''],
  ])('of the %s probe, where the event says %j', (probe, message, answer) => {
    expect(probeAnswer(warnings(unhealthy(message)), probe, 'web-1')).toBe(answer);
  });

  it('is that of this pod', () => {
    expect(probeAnswer(warnings(unhealthy('Readiness probe failed: x')), 'Readiness', 'web-2')).toBe('');
  });

  it('is the last one, not the most frequent: while it started, nothing listened', () => {
    const said = warnings(
      unhealthy('Readiness probe failed: dial tcp 10.0.0.1:8080: connect: connection refused', {
        count: 6,
        lastTimestamp: '2026-01-01T00:00:10Z',
      }),
      unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 503', {
        count: 3,
        lastTimestamp: '2026-01-01T00:00:40Z',
      }),
    );
    expect(probeAnswer(said, 'Readiness', 'web-1')).toBe('HTTP probe failed with statuscode: 503');
  });
});
