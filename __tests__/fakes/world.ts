import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploy } from '../../src/deploy';
import type { RawInputs } from '../../src/inputs/names';
import type { Pod, Workload } from '../../src/kubectl/objects';
import type { Manifest } from '../../src/manifests/object';
import type { Log } from '../../src/report/log';
import type { Report } from '../../src/report/report';
import type { ProcessResult } from '../../src/system/process';
import type { Tools } from '../../src/tools';
import { explain } from '../../src/words/words';
import { configOf } from '../inputs/sample';
import { AnyServer } from '../manifests/api-server';
import { ManualClock } from '../transport/manual-clock';
import { ApiServer, type Fate as PatchFate } from '../workload/api-server';
import { deployment } from '../workload/deployment';
import { FakeCluster } from './cluster';
import type { Fate } from './pods';
import { FakeTransport } from './transport';

const CONFIG_DIGEST = `sha256:${'c'.repeat(64)}`;
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: { digest: CONFIG_DIGEST } });
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;
/** What a deploy builds. */
export const IMAGE = `caringnote/caring-note-api:new@${DIGEST}`;
export const URL_ASKED = 'https://app.example.com/up';

/** What a test can reach into while a run goes on. */
export interface Reach {
  readonly server: ApiServer;
  readonly cluster: FakeCluster;
  readonly cancel: AbortController;
  /** From now on the host cannot be reached. */
  readonly leave: () => void;
}

