import {
  bodyArgv,
  getArgv,
  logsArgv,
  patchArgv,
  paths,
  selectorText,
  WATCH_SECONDS,
  watchArgv,
} from '../../src/kubectl/argv';

it.each([
  [paths.workload({ kind: 'deployment', namespace: 'ns', name: 'web' }), '/apis/apps/v1/namespaces/ns/deployments/web'],
  [paths.workload({ kind: 'statefulset', namespace: 'ns', name: 'db' }), '/apis/apps/v1/namespaces/ns/statefulsets/db'],
  [paths.workloads('ns', 'deployment'), '/apis/apps/v1/namespaces/ns/deployments'],
  [paths.workloads('ns', 'statefulset'), '/apis/apps/v1/namespaces/ns/statefulsets'],
  [paths.replicaSets('ns'), '/apis/apps/v1/namespaces/ns/replicasets'],
  [paths.pods('ns'), '/api/v1/namespaces/ns/pods'],
  [paths.namespace('ns'), '/api/v1/namespaces/ns'],
])('%s is the path %s', (path, expected) => expect(path).toBe(expected));

describe('a read', () => {
  it('goes by its path', () => expect(getArgv('/x')).toEqual(['get', '--raw', '/x', '--request-timeout=15s']));

  it.each([
    [{ labelSelector: 'app=web' }, 'labelSelector=app%3Dweb'],
    [{ labelSelector: 'a in (b,c),!d' }, 'labelSelector=a+in+%28b%2Cc%29%2C%21d'],
    [{ labelSelector: 'a&watch=1#;한' }, 'labelSelector=a%26watch%3D1%23%3B%ED%95%9C'],
    [{ fieldSelector: 'metadata.name=web', limit: '1' }, 'fieldSelector=metadata.name%3Dweb&limit=1'],
  ])('with %j asks for %s', (query, text) => expect(getArgv('/x', query)[2]).toBe(`/x?${text}`));
});

it('a watch goes on from a version, says how far it is, and ends by itself', () => {
  const [get, raw, url = '', ...more] = watchArgv('/x', { labelSelector: 'a=b' }, '17');
  expect([get, raw, more]).toEqual(['get', '--raw', ['--request-timeout=250s']]);
  expect(Object.fromEntries(new URL(url, 'http://x').searchParams)).toEqual({
    labelSelector: 'a=b',
    watch: '1',
    resourceVersion: '17',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(WATCH_SECONDS),
  });
});

describe('a patch', () => {
  const patch = '[{"op":"test","path":"/x","value":"$(id) \'"}]';
  const wordsFor = (target: string) => [
    ...['patch', target, '--namespace=ns', '--type=json', `--patch=${patch}`, '--output=json'],
    ...['--field-manager=deploy-action', '--request-timeout=30s'],
  ];
  it.each([
    ['deployment', false, wordsFor('deployments.apps/web')],
    ['deployment', true, [...wordsFor('deployments.apps/web'), '--dry-run=server']],
    ['statefulset', false, wordsFor('statefulsets.apps/web')],
  ] as const)('of a %s, dry run: %s', (kind, dryRun, argv) =>
    expect(patchArgv({ kind, namespace: 'ns', name: 'web' }, patch, { dryRun })).toEqual(argv),
  );
});

it('a request with a body takes it from standard input', () =>
  expect(bodyArgv('delete', '/x')).toEqual(['delete', '--raw', '/x', '--filename=-', '--request-timeout=15s']));

it.each([
  [false, []],
  [true, ['--previous']],
])('logs, of the run before: %s', (previous, added) => {
  expect(logsArgv({ namespace: 'ns', pod: 'web-1', container: 'app', previous, lines: 50 })).toEqual([
    ...[
      'logs',
      'web-1',
      '--namespace=ns',
      '--container=app',
      '--tail=50',
      '--limit-bytes=65536',
      '--request-timeout=15s',
    ],
    ...added,
  ]);
});

describe('a selector', () => {
  it.each([
    [{}, ''],
    [{ matchLabels: { app: 'web' } }, 'app=web'],
    [{ matchLabels: { app: 'web', 'example.org/tier': 'front' } }, 'app=web,example.org/tier=front'],
    [{ matchLabels: { app: '' } }, 'app='],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }, 'a in (b,c)'],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }, 'a notin (b)'],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, 'a'],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, '!a'],
    [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] }, 'app=web,a'],
  ])('%j is %s', (selector, text) => expect(selectorText(selector)).toBe(text));
});
