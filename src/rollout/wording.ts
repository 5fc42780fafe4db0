import type { PullFault, Refuser } from './verdict';

/**
 * Reads the sentences of the kubelet, the container runtimes, the scheduler and the API server. Kubernetes gives no codes for
 * most of these causes, so the wording is all there is; text that is not known falls into the family's longest grace.
 */

/** Characters of a message that are read; what matters stands long before, and expressions take their time with more. */
const READ = 4_000;

/** In this order: a rate limit comes as "denied" too, and Docker Hub answers "denied" for what does not exist. */
const PULL: readonly (readonly [PullFault, RegExp])[] = [
  ['rate-limit', /\b429\b|toomanyrequests|too many requests|rate limit/i],
  ['platform', /no match(?:ing manifest)? for|no image found in (?:manifest|image) (?:list|index)/i],
  [
    'denied',
    /access denied|insufficient_scope|\b401\b|\b403\b|unauthorized|authentication required|no basic auth|denied: /i,
  ],
  ['not-found', /not found|manifest unknown|name unknown|\b404\b/i],
  [
    'network',
    /dial tcp|no such host|i\/o timeout|connection (?:refused|reset)|\bEOF\b|handshake|deadline exceeded|unreachable|\b50[0-9]\b|Internal Server Error|Service Unavailable|Bad Gateway|temporary failure|time(?:d )?out|cancell?ed/i,
  ],
];

/** Why an image cannot be pulled, from the reason and the text of a waiting container. */
export function pullFault(reason: string, text: string): PullFault {
  if (reason === 'InvalidImageName') return 'bad-name';
  if (reason === 'ErrImageNeverPull') return 'never';
  const said = withoutNames(text.slice(0, READ));
  return PULL.find(([, words]) => words.test(said))?.[0] ?? 'other';
}

/** Without images and addresses: a tag may be called "429". */
function withoutNames(text: string): string {
  return text
    .replace(/"[^"]*"|\[(?:manifests|blobs) [^\]]*\]|\bmanifest \S+ in\b|(?<!matching )\bmanifest for \S+/g, '""')
    .replace(/\S*\/\S*/g, (word) => (word.startsWith('i/o') ? word : ''));
}

/** What a failed pull says, without the image's name again and again, and without a login. */
export function pullText(text: string): string {
  return withoutLogin(
    text
      .replace(/^Back-off pulling image "[^"]*"(?:: )?/, '')
      .replace(/^(?:ErrImagePull|RegistryUnavailable): /, '')
      .replace(/rpc error: code = \w+ desc = /g, '')
      .replace(/failed to (?:pull and unpack image|resolve reference) "[^"]*": /g, '')
      .replace(/failed to (?:do request|copy|resolve image): |httpReadSeeker: |failed open: /g, '')
      .replace(/^\S+[:@]\S+: (?=not found$)/, ''),
  );
}

/** An image that came to its node: how long that took, and its size where the kubelet tells. */
export interface Pull {
  readonly ms: number;
  /** Before that, for other images on their way to the node. */
  readonly waitedMs: number;
  /** Of all its layers, those included that were there already. */
  readonly bytes?: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a duration as Go prints it, such as `1m3.5s`; what is shorter than a millisecond counts as nothing. */
function goDuration(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(ms|[hms])(?![a-z])/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0), 0);
}

/** What a "Pulled" event says; undefined where it does not say how long it took, or there was nothing to pull. */
export function pullIn(message: string): Pull | undefined {
  const [, took, inAll] =
    /^Successfully pulled image "[^"]*" in (\S+)(?: \((\S+) including waiting\))?/.exec(message) ?? [];
  if (took === undefined) return undefined;
  const [, bytes] = /Image size: (\d+) bytes/.exec(message) ?? [];
  const ms = goDuration(took);
  return {
    ms,
    waitedMs: inAll === undefined ? 0 : Math.max(0, goDuration(inAll) - ms),
    ...(bytes !== undefined && { bytes: Number(bytes) }),
  };
}

/** Who refused a pod, from the message of the workload's `ReplicaFailure` condition. */
export function refuser(message: string): Refuser {
  if (/exceeded quota/.test(message)) return 'quota';
  if (/failed calling (?:admission )?webhook/.test(message)) return 'webhook-away';
  return /is forbidden|denied (?:the )?request|is invalid|violates/i.test(message) ? 'rule' : 'other';
}

/** A Secret, ConfigMap, key or claim that is named in a message as missing. */
export interface Missing {
  readonly kind: 'Secret' | 'ConfigMap' | 'ServiceAccount' | 'PersistentVolumeClaim';
  readonly name: string;
  readonly key?: string;
}

const KINDS: Readonly<Record<string, Missing['kind']>> = {
  secret: 'Secret',
  configmap: 'ConfigMap',
  serviceaccount: 'ServiceAccount',
  persistentvolumeclaim: 'PersistentVolumeClaim',
};

