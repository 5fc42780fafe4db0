import type { WorkloadKind } from './objects';

/**
 * The kubectl calls this action makes, as argument lists. Reads go by `get --raw`: it needs no discovery (half the time of a
 * plain `get`), and its watch prints one JSON object a line and ends by itself.
 */

/**
 * Seconds until the API server ends a watch. It ends with its channel anyway; where its user may not end it (`sudo`), it ends
 * at the next bookmark, which come about every minute, for want of a reader.
 */
export const WATCH_SECONDS = 240;

export const paths = {
  workload: ({ kind, namespace, name }: PatchTarget) => `/apis/apps/v1/namespaces/${namespace}/${kind}s/${name}`,
  workloads: (namespace: string, kind: WorkloadKind) => `/apis/apps/v1/namespaces/${namespace}/${kind}s`,
  replicaSets: (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/replicasets`,
  pods: (namespace: string) => `/api/v1/namespaces/${namespace}/pods`,
  pod: (namespace: string, pod: string) => `/api/v1/namespaces/${namespace}/pods/${pod}`,
  events: (namespace: string) => `/api/v1/namespaces/${namespace}/events`,
  nodes: '/api/v1/nodes',
  allPods: '/api/v1/pods',
  /** A GET on a pod itself, through the API server. */
  podProxy: (namespace: string, pod: string, port: number, path: string) =>
    `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`,
  /** Whether the account itself may do something: every account may ask that. */
  accessReviews: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  namespace: (namespace: string) => `/api/v1/namespaces/${namespace}`,
} as const;

export function getArgv(path: string, query: Readonly<Record<string, string>> = {}): string[] {
  const search = new URLSearchParams(query).toString();
  return ['get', '--raw', search === '' ? path : `${path}?${search}`, '--request-timeout=15s'];
}

/** Watches a collection from just after `resourceVersion`. */
export function watchArgv(path: string, query: Readonly<Record<string, string>>, resourceVersion: string): string[] {
  const search = new URLSearchParams({
    ...query,
    watch: '1',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(WATCH_SECONDS),
  });
  // Its own limit, for an API server that forgets to end the watch: kubectl must not stay on the host.
  return ['get', '--raw', `${path}?${search}`, `--request-timeout=${WATCH_SECONDS + 10}s`];
}

export interface PatchTarget {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export function patchArgv(
  { kind, namespace, name }: PatchTarget,
  patch: string,
  { dryRun }: { dryRun: boolean },
): string[] {
  return [
    ...[
      'patch',
      `${kind}s.apps/${name}`,
      `--namespace=${namespace}`,
      '--type=json',
      `--patch=${patch}`,
      '--output=json',
    ],
    ...['--field-manager=deploy-action', '--request-timeout=30s'],
    ...(dryRun ? ['--dry-run=server'] : []),
  ];
}

/** Deletes what stands at a path, or asks the API server there; the request's body comes by standard input. */
export function bodyArgv(verb: 'delete' | 'create', path: string): string[] {
  return [verb, '--raw', path, '--filename=-', '--request-timeout=15s'];
}

/** Who the API server is told has set the fields of a manifest. */
export const MANIFESTS_MANAGER = 'deploy-action-manifests';
/** All names under which this action sets fields. */
export const OURS: ReadonlySet<string> = new Set(['deploy-action', MANIFESTS_MANAGER]);

/** Reads the objects that come by standard input, those that there are. */
export const readArgv = [
  ...['get', '--filename=-', '--output=json', '--ignore-not-found', '--show-managed-fields', '--request-timeout=15s'],
];

export interface Applying {
  readonly dryRun: boolean;
  /** Takes fields over that another manager has. */
  readonly force?: boolean;
}

/** Applies the objects that come by standard input, on the server's side. */
export function applyArgv({ dryRun, force }: Applying): string[] {
  return [
    ...['apply', '--server-side', '--filename=-', '--output=json', '--show-managed-fields', '--request-timeout=30s'],
    ...[`--field-manager=${MANIFESTS_MANAGER}`, ...(force ? ['--force-conflicts'] : [])],
    ...(dryRun ? ['--dry-run=server'] : []),
  ];
}

/** Patches an object of any kind by a JSON patch; left out: by the one that comes by standard input. */
export function patchAnyArgv(resource: string, namespace: string, patch?: string): string[] {
  // Read as a file, standard input has to be a pipe; some SSH servers give a socket.
  const source = patch === undefined ? '--patch-file=/dev/stdin' : `--patch=${patch}`;
  return [
    ...['patch', resource, `--namespace=${namespace}`, '--type=json', source, '--output=json'],
    ...['--field-manager=deploy-action', '--request-timeout=30s'],
  ];
}

export interface LogsTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The run of the container before the present one. */
  readonly previous: boolean;
  readonly lines: number;
}

export function logsArgv({ namespace, pod, container, previous, lines }: LogsTarget): string[] {
  return [
    ...['logs', pod, `--namespace=${namespace}`, `--container=${container}`, `--tail=${lines}`, '--limit-bytes=65536'],
    ...['--request-timeout=15s', ...(previous ? ['--previous'] : [])],
  ];
}

/** A label selector as the API takes it. Expressions are written out: a workload may select by them. */
export function selectorText(selector: {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.join(',')})`;
  });
  return [...labels, ...expressions].join(',');
}
