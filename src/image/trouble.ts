import type { Config } from '../inputs/config';
import { type Place, type Problem, problem } from '../words/words';
import { printRepository } from './reference';

/** What kept an image from being built and pushed. */
export type TroubleKind =
  | 'silent' // a registry that has not answered for long
  | 'registry' // the way to a registry: 5xx, a reset, a timeout
  | 'no-registry' // there is none of that name
  | 'push-unasked' // refused without having been asked who it is
  | 'push-limit'
  | 'push-denied'
  | 'push-read-only'
  | 'push-missing'
  | 'push-failed' // another word of the registry
  | 'pull-limit'
  | 'base-denied'
  | 'cache'
  | 'emulation'
  | 'engine'
  | 'no-builder'
  | 'step'; // the Dockerfile, or what it runs

export interface Trouble {
  readonly kind: TroubleKind;
  /** docker's own last word. */
  readonly said: string;
  /** The end of what it printed. */
  readonly tail: readonly string[];
  /** The line of the Dockerfile, where docker names one. */
  readonly at?: Place;
}

/** What each layer of docker puts in front of the reason. */
const WRAPPING =
  /^(?:error: |failed to (?:build|solve): |rpc error: code = \w+ desc = |failed to solve with frontend \S+: |failed to create LLB definition: )+/i;

/** How many of the last lines go into a problem. */
const TAIL = 20;

const TRANSIENT =
  /internal server error|bad gateway|service unavailable|gateway time-?out|(?:status|HTTP)\b.{0,200}\b5\d\d\b|connection reset|connection broken|broken pipe|\bEOF\b|time(?:d )?out|deadline exceeded|connection refused|temporary failure|server misbehaving|closed network connection|no response|closed pipe|cannot reuse body|request canceled|: unknown$|blob[ _]upload[ _](?:unknown|invalid)|blob unknown|digest invalid/i;
const LIMITED = /\b429\b|too ?many ?requests|rate limit/i;
const DENIED =
  /denied|unauthorized|no basic auth credentials|insufficient_scope|authorization failed|403 forbidden|HTTP 40[13]\b/i;
