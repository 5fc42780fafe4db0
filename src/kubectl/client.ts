import type { RunResult, Transport } from '../transport/transport';
import { Failure, problem } from '../words/words';
import {
  type Applying,
  applyArgv,
  bodyArgv,
  getArgv,
  type PatchTarget,
  patchAnyArgv,
  patchArgv,
  paths,
  readArgv,
  WATCH_SECONDS,
  watchArgv,
} from './argv';
import { classify, type KubectlReason } from './failure';
import { type Anything, fullKindOf, identity, type List, type Pod, type WatchEvent, type Workload } from './objects';

/** A kubectl call that did not do what it was asked. */
export class KubectlError extends Error {
  constructor(
    readonly reason: KubectlReason | 'Lost' | 'TimedOut' | 'Cancelled',
    message: string,
    /** The words that start kubectl on the host. */
    readonly command = 'kubectl',
  ) {
    super(message);
    this.name = 'KubectlError';
  }
}

/** Characters of a patch; Linux allows 128 KiB for a whole command, quotes included. */
const MOST_IN_ARGUMENT = 30_000;

/** Milliseconds that kubectl itself (30 s at most) and a slow host may need. */
const CALL_MS = 45_000;
/** A watch ends by itself before this. */
const WATCH_MS = (WATCH_SECONDS + 15) * 1_000;

/** The cluster, seen through kubectl on its host. Every method throws a `KubectlError`. */
export class Cluster {
  constructor(
    private readonly transport: Transport,
    private readonly words: readonly string[],
    private readonly signal?: AbortSignal,
  ) {}

  /** The same cluster for what has to be brought to its end after a cancel. */
  uncancelled(): Cluster {
    return new Cluster(this.transport, this.words);
  }

  /** `signal` ends this one read; the cluster's own ends every read. */
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<T> {
    return parse<T>(await this.call(getArgv(path, query), 'read', signal));
  }