export function missingIn(message: string): Missing | undefined {
  const [, key, kindOfKey = '', owner] =
    /couldn't find key ([\w.-]+) in (Secret|ConfigMap) (?:\S+\/)?([\w.-]+)/i.exec(message) ?? [];
  const keyKind = KINDS[kindOfKey.toLowerCase()];
  if (key !== undefined && keyKind && owner) return { kind: keyKind, name: owner, key };
  const [, kind = '', name] =
    /\b(secrets?|configmaps?|serviceaccounts?|persistentvolumeclaims?) "(?:[\w.-]+\/)?([\w.-]+)" not found/i.exec(
      message,
    ) ?? [];
  const found = KINDS[kind.toLowerCase().replace(/s$/, '')];
  if (found && name) return { kind: found, name };
  // A volume names the keys that it wants: "references non-existent secret key: x".
  const [, kindOfVolume = '', missingKey] =
    /references non-existent (secret|config) key: ([\w.-]+)/.exec(message) ?? [];
  if (missingKey !== undefined) {
    return { kind: kindOfVolume === 'secret' ? 'Secret' : 'ConfigMap', name: '', key: missingKey };
  }
  return undefined;
}

/** The kubelet has not been told of the object yet; that passes. */
export function isCacheLag(message: string): boolean {
  return /failed to sync \w+ cache/.test(message);
}

/** What keeps a container's program from being started. */
export type StartFault = 'no-command' | 'no-permission' | 'format' | 'no-folder' | 'no-command-set' | 'other';

export function startFault(text: string): StartFault {
  const message = text.slice(0, READ);
  if (/no command specified/i.test(message)) return 'no-command-set';
  if (/exec format error/i.test(message)) return 'format';
  if (/chdir to cwd|mkdir .{0,200}cwd/i.test(message)) return 'no-folder';
  if (/executable file not found/i.test(message)) return 'no-command';
  // Mounts and namespaces fail with the same words.
  const [, ofProgram = ''] = /\bexec: (.*)$/s.exec(message) ?? [];
  if (/permission denied|operation not permitted|is a directory/i.test(ofProgram)) return 'no-permission';
  if (/no such file or directory/i.test(ofProgram)) return 'no-command';
  return 'other';
}

/** The program that a runtime's message names: `exec: "/server": stat /server: no such file or directory`. */
export function programIn(text: string): string | undefined {
  const message = text.slice(0, READ);
  return /exec: \\?"(.+?)\\?": /.exec(message)?.[1] ?? /exec ([^\s:"]+): exec format error/.exec(message)?.[1];
}

/** Taints by which Kubernetes itself marks a node that is in trouble (kubernetes.io: "Taints and Tolerations"). */
const NODE_TAINT =
  /node\.kubernetes\.io\/(not-ready|unreachable|disk-pressure|memory-pressure|pid-pressure|network-unavailable)|node\(s\) (?:were )?(not ready|unreachable)/;

/** What is the matter with the nodes, where the scheduler's message says only that. */
export function nodeTaint(message: string): string | undefined {
  if (/Insufficient|node affinity|node selector|unbound|persistentvolumeclaim/i.test(message)) return undefined;
  const match = NODE_TAINT.exec(message);
  return match?.[1] ?? match?.[2];
}

/** Whether the scheduler waits for storage, not for room. */
export function isAboutStorage(message: string): boolean {
  return /persistentvolumeclaim|persistent volume|volume node affinity|unbound immediate/i.test(message);
}

/** Takes out what a registry may repeat of a login: Docker Hub's rate-limit text names user and token. */
export function withoutLogin(text: string): string {
  return (
    text
      .replace(/(rate limit as )'[^']*'(?:: ?\S+?)?(?=[.\s]|$)/gi, '$1***')
      .replace(/\bdckr_[\w=-]+/g, '***')
      .replace(/(\bBearer |\bBasic )[\w.~+/=-]+/g, '$1***')
      .replace(/(:\/\/)[^\s/"'@]+@/g, '$1***@')
      // Addresses of layers are signed, each storage in its own way.
      .replace(/(:\/\/[^\s"'?:]{1,500}(?::\d{1,5}[^\s"'?:]{0,500})?\?)[^\s"']+/g, '$1***')
  );
}

/** The scheduler's reason, without what it says of pods that it might push out. */
export function scheduled(message: string): string {
  return message.replace(/[.,;]? (?:no new claims to deallocate|preemption: |not found$).*$/s, '').trim();
}

/** What an app says of itself, without what looks like a password: its last words are shown where many can read them. */
export function withoutPasswords(text: string): string {
  return text
    .replace(
      /\b([\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key)["']?\s{0,3}[=:]\s{0,3})(?:"[^"\n]+"|'[^'\n]+'|[^\s,;&"']+)/gi,
      '$1***',
    )
    .replace(/(:\/\/[^\s/:"'@]{0,200}:)[^\s/"'@]+@/g, '$1***@');
}
