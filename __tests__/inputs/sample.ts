import type { Config, Login, RunInfo } from '../../src/inputs/config';
import { INPUTS, type RawInputs } from '../../src/inputs/names';
import { parseInputs } from '../../src/inputs/parse';
import { explain, type Problem } from '../../src/words/words';

export const FINGERPRINT = `SHA256:${'A'.repeat(42)}E`;

export const RUN: RunInfo = {
  id: '4242-1-0a0b0c0d',
  url: 'https://github.com/medibird/example/actions/runs/4242',
  sha: '0123456789abcdef0123456789abcdef01234567',
  actor: 'somebody',
  repository: 'medibird/example',
  repositoryUrl: 'https://github.com/medibird/example',
};

const REQUIRED = {
  image: 'caringnote/caring-note-api',
  'ssh-host': '203.0.113.7',
  'ssh-username': 'deployer',
  'ssh-key': '-----BEGIN OPENSSH PRIVATE KEY-----\nnot looked into here\n-----END OPENSSH PRIVATE KEY-----',
  'ssh-host-key': FINGERPRINT,
  deployment: 'caring-note-api',
};

/** The least that a user writes, and what is given on top of it. */
export function rawInputs(given: Partial<RawInputs> = {}): RawInputs {
  const empty = Object.fromEntries(INPUTS.map((name) => [name, ''])) as RawInputs;
  return { ...empty, ...REQUIRED, ...given };
}

export function configOf(
  given: Partial<RawInputs> = {},
  run: RunInfo = RUN,
  otherLogins: readonly Login[] = [],
): Config {
  const parsed = parseInputs(rawInputs(given), run, otherLogins);
  if ('config' in parsed) return parsed.config;
  throw new Error(textOf(parsed.problems));
}

export function problemsOf(given: Partial<RawInputs>, run: RunInfo = RUN): readonly Problem[] {
  const parsed = parseInputs(rawInputs(given), run);
  return 'problems' in parsed ? parsed.problems : [];
}

export function codesOf(given: Partial<RawInputs>): string[] {
  return problemsOf(given).map(({ code }) => code);
}

/** Everything that a person would read. */
export function textOf(problems: readonly Problem[]): string {
  return problems.map((each) => Object.values(explain(each)).join('\n')).join('\n');
}