interface World {
  readonly inputs?: Partial<RawInputs>;
  readonly workload?: Workload;
  /** Whether the deploy user may delete pods. */
  readonly mayDelete?: boolean;
  /** What becomes of pods of the new image, and of those of the image before once they are made again. */
  readonly fates?: { readonly [image: string]: Fate };
  /** What becomes of the patches. */
  readonly patches?: PatchFate[];
  /** Called when evidence is being read: the verdict has fallen then, and nothing has been put back. */
  readonly onEvidence?: (reach: Reach) => void;
  /** Called when a patch has taken effect, before anybody has seen what comes of it. */
  readonly onPatched?: (reach: Reach) => void;
  readonly url?: number;
  /** By which digest the node knows what runs at the beginning; it does not say where that is empty. */
  readonly runs?: string;
  /** All pods of the node, where they are asked for: those of others. */
  readonly neighbours?: readonly Pod[];
  /** What the registry has by a full reference, as `docker buildx imagetools inspect` says it. */
  readonly registry?: (reference: string) => ProcessResult;
  /** What the input `manifests` has led to, and the server that has all objects but the workload. */
  readonly manifests?: readonly Manifest[];
  readonly objects?: AnyServer;
  /** Called when an object of the manifests has been applied. */
  readonly onApplied?: (reach: Reach) => void;
  /** Whether the namespace is there. */
  readonly hasNamespace?: boolean;
  /** A second Deployment, `worker`, and what becomes of its pods. */
  readonly worker?: {
    readonly fates?: { readonly [image: string]: Fate };
    readonly patches?: PatchFate[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Called when the worker has been patched. */
  readonly onWorkerPatched?: (reach: Reach) => void;
}

const ended = (stdout = ''): ProcessResult => ({ kind: 'exited', code: 0, stdout, stderr: '' });

function besides({ fates = {}, patches = [], annotations = {} }: NonNullable<World['worker']>, clock: ManualClock) {
  const workload = deployment(({ metadata, spec }) => {
    Object.assign(metadata, { name: 'worker', uid: 'worker' });
    Object.assign(metadata.annotations ?? {}, annotations);
    spec.selector.matchLabels = { app: 'worker' };
  });
  const server = new ApiServer(workload, patches);
  return { server, cluster: new FakeCluster(server, clock, (image) => fates[image] ?? 'serves') };
}

/** A run of the action in a world of a test's own, whose clock runs as fast as it can. */
export async function run({
  inputs = {},
  workload = deployment(),
  mayDelete = true,
  fates = {},
  patches = [],
  onEvidence,
  onPatched,
  onWorkerPatched,
  url = 200,
  runs = '',
  neighbours = [],
  registry = () => ended(MANIFEST),
  worker,
  manifests,
  objects = new AnyServer(),
  onApplied,
  hasNamespace = true,
}: World) {
  const folder = mkdtempSync(join(tmpdir(), 'world-'));
  const clock = new ManualClock();
  const cancel = new AbortController();
  const server = new ApiServer(workload, patches);
  const cluster = new FakeCluster(server, clock, (image) => fates[image] ?? 'serves', { mayDelete });
  const beside = worker && besides(worker, clock);
  for (const status of cluster.pods.flatMap((pod) => pod.status?.containerStatuses ?? [])) {
    Object.assign(status, { imageID: runs && `docker.io/caringnote/caring-note-api@${runs}` });
  }
  let isAway = false;
  let leave = () => {};
  const left = new Promise<'lost'>((resolve) => {
    leave = () => {
      isAway = true;
      resolve('lost');
    };
  });
  const reach: Reach = { server, cluster, cancel, leave };
  let isKnown = false;
  const transport = new FakeTransport((argv, stdin, live) => {
    if (isAway) return 'unreachable';
    const isManifest = argv.includes('--filename=-') && !argv.includes('--raw');
    if (isManifest || argv.some((word) => word.startsWith('ConfigMap.'))) {
      const answer = objects.handler(argv, stdin, live);
      if (argv.includes('apply') && !argv.includes('--dry-run=server')) onApplied?.(reach);
      return answer;
    }
    if (!hasNamespace && argv.includes('/api/v1/namespaces/default'))
      return { code: 1, stderr: 'Error from server (NotFound): namespaces "default" not found' };
    const isEvidence = argv.some((word) => /\/events(?:\?|$)/.test(word)) && !isKnown;
    if (isEvidence) {
      isKnown = true;
      onEvidence?.(reach);
    }
    if (argv.some((word) => word.startsWith('/api/v1/pods?')))
      return { stdout: JSON.stringify({ metadata: {}, items: [...cluster.pods, ...neighbours] }) };
    if (beside && argv.some((word) => word.includes('worker'))) {
      const answer = beside.cluster.handler(argv, stdin, live);
      if (argv.includes('patch') && !argv.includes('--dry-run=server')) onWorkerPatched?.(reach);
      return answer;
    }
    const before = server.applied.length;
    const answer = cluster.handler(argv, stdin, live);
    if (server.applied.length > before) onPatched?.(reach);
    return Promise.race([answer, left]);
  }, clock);
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const log: Log = { group: note, end() {}, info: note, foreign: note, warning: note, error() {} };
  const tools: Tools = {
    clock,
    log,
    folder,
    removeLater() {},
    signal: cancel.signal,
    connect: async () => transport,
    fetch: async (asked) => new Response('{}', { status: asked === URL_ASKED ? url : 200 }),
    processes: {
      ask: async () => ended('github.com/docker/buildx v0.38.2 abc'),
      run: async (argv) => {
        if (argv.includes('imagetools')) return registry(argv.at(-1) ?? '');
        writeFileSync(
          argv[argv.indexOf('--metadata-file') + 1] ?? '',
          JSON.stringify({ 'containerimage.digest': DIGEST, 'containerimage.config.digest': CONFIG_DIGEST }),
        );
        return ended();
      },
    },
  };
  let report: Report | undefined;
  void deploy({ ...configOf({ tags: 'new', ...inputs }), ...(manifests && { manifests }) }, tools).then((done) => {
    report = done;
  });
  for (let ticks = 0; !report; ticks++) {
    if (ticks > 5_000) throw new Error(`it does not end:\n${said.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    clock.pass(500);
  }
  rmSync(folder, { recursive: true });
  const commands = transport.commands.map(({ argv }) => argv.join(' ')).filter((each) => !each.includes('dry-run'));
  const { problems } = report;
  return {
    report,
    server,
    cluster,
    objects,
    worker: beside?.server,
    commands,
    said,
    codes: problems.map(({ code }) => code),
    /** What a person reads of what went wrong. */
    told: problems.map((each) => Object.values(explain(each)).join(' ')).join('\n'),
  };
}
