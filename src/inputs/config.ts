import type { ImageReference, Repository } from '../image/reference';
import type { WorkloadKind } from '../kubectl/objects';
import type { Manifest } from '../manifests/object';
import type { Secret } from '../system/secret';
import type { HostKeys } from '../transport/pins';

/** Everything a run was told, checked. Times are in milliseconds. */
export interface Config {
  readonly operation: Operation;
  /** Only tell what would be done. */
  readonly isDryRun: boolean;
  readonly image: ImageConfig;
  readonly build: BuildConfig;
  readonly host: HostConfig;
  /** The one that is worked on; of several, the first. */
  readonly workload: WorkloadConfig;
  /** All that get the image, in the order they were given in. */
  readonly workloads: readonly WorkloadConfig[];
  readonly verdict: VerdictConfig;
  readonly environmentUrl?: string;
  /** What to show the run with among GitHub's deployments; left out: it is not shown there. */
  readonly githubToken?: Secret;
  /** What a deploy applies; missing where it is given none, and with every other operation. */
  readonly manifests?: readonly Manifest[];
  readonly run: RunInfo;
}

/** What the run is to do. Only `deploy` builds. */
export type Operation =
  | { readonly kind: 'deploy' }
  /** `version`: a tag, a digest or a commit of an image in the registry; left out: the first of the tags. */
  | { readonly kind: 'redeploy'; readonly version?: string; readonly allowOtherBuildArgs: boolean }
  | { readonly kind: 'restart' }
  /** `version`: a revision or an image; left out: the last that served before what runs now. */
  | { readonly kind: 'rollback'; readonly version?: string };

export interface ImageConfig {
  readonly repository: Repository;
  /** What is pushed; the first one is what the cluster's image name carries. Never empty. */
  readonly references: readonly [Tagged, ...Tagged[]];
  readonly credentials?: Credentials;
  /** Logins of further registries, for base images and caches. */
  readonly otherLogins: readonly Login[];
}

export type Tagged = ImageReference & { readonly tag: string };

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

/** A login of one registry, named as in an image's name (`docker.io` for Docker Hub). */
export interface Login extends Credentials {
  readonly registry: string;
}

export interface BuildConfig {
  readonly context: string;
  readonly file?: string;
  readonly target?: string;
  /** A builder of the user's own; left out: docker's current one, or a temporary one where that cannot do what is asked. */
  readonly builder?: string;
  readonly network?: string;
  readonly buildArgs: readonly string[];
  readonly buildContexts: readonly string[];
  readonly secrets: readonly BuildSecret[];
  readonly labels: readonly string[];
  readonly platforms: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean;
  readonly pull: boolean;
  /** The options of an attestation; left out: none is made, and one platform gives one flat manifest. */
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
  /** An image that the registry has already is not built again. */
  readonly skipExisting: boolean;
}

/** A secret for `RUN --mount=type=secret,id=…`, from where it comes. */
export type BuildSecret = { readonly id: string } & (
  | { readonly value: Secret }
  | { readonly env: string }
  | { readonly file: string }
);

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
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
  /** What gets an image; empty: the only one, or the one whose repository matches. */
  readonly containers: readonly NamedContainer[];
}

export interface NamedContainer {
  readonly name: string;
  /** What it is to run; left out: what is built. */
  readonly image?: string;
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
  /** Where the repository is looked at, such as https://github.com/medibird/example. */
  readonly repositoryUrl: string;
  /** When the commit was made (ISO 8601); missing where neither git nor the event says so. */
  readonly committedAt?: string;
}
