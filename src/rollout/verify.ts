import type { Fetch } from '../image/registry';
import { getArgv, paths } from '../kubectl/argv';
import { type Cluster, KubectlError } from '../kubectl/client';
import { identity, type Pod } from '../kubectl/objects';
import type { Clock } from '../system/clock';
import { isReady, newPods, type Snapshot, type Verified } from './snapshot';
import { withoutPasswords } from './wording';

/** Milliseconds between two questions to a pod, and to the address from outside. */
const AGAIN_MS = 1_000;
/** Milliseconds for one answer from outside. */
const ANSWER_MS = 10_000;
/** kube-proxy and a proxy before the cluster may learn of new pods some seconds late. */
const URL_MS = 30_000;
/** Milliseconds for which all answers have to be right: an old pod may be what answered the first of them. */
const SETTLE_MS = 5_000;

export interface PathToVerify {
  readonly namespace: string;
  readonly port: number;
  readonly path: string;
  readonly hasReadinessProbe: boolean;
}

/** Asks a new pod itself, through the API server, from when its container runs until it gives the right answer once. */
export class PathCheck {
  result: Verified | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly of: PathToVerify,
  ) {}

  /** Goes on until the answer is right, or `signal` aborts. */
  async follow(snapshot: () => Snapshot, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.result?.passed) {
      const pod = podToAsk(snapshot());
      const answer = pod && (await this.#ask(identity(pod).name, signal));
      // Before it is ready, only the right answer says anything.
      if (pod && answer && (answer.passed || isReady(pod))) this.result = answer;
      if (!this.result?.passed) await this.clock.sleep(AGAIN_MS, signal);
    }
  }

  /** Whether the failure says nothing of the pod. Without a readiness probe a pod counts as ready before its program listens. */
  #isSilent({ message, reason }: KubectlError): boolean {
    if (SILENT.has(reason) || (NOT_THE_POD.test(message) && !FROM_THE_POD.test(message))) return true;
    return !this.of.hasReadinessProbe && NO_LISTENER.test(message);
  }

  async #ask(pod: string, signal: AbortSignal): Promise<Verified | undefined> {
    const { namespace, port, path } = this.of;
    try {
      await this.cluster.text(getArgv(paths.podProxy(namespace, pod, port, path)), signal);
      return { passed: true, detail: '' };
    } catch (error) {
      if (!(error instanceof KubectlError)) return undefined;
      return this.#isSilent(error) ? undefined : { passed: false, detail: answerOf(error.message) };
    }
  }
}

/** kubectl's and the API server's words for an API server that is away or starts, and for a pod that has no address yet. */
const NOT_THE_POD =
  /The connection to the server|Unable to connect to the server|apiserver|etcdserver|address not allowed|cannot get resource|TLS handshake/;
/** What the pod itself said stands in quotes after these. */
const FROM_THE_POD = /an error on the server \(/;
/** The API server's words for a pod at whose port nothing answers. */
const NO_LISTENER = /error trying to reach service/;

const SILENT: ReadonlySet<KubectlError['reason']> = new Set(['Lost', 'Cancelled', 'TimedOut'] as const);

/** The API server wraps what the pod said: `an error on the server ("…") has prevented the request from succeeding`. */
function answerOf(message: string): string {
  const [, quoted] = /an error on the server \((".*")\) has prevented/s.exec(message) ?? [];
  // kubectl's words for a 404 of the pod's sound like one of the cluster's.
  if (message.includes('the server could not find the requested resource')) return '404 Not Found';
  return withoutPasswords(unquoted(quoted ?? message))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

/** Go's quotes are nearly JSON's. */
function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** A pod that is ready, else one whose containers run: it may answer before its probe is asked again. */
function podToAsk(snapshot: Snapshot): Pod | undefined {
  const pods = newPods(snapshot);
  const runs = ({ status }: Pod) =>
    (status?.containerStatuses ?? []).length > 0 &&
    (status?.containerStatuses ?? []).every(({ state }) => state?.running !== undefined);
  return pods.find(isReady) ?? pods.find(runs);
}

/**
 * Asks an address from here until it answers with success, each time for a while and on a new connection: old pods that drain
 * answer on for a second or two. Gives what was answered instead, where that never came to be.
 */
export async function verifyUrl(
  url: string,
  ask: Fetch,
  clock: Clock,
  cancel: AbortSignal,
): Promise<string | undefined> {
  const began = clock.now();
  let rightSince: number | undefined;
  let wrong: string | undefined;
  while (!cancel.aborted) {
    const answer = await answerFrom(url, ask, cancel);
    rightSince = answer === undefined ? (rightSince ?? clock.now()) : undefined;
    wrong = answer ?? wrong;
    if (rightSince !== undefined && clock.now() - rightSince >= SETTLE_MS) return undefined;
    if (rightSince === undefined && clock.now() - began >= URL_MS) return wrong;
    await clock.sleep(AGAIN_MS, cancel);
  }
  return undefined;
}

async function answerFrom(url: string, ask: Fetch, cancel: AbortSignal): Promise<string | undefined> {
  try {
    const signal = AbortSignal.any([cancel, AbortSignal.timeout(ANSWER_MS)]);
    const answer = await ask(url, { headers: { 'cache-control': 'no-cache', connection: 'close' }, signal });
    await answer.body?.cancel();
    return answer.ok ? undefined : `HTTP ${answer.status} ${answer.statusText}`.trim();
  } catch (error) {
    // `fetch failed` says nothing; its cause does.
    const { cause } = error as { cause?: unknown };
    return cause instanceof Error ? cause.message : String(error instanceof Error ? error.message : error);
  }
}
