import type { Stage } from '../words/en/ssh';
import { type Problem, problem } from '../words/words';
import type { PrivateKey } from './key';
import type { HostKeys, HostKeyVerdict } from './pins';

/** Whom to reach, as whom, and how to tell that it is the right one. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly key: PrivateKey;
  readonly hostKeys: HostKeys;
}

/** The key a host has shown. */
export interface ShownKey {
  readonly verdict: HostKeyVerdict;
  readonly type: string;
  readonly fingerprint: string;
}

/** What is known of one try to connect: its events tell more than the error that ends it. */
export interface Attempt {
  stage: Stage;
  /** The first line that came from the other side. */
  said: string;
  shown: ShownKey | undefined;
  /** What the host would let the user sign in with, once it has refused the key. */
  methods: readonly string[];
  /** The host took the key but wants more. */
  isPartial: boolean;
  /** Seconds without success after which we gave up. */
  gaveUpAfter: number | undefined;
}

/** Says why a try to connect has failed. */
export function explainFault(error: unknown, attempt: Attempt, target: Target): Problem {
  const { host, port, username, key } = target;
  const at = { host, port };
  const { level, code, message } = error as { level?: string; code?: string | number; message: string };
  const { stage, shown, said, methods } = attempt;

  if (attempt.gaveUpAfter !== undefined) return problem('ssh.timeout', { ...at, stage, seconds: attempt.gaveUpAfter });
  if (shown?.verdict === 'revoked')
    return problem('ssh.host-key-revoked', { ...at, type: shown.type, seen: shown.fingerprint });
  if (shown?.verdict === 'unknown') {
    const expected = target.hostKeys.trusted.map((pin) => pin.fingerprint);
    return problem('ssh.host-key-unknown', { ...at, type: shown.type, seen: shown.fingerprint, expected });
  }
  if (level === 'client-authentication') {
    if (attempt.isPartial) return problem('ssh.auth-more', { ...at, username, methods });
    return problem('ssh.auth-refused', { ...at, username, type: key.type, fingerprint: key.fingerprint, methods });
  }
  if (level === 'client-socket') return explainSocket(String(code), attempt, at);
  // A number is the reason of the host's own DISCONNECT (RFC 4253, 11.1).
  if (typeof code === 'number') return problem('ssh.closed', { ...at, stage, said: message });
  const speaksSsh = said.startsWith('SSH-');
  const hungUp = level === undefined && code === 'ETIMEDOUT'; // node-ssh's error for a close without any other
  if (hungUp || !speaksSsh) return problem('ssh.closed', { ...at, stage, said: speaksSsh ? '' : said });

  // ssh2 tells these apart by its text alone; a test holds it to that.
  const [, missing] = /no matching (?:C->S |S->C )?(.+)$/i.exec(message) ?? [];
  if (missing === undefined) return problem('ssh.handshake-failed', { ...at, detail: message });
  const types = target.hostKeys.trusted.flatMap((pin) => pin.type ?? []);
  if (missing === 'host key format' && types.length > 0) return problem('ssh.host-key-not-offered', { ...at, types });
  return problem('ssh.no-common-algorithm', { ...at, detail: `no common ${missing}` });
}

function explainSocket(code: string, { stage }: Attempt, at: { host: string; port: number }): Problem {
  switch (code) {
    case 'ENOTFOUND':
      return problem('ssh.host-not-found', { host: at.host });
    case 'EAI_AGAIN':
      return problem('ssh.name-lookup-failed', { host: at.host });
    case 'ECONNREFUSED':
      return problem('ssh.refused', at);
    case 'ECONNRESET':
    case 'EPIPE':
      return problem('ssh.reset', { ...at, stage });
    default:
      return problem('ssh.unreachable', { ...at, detail: code });
  }
}
