import type { Config, RunInfo } from '../inputs/config';
import type { Clock } from '../system/clock';
import type { Secret } from '../system/secret';
import { line, type Problem, problem } from '../words/words';
import {
  apiProblem,
  begunStatus,
  type Change,
  type DeploymentStatus,
  finalStatus,
  lostStatus,
  type NewDeployment,
  newDeployment,
  refOf,
} from './deployment';
import type { Log } from './log';
import type { Report } from './report';

/** How long GitHub may take for one answer; it is asked once. */
const ANSWER_MS = 5_000;
/** How much later a run may end for its sake. After a cancel this is what is left of the time that GitHub grants. */
const END_MS = 1_000;

/** The two calls of GitHub's API. */
export interface DeploymentsApi {
  /** Gives the deployment's id. */
  create(deployment: NewDeployment): Promise<number>;
  setStatus(id: number, status: DeploymentStatus): Promise<void>;
}

/** What is left to the post step: a deployment of which GitHub may not have heard how it ended. */
interface Left {
  readonly id: number;
  /** Missing where the run had not come to its end. */
  readonly status?: DeploymentStatus;
}

export interface DeploymentTools {
  readonly api: DeploymentsApi;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info'>;
  readonly warn: (about: Problem) => void;
  /** Keeps a text for the post step; the last one stays. */
  readonly remember: (left: string) => void;
}

/** A run as GitHub shows it among the deployments of the repository. Nothing waits for it, and its trouble is only told. */
export class GitHubDeployment {
  #work: Promise<void> = Promise.resolve();
  #id: number | undefined;
  #hasEnded = false;
  #hasWarned = false;

  constructor(
    private readonly config: Pick<Config, 'run' | 'workload' | 'workloads'>,
    private readonly tools: DeploymentTools,
  ) {}

  /** Shows that an image is on its way. */
  begin(change: Change): void {
    const { api, log } = this.tools;
    const ref = refOf(change);
    if (ref === undefined) {
      log.info(line('deployment.no-ref', { image: change.image }));
      return;
    }
    this.#work = this.#telling(async () => {
      this.#id = await api.create(newDeployment(this.config, ref, change.image));
      this.#leave({ id: this.#id });
      if (!this.#hasEnded) await api.setStatus(this.#id, begunStatus(this.config.run.url));
    });
  }

  /** Shows how the run has ended. What GitHub has not answered by then, the post step tells it again. */
  async end(report: Report): Promise<void> {
    const { api, clock } = this.tools;
    this.#hasEnded = true;
    const status = finalStatus(report, this.config.run.url);
    if (this.#id !== undefined) this.#leave({ id: this.#id, status });
    const telling = this.#work.then(async () => {
      if (this.#id === undefined) return;
      this.#leave({ id: this.#id, status });
      // The post step tries it once more, and says why if that fails too.
      const isTold = await api.setStatus(this.#id, status).then(
        () => true,
        () => false,
      );
      if (isTold) this.tools.remember('');
    });
    const over = new AbortController();
    const late = clock.sleep(END_MS, over.signal).then(() => 'late');
    const isLate = (await Promise.race([telling, late])) === 'late';
    over.abort();
    if (isLate && this.#id === undefined) this.#warn(problem('github.deployment', { apiFault: 'silent', detail: '' }));
  }

  async #telling(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#warn(apiProblem(error)));
  }

  #leave(left: Left): void {
    this.tools.remember(JSON.stringify(left));
  }

  #warn(about: Problem): void {
    if (!this.#hasWarned) this.tools.warn(about);
    this.#hasWarned = true;
  }
}

/** In the post step: says how the run has ended, where GitHub does not know; `error` where nobody does. */
export async function endLeft(
  left: string,
  { run }: Pick<Config, 'run'>,
  { api, warn }: Pick<DeploymentTools, 'api' | 'warn'>,
): Promise<void> {
  const { id, status = lostStatus(run.url) } = JSON.parse(left) as Left;
  await api.setStatus(id, status).catch((error: unknown) => warn(apiProblem(error)));
}

/** GitHub's API, at the address that the runner gives (GITHUB_API_URL). Its client is loaded at the first call. */
export function deploymentsApi({ repository }: Pick<RunInfo, 'repository'>, token: Secret): DeploymentsApi {
  const [owner = '', repo = ''] = repository.split('/');
  const open = async () => {
    const { getOctokit } = await import('@actions/github');
    const request = { fetch, signal: AbortSignal.timeout(ANSWER_MS) };
    return getOctokit(token.reveal(), { request }).rest.repos;
  };
  return {
    async create(deployment) {
      const { data } = await (await open()).createDeployment({ owner, repo, ...deployment });
      if (!('id' in data)) throw new Error(data.message ?? '');
      return data.id;
    },
    async setStatus(id, status) {
      await (await open()).createDeploymentStatus({ owner, repo, deployment_id: id, ...status });
    },
  };
}
