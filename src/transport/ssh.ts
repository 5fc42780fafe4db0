import { connect, type Socket } from 'node:net';
import type { Config, NodeSSH } from 'node-ssh';
import type { Clock } from '../system/clock';
import { Failure, problem } from '../words/words';
import type { Connection } from './channel';
import { type Attempt, explainFault, type Target } from './fault';
import { fingerprint, hostKeyAlgorithms, judgeHostKey, keyType } from './pins';
import { type OnRetry, withRetries } from './retry';
import { Session } from './session';
import type { Transport } from './transport';

/** From opening the socket to being signed in, DNS included. */
const READY_TIMEOUT_MS = 20_000;
/** A connection that gives no sign of life for four of these is lost: NAT and firewalls drop idle ones silently. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_MISSES = 3;
/** How long a polite goodbye may take. */
const END_GRACE_MS = 2_000;

export interface SshOptions extends Target {
  readonly clock: Clock;
  /** Ends the first connecting. Later it has no say: a cancelled run still has to tidy up on the host. */
  readonly signal?: AbortSignal;
  readonly onRetry?: OnRetry;
  /** For tests, which cannot move ssh2's own clock. */
  readonly keepaliveMs?: number;
}

/**
 * Signs in on the host, trying again where the fault may pass by itself.
 * @throws `Failure` with the `ssh.…` problem of the last try
 */
export async function connectSsh(options: SshOptions): Promise<Transport> {
  const { host, port, clock, onRetry } = options;
  const signal = options.signal ?? new AbortController().signal;
  const connection = await withRetries(() => dial(options, signal), { clock, signal, onRetry });
  return new Session(connection, (closing) => dial(options, closing), { at: { host, port }, clock, onRetry });
}

/** Tries once. The socket is our own, so that it can be destroyed whatever state ssh2 has left it in. */
async function dial(target: SshOptions, signal: AbortSignal): Promise<Connection> {
  const { NodeSSH } = await import('node-ssh');
  const { host, port, clock } = target;
  if (signal.aborted) throw new Failure(problem('ssh.cancelled', { host, port }));

  const attempt: Attempt = {
    stage: 'connect',
    said: '',
    shown: undefined,
    methods: [],
    isPartial: false,
    gaveUpAfter: undefined,
  };
  const over = new AbortController();
  const socket = connect({ host, port, noDelay: true });
  signal.addEventListener('abort', () => socket.destroy(), { signal: over.signal });
  clock.sleep(READY_TIMEOUT_MS, over.signal).then(() => {
    if (over.signal.aborted) return;
    attempt.gaveUpAfter = READY_TIMEOUT_MS / 1000;
    socket.destroy();
  });

  const ssh = new NodeSSH();
  const ready = ssh.connect(configure(target, attempt, socket));
  const life = follow(ssh, socket, attempt);
  try {
    await ready;
    if (attempt.shown === undefined) throw new Error('the host was not asked for its key');
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw new Failure(problem('ssh.cancelled', { host, port }), { cause: error });
    throw new Failure(explainFault(error, attempt, target), { cause: error });
  } finally {
    over.abort();
  }

  const { client } = life;
  return {
    get lost() {
      return life.lost;
    },
    // Not execCommand: it keeps all output in memory and cuts characters in two where the chunks end.
    exec: (line, started) => void client?.exec(line, started),
    // Of the requests that ssh2 sends and waits for, the one that asks for nothing: to drop a forwarding that is not there.
    ping: () =>
      new Promise((resolve) => {
        try {
          client?.unforwardIn('127.0.0.1', 1, () => resolve());
        } catch {
          resolve(); // Not connected.
        }
      }),
    async end() {
      const ended = new AbortController();
      client?.end();
      await Promise.race([life.closed, clock.sleep(END_GRACE_MS, ended.signal)]);
      ended.abort();
      socket.destroy();
    },
  };
}

function configure(target: SshOptions, attempt: Attempt, socket: Socket): Config {
  let wasAsked = false;
  return {
    sock: socket,
    username: target.username,
    privateKey: target.key.key.reveal(),
    algorithms: { serverHostKey: hostKeyAlgorithms(target.hostKeys) },
    // ssh2 takes anything but a literal false for a yes, a promise too; and it asks again whenever keys are renewed.
    hostVerifier: (blob: Buffer): boolean => {
      attempt.shown = {
        verdict: judgeHostKey(target.hostKeys, blob),
        type: keyType(blob),
        fingerprint: fingerprint(blob),
      };
      return attempt.shown.verdict === 'trusted';
    },
    // The key and nothing else: by itself ssh2 first asks without one, which a host may count as a failed sign-in.
    authHandler: (methods, isPartial) => {
      if (wasAsked) Object.assign(attempt, { methods: methods ?? [], isPartial: isPartial === true });
      const next = wasAsked ? false : 'publickey';
      wasAsked = true;
      return next;
    },
    readyTimeout: 0,
    keepaliveInterval: target.keepaliveMs ?? KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_MISSES,
  };
}

/**
 * Listens to a connection for its whole life: node-ssh does so only while it connects, and an `error` that nobody
 * hears ends the process. Must be called in the same turn as `connect`, which sets `connection` before it first waits.
 */
function follow({ connection: client }: NodeSSH, socket: Socket, attempt: Attempt) {
  const life = { client, lost: undefined as string | undefined, closed: Promise.resolve() };
  if (client === null) return life;

  let fault: Error | undefined;
  let isReady = false;
  // Heard beside ssh2, which has paused the socket until it listens itself.
  socket.once('data', (first: Buffer) => {
    attempt.said = firstLine(first);
  });
  socket.on('connect', () => {
    attempt.stage = 'handshake';
  });
  client.on('handshake', () => {
    attempt.stage = 'login';
  });
  client.on('ready', () => {
    isReady = true;
  });
  client.on('error', (error) => {
    fault = error;
    // Before, ssh2 still says goodbye. After, it would wait for the host to close.
    if (isReady) socket.destroy();
  });
  client.on('end', () => socket.destroy());
  life.closed = new Promise((resolve) => {
    client.on('close', () => {
      life.lost = fault?.message ?? 'the host closed the connection';
      resolve();
    });
  });
  return life;
}

/** What can be shown of a greeting that anything may have sent: the line that says SSH, or else the first. */
function firstLine(bytes: Buffer): string {
  const lines = bytes.toString('latin1', 0, 1024).split(/\r?\n/);
  const line = lines.find((each) => each.startsWith('SSH-')) ?? lines[0] ?? '';
  return line.replace(/[^\x20-\x7e]/g, '').slice(0, 100);
}
