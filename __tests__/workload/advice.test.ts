import fc from 'fast-check';
import { parse } from 'yaml';
import type { ClientCertificate } from '../../src/kubectl/certificate';
import type { Container, Pod } from '../../src/kubectl/objects';
import { type AdviceWords, adviceLines } from '../../src/words/en/advice';
import { type Advice, type AdviceFacts, advise } from '../../src/workload/advice';
import { deployment, OLD_IMAGE } from './deployment';

const TODAY = new Date('2026-11-23T12:00:00Z');
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const RESOURCES = { requests: { memory: '512Mi' } };

/** A container that there is nothing to say about. */
const GOOD: Container = { name: 'api', image: OLD_IMAGE, readinessProbe: {}, resources: RESOURCES };

type Draft = Required<ReturnType<typeof deployment>>;
/** Undefined takes away what the good container has. */
type Changed = { [Key in keyof Container]?: Container[Key] | undefined };
type Given = Partial<AdviceFacts> & { container?: Changed; change?: (draft: Draft) => void };

function facts({ container, change = () => {}, ...more }: Given = {}): AdviceFacts {
  const workload = deployment((draft) => {
    if (draft.spec.template.spec) draft.spec.template.spec.containers = [{ ...GOOD, ...container } as Container];
    change(draft);
  });
  return { workload, index: 0, pods: [], username: 'deployer', today: TODAY, ...more };
}

const codes = (given: Given) => advise(facts(given)).map(({ code }) => code);
const only = (given: Given) => {
  const [first, ...more] = advise(facts(given));
  expect(more).toEqual([]);
  return first;
};
const words = ({ code, params }: Advice) => (adviceLines[code] as (given: unknown) => AdviceWords)(params);

const pod = (name: string, change: { node?: string; spec?: object; phase?: string } = {}): Pod => ({
  metadata: { name, namespace: 'default', uid: name },
  spec: { nodeName: change.node ?? 'vm', containers: [{ name: 'api' }], ...change.spec },
  status: { phase: change.phase ?? 'Running' },
});

it('there is no advice for a workload that has all it should have', () => {
  const before = { pods: [pod('api-1')], nodePods: [pod('api-1'), pod('postgres-0')], isPullable: true };
  expect(codes(before)).toEqual([]);
});

it('there is no advice about a container that is not there', () => expect(codes({ index: 1 })).toEqual([]));

it('the most harmful advice comes first', () => {
  const change = ({ spec, metadata }: Draft) => {
    Object.assign(spec, { strategy: { type: 'Recreate' } });
    metadata.annotations = { [LAST_APPLIED]: manifestWith('caringnote/caring-note-api:older') };
  };
  const container = { readinessProbe: undefined, resources: {}, imagePullPolicy: 'Always' };
  const seen = { pods: [pod('api-1')], nodePods: [pod('postgres-0')], isPullable: false, certificate: certificate(1) };
  expect(codes({ container, change, ...seen })).toEqual([
    'certificate-ends',
    'previous-gone',
    'no-readiness-probe',
    'recreate-one',
    'no-requests',
    'manifest-differs',
  ]);
});

