import { parseReference } from '../image/reference';
import type { Config } from '../inputs/config';
import type { Outcome } from '../outcome';
import { line, type Problem, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import type { Report } from './report';

/** What GitHub is asked to make, in the words of its API: https://docs.github.com/rest/deployments/deployments */
export interface NewDeployment {
  readonly ref: string;
  readonly environment: string;
  readonly description: string;
  readonly auto_merge: false;
  readonly required_contexts: [];
  readonly transient_environment: false;
}

/** How it goes, in the words of GitHub's API: https://docs.github.com/rest/deployments/statuses */
export interface DeploymentStatus {
  readonly state: 'in_progress' | FinalState;
  readonly description: string;
  readonly log_url: string;
  /** Whether the earlier successful deployments of the environment no longer serve. */
  readonly auto_inactive: boolean;
  readonly environment_url?: string;
}

export type FinalState = 'success' | 'failure' | 'error';

/** GitHub takes no longer description. */
const DESCRIPTION_CHARACTERS = 140;

const COMMIT = /(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f])/;

/** What has been put into the workload. */
export interface Change {
  readonly image: string;
  /** Empty where it is not known. */
  readonly commit: string;
}

/**
 * The commit of an image: the one that is known, or the one in its tag. A name such as `main` is none, for it moves; without a
 * commit there is nothing to show, since any other ref would be a lie.
 */
export function refOf({ image, commit }: Change): string | undefined {
  const inTag = COMMIT.exec(parseReference(image).value?.tag ?? '')?.[0];
  return COMMIT.exec(commit)?.[0] === commit ? commit : inTag;
}

/**
 * The deployment of an image. Its environment is the workload and not the namespace alone: a success makes the earlier ones of the
 * same environment inactive, and two apps of one repository must not do that to each other.
 */
export function newDeployment(
  { workload, workloads }: Pick<Config, 'workload' | 'workloads'>,
  ref: string,
  image: string,
): NewDeployment {
  return {
    ref,
    environment: `${workload.namespace}/${workloads.map(printWorkload).join('+')}`,
    description: cut(image),
    auto_merge: false,
    required_contexts: [],
    transient_environment: false,
  };
}

/**
 * `failure`: the version was seen not to serve, also where the one before is back. `error`: nobody knows, or it was not the version's
 * fault. A cancel is one, and not `inactive`: the cluster goes on with the rollout, and of `inactive` GitHub tells nobody.
 */
export function stateOf(outcome: Outcome): FinalState {
  switch (outcome) {
    case 'deployed':
    case 'unchanged':
    case 'restarted':
    case 'rolled-back':
      return 'success';
    case 'failed':
    case 'failed-rolled-back':
    case 'failed-rollback-failed':
    case 'failed-no-previous':
      return 'failure';
    // A plan puts nothing into the workload, so it has no deployment.
    case 'planned':
    case 'refused':
    case 'superseded':
    case 'cancelled':
    case 'unknown':
      return 'error';
    default:
      return outcome satisfies never;
  }
}

export function begunStatus(url: string): DeploymentStatus {
  const description = line('phase.title', { phase: 'watch' });
  return { state: 'in_progress', description, log_url: url, auto_inactive: false };
}

export function finalStatus(report: Report, url: string): DeploymentStatus {
  const { outcome, deployment, operation, environmentUrl } = report;
  const state = stateOf(outcome);
  return {
    state,
    description: cut(line('outcome.headline', { outcome, deployment, operation })),
    log_url: url,
    // After a failure the version before serves on, or again: its deployment stays the active one.
    auto_inactive: state === 'success',
    ...(environmentUrl && { environment_url: environmentUrl }),
  };
}

/** Of a run that has ended without a word, such as one that was killed. */
export function lostStatus(url: string): DeploymentStatus {
  return { state: 'error', description: cut(line('deployment.lost', {})), log_url: url, auto_inactive: false };
}

/** What GitHub's client throws: without a `response` there was none, whatever its `status` says. */
interface ApiError {
  readonly response?: { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> };
  readonly message?: string;
}

/** Why GitHub did not take it, and what to do. */
export function apiProblem(error: unknown): Problem {
  const { response, message } = error as ApiError;
  const detail = message?.split('\n')[0] ?? String(error);
  if (!response) return problem('github.deployment', { apiFault: 'silent', detail });
  const { status, headers } = response;
  const isLimited = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined;
  if (status === 429 || (status === 403 && isLimited))
    return problem('github.deployment', { apiFault: 'limit', detail });
  const faults = { 401: 'token', 403: 'right', 404: 'unseen', 422: 'commit' } as const;
  const apiFault = faults[status as keyof typeof faults] ?? 'trouble';
  return problem('github.deployment', { apiFault, detail: `${status} ${detail}`.trim() });
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= DESCRIPTION_CHARACTERS
    ? text
    : `${characters.slice(0, DESCRIPTION_CHARACTERS - 1).join('')}…`;
}