const READ_ONLY = /insufficient scopes|read[- ]only/i;
const MISSING = /name[_ ]unknown|(?:repository|project)\b.{0,200}(?:not found|does not exist in)/i;
/** The engine's words for a wrong login, but also where the registry was in too much trouble to ask for one. */
const NO_CHALLENGE = /\bunauthorized(?:: authentication required)?$/i;
const NO_BUILDER = /^error: (?:failed to build: )?no builder .* found$/i;
const NO_HOST = /no such host/i;
const CACHE = /\bcache (?:ex|im)port/i;
/** The steps that read and write caches, as buildx heads what they printed: ` > exporting cache to registry:`. */
const CACHE_STEP = /^ > (?:(?:ex|im)porting cache|exporting to GitHub Actions Cache)/;
/** A command of the Dockerfile: what it says of itself decides nothing. */
const STEP = /did not complete successfully|executor failed running/i;
/** A program for another processor, as the step that runs it prints. */
const FOREIGN = /^(?:#\d+ )?[\d.]+ exec \S+: exec format error$/;
const ENGINE =
  /cannot connect to the docker daemon|(?:failed|trying) to connect to the docker (?:api|daemon)|docker daemon is not running/i;
const SOURCE =
  /pull access denied|source metadata|failed to (?:resolve|fetch|copy|do request)|load metadata|httpReadSeeker|pulling from host|create LLB definition/i;
const NO_SOURCE = /\bnot found$|manifest unknown/i;

/**
 * Judges buildx's last words: it ends with 1 whatever went wrong. Only its own last error counts, for a program in the
 * build that is refused somewhere sounds much the same.
 */
export function troubleOf(lines: readonly string[], { isSilent = false } = {}): Trouble {
  const said = lastWord(lines);
  const kind = isSilent ? silentKind(lines) : kindOf(withoutNames(said), lines);
  return {
    kind,
    said: said.replace(WRAPPING, '').replace(/(https?:\/\/[^\s?]+)\?[^\s"]*/g, '$1'),
    tail: lines.slice(-TAIL),
  };
}

/** A cache that hangs comes after the push. */
function silentKind(lines: readonly string[]): TroubleKind {
  const step = lines.findLast((text) => /^#\d+ (?:pushing|exporting|importing) /.test(text)) ?? '';
  return /(?:ex|im)porting cache|GitHub Actions Cache/.test(step) ? 'cache' : 'silent';
}

/** The last error with the lines that belong to it: a registry's answer may hold several. */
function lastWord(lines: readonly string[]): string {
  const index = lines.findLastIndex((text) => /^error: /i.test(text));
  if (index < 0) return lines.at(-1) ?? '';
  const rest = lines.slice(index + 1).filter((text) => !/^(?:view build details|learn more|check out)\b/i.test(text));
  return [lines[index], ...rest].join(' ').trim();
}

/** BuildKit says what it was doing; the engine gives the registry's words alone. */
function isPushing(lines: readonly string[], said: string): boolean {
  return (
    /failed to push|push access denied/i.test(said) ||
    lines.some((text) =>
      /^(?:#\d+| >) (?:pushing .* with docker|merging manifest list )|^ > exporting to image:/.test(text),
    )
  );
}

/** A cache that could only not be read is told of too, beside what the build has really failed of. */
function isCaching(lines: readonly string[], said: string): boolean {
  const failed = lines.filter((text) => /^ > .*:$/.test(text));
  return CACHE.test(said) || (failed.length > 0 && failed.every((text) => CACHE_STEP.test(text)));
}

/** Images and addresses have names of all kinds: `team/access-denied:429`. */
function withoutNames(said: string): string {
  return said.replace(/'[^']*'/g, ' ').replace(/(?<!\S)(?!(?:i\/o|read\/write)\b)\S*\/\S*?(?=:?(?:\s|$))/g, ' ');
}

function kindOf(said: string, lines: readonly string[]): TroubleKind {
  if (ENGINE.test(said)) return 'engine';
  if (NO_BUILDER.test(said)) return 'no-builder';
  if (STEP.test(said)) return lines.some((text) => FOREIGN.test(text)) ? 'emulation' : 'step';
  if (NO_HOST.test(said)) return 'no-registry';
  if (isCaching(lines, said)) return 'cache';
  if (isPushing(lines, said)) {
    if (READ_ONLY.test(said)) return 'push-read-only';
    if (LIMITED.test(said)) return 'push-limit';
    if (NO_CHALLENGE.test(said)) return 'push-unasked';
    if (MISSING.test(said)) return 'push-missing';
    if (DENIED.test(said)) return 'push-denied';
    return TRANSIENT.test(said) ? 'registry' : 'push-failed';
  }
  if (SOURCE.test(said)) {
    if (LIMITED.test(said)) return 'pull-limit';
    if (DENIED.test(said) || NO_SOURCE.test(said)) return 'base-denied';
    if (TRANSIENT.test(said)) return 'registry';
  }
  return 'step';
}

/** Whether it is of a kind that passes: the same build may go through in a while. */
export function mayPass({ kind }: Trouble): boolean {
  return kind === 'registry' || kind === 'silent' || kind === 'push-limit';
}

/** Whether a registry may have answered so for want of a login. */
export function mayLackLogin({ kind }: Trouble): boolean {
  return ['push-unasked', 'push-denied', 'push-missing', 'base-denied', 'pull-limit'].includes(kind);
}

/** Whether docker got as far as to build anything: a cache's folder that cannot be made keeps it from that, without a word of a cache. */
export function hasBegun({ tail }: Trouble): boolean {
  return tail.some((text) => /^(?:#[1-9]\d* |-{6,}$)/.test(text));
}

export function isCacheTrouble({ kind }: Trouble): boolean {
  return kind === 'cache';
}

/** What a person reads about it. */
export function explainTrouble({ kind, said, tail, at }: Trouble, { build, image }: Config, tries: number): Problem {
  const repository = printRepository(image.repository);
  const username = image.credentials?.username ?? '';
  const { registry } = image.repository;
  switch (kind) {
    case 'push-denied':
    case 'push-unasked':
      return problem('build.push-denied', { repository, username, detail: said });
    case 'push-read-only':
      return problem('registry.read-only', { registry, repository, username });
    case 'push-missing':
      return problem('build.push-missing', { repository, detail: said });
    case 'push-limit':
      return problem('build.push-limit', { registry, tries, detail: said });
    case 'pull-limit':
      return problem('build.pull-limit', { detail: said });
    case 'base-denied':
      return problem('build.base-denied', { detail: said });
    case 'push-failed':
      return problem('build.push-failed', { repository, detail: said });
    case 'no-registry':
      return problem('build.no-registry', { detail: said });
    case 'silent':
      return problem('build.silent', { tries, detail: tail.at(-1) ?? '' });
    case 'registry':
      return problem('build.registry', { registry, tries, detail: said });
    case 'emulation':
      return problem('build.emulation', { platforms: build.platforms.join(', '), detail: said });
    case 'no-builder':
      return problem('build.no-builder', { builder: build.builder ?? '', detail: said });
    case 'engine':
      return problem('build.no-engine', { detail: said });
    case 'cache':
    case 'step':
      return problem('build.failed', { detail: said, tail: tail.join('\n') }, at);
    default:
      return kind satisfies never;
  }
}