describe('a container without a readiness probe', () => {
  const probeOf = (container: Partial<Container>) => {
    const { code, params } = only({ container: { ...container, readinessProbe: undefined } }) ?? {};
    expect(code).toBe('no-readiness-probe');
    return (params as { probe?: unknown }).probe;
  };
  const http = { httpGet: { path: '/actuator/health', port: 8080 } };

  it.each<[string, Partial<Container>, object]>([
    [
      'asks what the liveness probe asks',
      { livenessProbe: http },
      { kind: 'http', path: '/actuator/health', port: 8080 },
    ],
    [
      'asks what the startup probe asks',
      { startupProbe: http },
      { kind: 'http', path: '/actuator/health', port: 8080 },
    ],
    [
      'asks by HTTPS, and waits, as the liveness probe does',
      { livenessProbe: { timeoutSeconds: 5, httpGet: { path: '/', port: 'web', scheme: 'HTTPS' } } },
      { kind: 'http', path: '/', port: 'web', scheme: 'HTTPS', timeoutSeconds: 5 },
    ],
    [
      'asks for / where the liveness probe names no path, and leaves out what is the default',
      { livenessProbe: { timeoutSeconds: 1, httpGet: { port: 80, scheme: 'HTTP' } } },
      { kind: 'http', path: '/', port: 80 },
    ],
    [
      'goes by the liveness probe before the ports',
      { livenessProbe: http, ports: [{ containerPort: 9000 }] },
      { kind: 'http', path: '/actuator/health', port: 8080 },
    ],
    ['goes by the first port', { ports: [{ containerPort: 80 }, { containerPort: 81 }] }, { kind: 'tcp', port: 80 }],
    [
      'leaves out a port that speaks no TCP',
      {
        ports: [
          { containerPort: 53, protocol: 'UDP' },
          { containerPort: 81, protocol: 'TCP' },
        ],
      },
      { kind: 'tcp', port: 81 },
    ],
    [
      'goes by the port of a liveness probe that only connects',
      { livenessProbe: { tcpSocket: { port: 8080 } }, ports: [{ containerPort: 9000 }] },
      { kind: 'tcp', port: 8080 },
    ],
    [
      'only connects where the liveness probe sends headers of its own',
      { livenessProbe: { httpGet: { port: 8080, httpHeaders: [{ name: 'Host', value: 'a' }] } } },
      { kind: 'tcp', port: 8080 },
    ],
    [
      'does not ask another host',
      { livenessProbe: { httpGet: { port: 8080, host: 'example.org' } }, ports: [{ containerPort: 80 }] },
      { kind: 'tcp', port: 80 },
    ],
    ['knows no port where nothing names one', { livenessProbe: { exec: { command: ['true'] } } }, { kind: 'tcp' }],
  ])('%s', (_, container, probe) => expect(probeOf(container)).toEqual(probe));
});

describe('a rollout in which nothing need serve', () => {
  const rolling = (
    replicas: number,
    rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string },
  ) => ({
    change: ({ spec }: Draft) =>
      void Object.assign(spec, {
        replicas,
        strategy: { type: 'RollingUpdate', ...(rollingUpdate && { rollingUpdate }) },
      }),
  });

  it.each<[string, number, Parameters<typeof rolling>[1], boolean]>([
    ['the default with one replica', 1, undefined, false],
    ['25 % of one, which is none', 1, { maxSurge: '25%', maxUnavailable: '25%' }, false],
    ['99 % of one, which is none', 1, { maxSurge: 1, maxUnavailable: '99%' }, false],
    ['1 of one', 1, { maxSurge: 1, maxUnavailable: 1 }, true],
    ['1 of two', 2, { maxSurge: 0, maxUnavailable: 1 }, false],
    ['2 of two', 2, { maxSurge: 0, maxUnavailable: 2 }, true],
    ['3 of two', 2, { maxSurge: 1, maxUnavailable: 3 }, true],
    ['100 % of three', 3, { maxSurge: 1, maxUnavailable: '100%' }, true],
    ['67 % of three, which is 2', 3, { maxSurge: 1, maxUnavailable: '67%' }, false],
    ['none', 1, { maxSurge: 1, maxUnavailable: 0 }, false],
    ['25 % of one without a surge, which Kubernetes makes 1', 1, { maxSurge: 0, maxUnavailable: '25%' }, true],
    ['25 % of two without a surge, which Kubernetes makes 1', 2, { maxSurge: '0%', maxUnavailable: '25%' }, false],
  ])('maxUnavailable is %s', (_, replicas, rollingUpdate, advised) =>
    expect(codes(rolling(replicas, rollingUpdate))).toEqual(advised ? ['all-unavailable'] : []),
  );

  it('is what Recreate means', () => {
    const change = ({ spec }: Draft) => void Object.assign(spec, { strategy: { type: 'Recreate' } });
    expect(only({ change })).toEqual({ code: 'recreate-one', params: {} });
  });

  it.each<[string, object]>([
    ['a volume that only one may write', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }],
    ["the node's network", { hostNetwork: true }],
    ['a port of the node', { containers: [{ ...GOOD, ports: [{ containerPort: 80, hostPort: 80 }] }] }],
    [
      'a rule that keeps two pods apart',
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x' }] } } },
    ],
  ])('is right for what needs %s', (_, template) => {
    for (const strategy of [
      { type: 'Recreate' },
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    ]) {
      const change = ({ spec }: Draft) => {
        Object.assign(spec, { strategy });
        Object.assign(spec.template.spec ?? {}, template);
      };
      expect(codes({ change })).toEqual([]);
    }
  });
});

