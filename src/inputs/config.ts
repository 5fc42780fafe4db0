import type { ImageReference, Repository } from '../image/reference';
import type { Secret } from '../system/secret';
import type { HostKeys } from '../transport/hostkey';

/** Everything a run was told, checked. Times are in milliseconds. */
export interface Config {
  readonly image: ImageConfig;
  readonly build: BuildConfig;
  readonly host: HostConfig;
  readonly workload: WorkloadConfig;
  readonly verdict: VerdictConfig;
  readonly environmentUrl?: string;
  readonly run: RunInfo;
}

export interface ImageConfig {
  readonly repository: Repository;
  /** What is pushed; the first one is what the cluster's image name carries. Never empty. */
  readonly references: readonly [Tagged, ...Tagged[]];
  readonly credentials?: Credentials;
}

export type Tagged = ImageReference & { readonly tag: string };

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

export interface BuildConfig {
  readonly context: string;
  readonly file?: string;
  readonly target?: string;
  readonly buildArgs: readonly string[];
  readonly labels: readonly string[];
  readonly noCache: boolean;
  readonly pull: boolean;
}

export interface HostConfig {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly key: Secret;
  readonly passphrase?: Secret;
  readonly hostKeys: HostKeys;
  /** The words that start kubectl on the host, such as `sudo k3s kubectl`. */
  readonly kubectl: readonly string[];
}

export interface WorkloadConfig {
  readonly name: string;
  readonly namespace: string;
  readonly container?: string;
}

export interface VerdictConfig {
  readonly timeoutMs: number;
  /** How long a new pod must stay ready; left out: chosen by whether there is a readiness probe. */
  readonly soakMs?: number;
  /** A container that ends badly again after this many restarts is crashing. */
  readonly maxRestarts: number;
  readonly rollbackOnFailure: boolean;
  /** What a new pod is asked itself, before it counts. */
  readonly verifyPath?: VerifyPath;
  /** What the runner asks once the rollout is through. */
  readonly verifyUrl?: string;
}

export interface VerifyPath {
  /** Left out: the container's own. */
  readonly port?: number;
  /** From the slash on. */
  readonly path: string;
}

/** The workflow run that this is, for the records on the workload. */
export interface RunInfo {
  /** Unique to this run of the step. */
  readonly id: string;
  readonly url: string;
  readonly sha: string;
  readonly actor: string;
  readonly repository: string;
}