  async list<T>(path: string, query: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<List<T>> {
    const list = await this.get<List<T>>(path, query, signal);
    if (!Array.isArray(list.items)) throw new KubectlError('Other', 'the answer is no list', this.words.join(' '));
    return list;
  }

  /** Patches a workload and gives it as the API server has it then (or, in a dry run, would have it). */
  async patch(target: PatchTarget, patch: string, { dryRun }: { dryRun: boolean }): Promise<Workload> {
    return parse<Workload>(await this.call(patchArgv(target, patch, { dryRun }), dryRun ? 'read' : 'change'));
  }

  /** Has this very pod ended, and not another one that has its name by then. */
  async deletePod(namespace: string, pod: Pod): Promise<void> {
    const { name, uid } = identity(pod);
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await this.call(bodyArgv('delete', paths.pod(namespace, name)), 'change', undefined, JSON.stringify(options));
  }

  /** Whether the account may delete the pod of that name. */
  async mayDeletePod(namespace: string, name: string): Promise<boolean> {
    const spec = { resourceAttributes: { namespace, verb: 'delete', resource: 'pods', name } };
    const review = JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec });
    const answer = await this.call(bodyArgv('create', paths.accessReviews), 'read', undefined, review);
    return parse<{ status?: { allowed?: boolean } }>(answer).status?.allowed === true;
  }

  /** Those of the objects that there are, of any kind. */
  async read(objects: readonly Anything[]): Promise<Anything[]> {
    return unlisted(await this.call(readArgv, 'read', undefined, listOf(objects)));
  }

  /** Applies objects on the server's side, and gives them as the API server has them then (or would have them). */
  async apply(objects: readonly Anything[], applying: Applying): Promise<Anything[]> {
    const effect = applying.dryRun ? 'read' : 'change';
    return unlisted(await this.call(applyArgv(applying), effect, undefined, listOf(objects)));
  }

  /** Patches an object of any kind. What no argument list may show, or can hold, goes by standard input. */
  async patchAny(object: Anything, operations: unknown): Promise<Anything> {
    const { name, namespace = '' } = object.metadata;
    const patch = JSON.stringify(operations);
    const resource = `${fullKindOf(object)}/${name}`;
    const isHidden = object.kind === 'Secret' || patch.length > MOST_IN_ARGUMENT;
    const argv = patchAnyArgv(resource, namespace, isHidden ? undefined : patch);
    return parse<Anything>(await this.call(argv, 'change', undefined, isHidden ? patch : undefined));
  }

  /** Text of a command's output, for people. */
  async text(argv: readonly string[], signal?: AbortSignal): Promise<string> {
    return this.call(argv, 'read', signal);
  }

  /** Hands over each event until the watch ends by itself. A watch that the API server refuses ends in an `ERROR` event. */
  async watch<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    resourceVersion: string,
    { onEvent, signal }: { onEvent: (event: WatchEvent<T>) => void; signal: AbortSignal },
  ): Promise<void> {
    const onLine = (text: string) => {
      if (text.trim() !== '') onEvent(parse<WatchEvent<T>>(text));
    };
    const argv = [...this.words, ...watchArgv(path, query, resourceVersion)];
    this.outputOf(
      await this.transport.run({ argv, effect: 'read', isHeld: true, timeoutMs: WATCH_MS }, { onLine, signal }),
    );
  }

  private async call(
    argv: readonly string[],
    effect: 'read' | 'change',
    signal?: AbortSignal,
    stdin?: string,
  ): Promise<string> {
    // A change is never broken off: it is over in a moment, and a broken one would leave us not knowing.
    const signals = [this.signal, signal].filter((each) => each !== undefined);
    const options = effect === 'read' && signals.length > 0 ? { signal: AbortSignal.any(signals) } : {};
    const command = {
      argv: [...this.words, ...argv],
      effect,
      timeoutMs: CALL_MS,
      ...(stdin !== undefined && { stdin }),
    };
    return this.outputOf(await this.transport.run(command, options));
  }

  private outputOf(result: RunResult): string {
    const failed = (reason: KubectlError['reason'], message: string) =>
      new KubectlError(reason, message.trim(), this.words.join(' '));
    switch (result.kind) {
      case 'exited': {
        if (result.code === 0) return result.stdout;
        const { reason, message } = classify(result.code, result.stderr);
        throw failed(reason, message);
      }
      case 'signalled':
        throw failed('Other', `kubectl was ended by ${result.signal}. ${result.stderr}`);
      case 'timedOut':
        throw failed('TimedOut', `kubectl gave no answer. ${result.stderr}`);
      case 'cancelled':
        throw failed('Cancelled', 'cancelled');
      case 'lost':
        throw failed('Lost', result.detail);
      default:
        return result satisfies never;
    }
  }
}

function listOf(items: readonly Anything[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** kubectl prints nothing for none, one object as it is, and several as a list. */
function unlisted(text: string): Anything[] {
  if (text.trim() === '') return [];
  const json = parse<Anything & { readonly items?: readonly Anything[] }>(text);
  return json.kind === 'List' && json.items ? [...json.items] : [json];
}

function parse<T>(text: string): T {
  let json: T;
  try {
    json = JSON.parse(text) as T;
  } catch (cause) {
    // What stands before an object is of interest. What is in it may be a Secret's.
    throw new Failure(problem('kubectl.not-json', { start: text.slice(0, 200).replace(/\{.*/s, '{…') }), { cause });
  }
  const odd = namesIn(json).find((name) => !NAME.test(name));
  if (odd !== undefined) throw new Failure(problem('kubectl.odd-name', { name: odd }));
  return json;
}

/** What the API server lets an object be called. People are told to copy commands with names in them. */
const NAME = /^[a-zA-Z0-9](?:[\w.:-]{0,251}[a-zA-Z0-9])?$/;

/** The names of an answer's objects: of one, of a list's, or of a watch's event. */
function namesIn(json: unknown): string[] {
  const { metadata, items, object } = (json ?? {}) as Record<string, { name?: unknown } | undefined>;
  if (Array.isArray(items)) return items.flatMap(namesIn);
  if (object) return namesIn(object);
  return metadata?.name === undefined ? [] : [String(metadata.name)];
}