describe('a container without a memory request', () => {
  const bare = { container: { resources: {} } };
  const [ours, database] = [pod('api-1'), pod('postgres-0')];
  const beside = { ...bare, pods: [ours], nodePods: [ours, database] };

  it('is spoken of where others run on its node', () =>
    expect(only(beside)).toEqual({ code: 'no-requests', params: { container: 'api', neighbours: ['postgres-0'] } }));

  const sized = { containers: [{ name: 'api', resources: RESOURCES }] };
  it.each<[string, Given]>([
    ['it is alone', { ...bare, pods: [ours], nodePods: [ours] }],
    ['it does not run', { ...bare, nodePods: [database] }],
    ['nobody may see who else is there', { ...bare, pods: [ours] }],
    ['the others run on another node', { ...beside, nodePods: [pod('postgres-0', { node: 'other' })] }],
    ['the other has ended', { ...beside, nodePods: [pod('job', { phase: 'Succeeded' })] }],
    [
      'the kubelet shields the other',
      { ...beside, nodePods: [pod('etcd', { spec: { priorityClassName: 'system-node-critical' } })] },
    ],
    ['it has a request', { ...beside, container: { resources: RESOURCES } }],
    [
      'it has a limit, which counts as its request',
      { ...beside, container: { resources: { limits: { memory: '1Gi' } } } },
    ],
    ['a LimitRange gave its pods one', { ...beside, pods: [pod('api-1', { spec: sized })] }],
    [
      'the whole pod has one',
      { ...beside, change: ({ spec }) => void Object.assign(spec.template.spec ?? {}, { resources: RESOURCES }) },
    ],
  ])('is not spoken of where %s', (_, given) => expect(codes(given)).toEqual([]));

  it('is spoken of where it only asks for processors', () =>
    expect(codes({ ...beside, container: { resources: { requests: { cpu: '1' } } } })).toEqual(['no-requests']));
});

describe('an image that the registry no longer has', () => {
  it.each<[boolean | undefined, string | undefined, boolean]>([
    [false, 'Always', true],
    [false, 'IfNotPresent', false],
    [false, 'Never', false],
    [false, undefined, false],
    [true, 'Always', false],
    [undefined, 'Always', false],
  ])('pullable: %s, under the policy %s, is spoken of: %s', (isPullable, imagePullPolicy, advised) => {
    const container = imagePullPolicy === undefined ? {} : { imagePullPolicy };
    expect(codes({ container, isPullable })).toEqual(advised ? ['previous-gone'] : []);
  });
});

function certificate(days: number): ClientCertificate {
  return { end: new Date(TODAY.getTime() + days * 86_400_000), madeBy: 'kubeadm' };
}

describe('the end of the certificate', () => {
  it.each<[number, number | undefined]>([
    [365, undefined],
    [30.01, undefined],
    [30, 30],
    [29.9, 29],
    [1.5, 1],
    [0.2, 0],
    [-1, 0],
  ])('in %d days is spoken of as %s', (days, said) => {
    const advice = only({ certificate: certificate(days) });
    expect(advice).toEqual(
      said === undefined
        ? undefined
        : { code: 'certificate-ends', params: { ...certificate(days), days: said, username: 'deployer' } },
    );
  });
});

function manifestWith(image: unknown, name = 'api'): string {
  return JSON.stringify({
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'other', image: 'x:1' },
            { name, image },
          ],
        },
      },
    },
  });
}

describe('the manifest that was applied last', () => {
  const [DIGEST, OTHER] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
  const applied = (text: string | undefined, image = OLD_IMAGE) => ({
    container: { image },
    change: ({ metadata }: Draft) => {
      if (text !== undefined) metadata.annotations = { [LAST_APPLIED]: text };
    },
  });

  it.each<[string, string, string]>([
    ['another tag', 'a/b:1', `a/b:2@${DIGEST}`],
    ['another repository', 'a/c:2', 'a/b:2'],
    ['another registry', 'ghcr.io/a/b:2', 'a/b:2'],
    ['another digest', `a/b:2@${OTHER}`, `a/b:2@${DIGEST}`],
    ['no tag, which is latest', 'a/b', 'a/b:2'],
    ['a tag, beside latest', 'a/b:2', 'a/b'],
    ['a digest, beside a tag', `a/b@${DIGEST}`, 'a/b:2'],
  ])('brings back %s', (_, manifest, running) =>
    expect(only(applied(manifestWith(manifest), running))).toEqual({
      code: 'manifest-differs',
      params: { container: 'api', applied: manifest, running },
    }),
  );

  it.each<[string, string | undefined, string]>([
    ['the same', manifestWith('a/b:2'), 'a/b:2'],
    ['the same in other words', manifestWith('docker.io/a/b'), 'a/b:latest'],
    ['the tag whose digest we have put beside it', manifestWith('a/b:2'), `a/b:2@${DIGEST}`],
    ['the same digest', manifestWith(`a/b@${DIGEST}`), `a/b:2@${DIGEST}`],
    ['a tag that may be the digest that runs', manifestWith('a/b:2'), `a/b@${DIGEST}`],
    ['no image that can be read', manifestWith('$IMAGE'), 'a/b:2'],
    ['an image that is no text', manifestWith(7), 'a/b:2'],
    ['no such container', manifestWith('a/b:1', 'web'), 'a/b:2'],
    ['nothing', undefined, 'a/b:2'],
    ['no JSON', 'spoilt', 'a/b:2'],
    ['null', 'null', 'a/b:2'],
    ['no template', '{"spec":{}}', 'a/b:2'],
    ['containers that are no list', '{"spec":{"template":{"spec":{"containers":7}}}}', 'a/b:2'],
  ])('is not spoken of where it names %s', (_, text, running) => expect(codes(applied(text, running))).toEqual([]));
});

