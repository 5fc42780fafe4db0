import { getInput } from '@actions/core';
import { Context } from '@actions/github/lib/context';
import type { RunInfo } from './config';
import { INPUTS, type RawInputs } from './names';

/** The inputs from the runner's environment, with their line breaks and white space. */
export function readInputs(): RawInputs {
  return Object.fromEntries(INPUTS.map((name) => [name, getInput(name, { trimWhitespace: false })])) as RawInputs;
}

/** Names given under `with:` that this action does not have: the runner passes them on like any other. */
export function unknownInputs(environment: NodeJS.ProcessEnv = process.env): string[] {
  const known = new Set<string>(INPUTS.map((name) => `INPUT_${name.toUpperCase()}`));
  return Object.keys(environment)
    .filter((name) => name.startsWith('INPUT_') && !known.has(name))
    .map((name) => name.slice('INPUT_'.length).toLowerCase());
}

/** Which workflow run this is. `unique` tells two uses of the step in one job apart. */
export function readRun(unique: string): RunInfo {
  const context = new Context();
  const repository = process.env.GITHUB_REPOSITORY ?? 'unknown/unknown';
  const repositoryUrl = `${context.serverUrl}/${repository}`;
  const committedAt = (context.payload.head_commit as { timestamp?: unknown } | undefined)?.timestamp;
  return {
    id: `${context.runId || 0}-${context.runAttempt || 1}-${unique}`,
    url: `${repositoryUrl}/actions/runs/${context.runId || 0}`,
    sha: context.sha ?? '',
    actor: context.actor ?? '',
    repository,
    repositoryUrl,
    ...(typeof committedAt === 'string' && { committedAt }),
  };
}
