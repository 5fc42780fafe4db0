import { problem } from '../words/words';
import type { VerdictConfig } from './config';
import type { Reader } from './reader';

const DEFAULT_TIMEOUT_MS = 600_000;
const MAX_TIMEOUT_MS = 6 * 3_600_000;
/** Two are granted to an app whose database comes up late. */
const DEFAULT_MAX_RESTARTS = 2;
/** The characters of a path and a query (RFC 3986), with a port before it or none. */
const VERIFY_PATH = /^(?::(\d{1,5}))?(\/[\w\-.~!$&'()*+,;=:@%/?]*)$/;

/** When a rollout is good, and what is done if it is not. */
export function parseVerdict(reader: Reader): VerdictConfig {
  const isDefault = reader.optional('timeout') === undefined;
  const timeoutMs = isDefault ? DEFAULT_TIMEOUT_MS : reader.duration('timeout');
  const soakMs = reader.duration('soak');
  const rest = {
    maxRestarts: parseMaxRestarts(reader),
    rollbackOnFailure: reader.flag('rollback-on-failure', true),
    ...parseVerifyPath(reader),
    ...parseVerifyUrl(reader),
  };
  if (timeoutMs === undefined) return { timeoutMs: DEFAULT_TIMEOUT_MS, ...rest };
  if (timeoutMs < 1_000 || timeoutMs > MAX_TIMEOUT_MS) {
    reader.problems.push(problem('input.shape', { input: 'timeout', given: reader.optional('timeout') ?? '' }));
  }
  if (soakMs !== undefined && soakMs >= timeoutMs) {
    reader.problems.push(problem('input.soak', { soakMs, timeoutMs }));
  }
  return { timeoutMs, ...rest, ...(soakMs !== undefined && { soakMs }) };
}

function parseMaxRestarts(reader: Reader): number {
  const text = reader.matching('max-restarts', reader.optional('max-restarts'), /^\d{1,3}$/);
  return text === undefined ? DEFAULT_MAX_RESTARTS : Number(text);
}

function parseVerifyPath(reader: Reader): Pick<VerdictConfig, 'verifyPath'> {
  const given = reader.line('verify-path');
  if (given === undefined) return {};
  const [, portText, path] = VERIFY_PATH.exec(given) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (path === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    reader.problems.push(problem('input.shape', { input: 'verify-path', given }));
    return {};
  }
  return { verifyPath: { path, ...(port !== undefined && { port }) } };
}

function parseVerifyUrl(reader: Reader): Pick<VerdictConfig, 'verifyUrl'> {
  const verifyUrl = parseUrl(reader, 'verify-url');
  return verifyUrl === undefined ? {} : { verifyUrl };
}

export function parseUrl(reader: Reader, name: 'environment-url' | 'verify-url'): string | undefined {
  const value = reader.line(name);
  if (value === undefined) return undefined;
  const url = /^https?:\/\/[^\s"'<>]+$/.test(value) ? URL.parse(value) : undefined;
  if (url && url.username === '' && url.password === '') return value;
  // A password that stands in it is not repeated.
  const given = value.replace(/\/\/.*@/, '//***@');
  reader.problems.push(problem('input.shape', { input: name, given }));
  return undefined;
}