/** At least one of every kind of words. */
const EVERY: readonly Advice[] = [
  ...(['kubeadm', 'k3s', 'other'] as const).flatMap((madeBy) =>
    [0, 1, 12].map(
      (days): Advice => ({
        code: 'certificate-ends',
        params: { days, end: TODAY, madeBy, username: 'deployer' },
      }),
    ),
  ),
  { code: 'previous-gone', params: { container: 'api', image: OLD_IMAGE } },
  { code: 'no-readiness-probe', params: { container: 'api', probe: { kind: 'http', path: '/health', port: 8080 } } },
  { code: 'no-readiness-probe', params: { container: 'api', probe: { kind: 'tcp', port: 'web' } } },
  { code: 'no-readiness-probe', params: { container: 'api', probe: { kind: 'tcp' } } },
  { code: 'all-unavailable', params: { replicas: 1, maxUnavailable: '25%', maxSurge: 0 } },
  { code: 'all-unavailable', params: { replicas: 2, maxUnavailable: '100%', maxSurge: '50%' } },
  { code: 'recreate-one', params: {} },
  { code: 'no-requests', params: { container: 'api', neighbours: ['postgres-0'] } },
  { code: 'manifest-differs', params: { container: 'api', applied: 'a/b:1', running: OLD_IMAGE } },
];

describe('the words of an advice', () => {
  it.each(EVERY.map((each) => [each.code, each] as const))('%s are one short line', (_, advice) => {
    const { text, snippet } = words(advice);
    expect(text).toMatch(snippet ? /[.:]$/ : /\.$/);
    expect(text).not.toMatch(/\n|undefined|\[object|[0-9a-f]{64}/);
    expect(text.length).toBeLessThan(420);
  });

  it('say what to write where', () => {
    const shown = EVERY.map((each) => words(each).snippet)
      .filter((snippet) => snippet?.language === 'yaml')
      .map((snippet) => parse(snippet?.code ?? '') as unknown);
    const container = (more: object) => ({ spec: { template: { spec: { containers: [{ name: 'api', ...more }] } } } });
    const strategy = (maxSurge: number | string) => ({
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 0 } } },
    });
    expect(shown).toEqual([
      container({ imagePullPolicy: 'IfNotPresent' }),
      container({ readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5 } }),
      container({ readinessProbe: { tcpSocket: { port: 'web' }, periodSeconds: 5 } }),
      container({ readinessProbe: { tcpSocket: { port: 'PORT' }, periodSeconds: 5 } }),
      strategy(1),
      strategy('50%'),
      strategy(1),
      container({ resources: { requests: { memory: 'MEMORY' } } }),
    ]);
  });

  it('keep the names and paths of the workload as they are', () => {
    const text = fc.oneof(
      fc.constantFrom('null', 'true', 'no', 'y', '1e3', '0x10', '~', '-', '/a b#c', '/a: "b"'),
      fc.string(),
    );
    fc.assert(
      fc.property(text, text, fc.oneof(text, fc.nat()), (container, path, port) => {
        const probe = { kind: 'http', path, port, scheme: 'HTTPS', timeoutSeconds: 3 } as const;
        const { snippet } = adviceLines['no-readiness-probe']({ container, probe });
        const [read] =
          (parse(snippet?.code ?? '') as ReturnType<typeof deployment>).spec.template.spec?.containers ?? [];
        expect(read).toEqual({
          name: container,
          readinessProbe: { httpGet: { path, port, scheme: 'HTTPS' }, periodSeconds: 5, timeoutSeconds: 3 },
        });
      }),
    );
  });
});
