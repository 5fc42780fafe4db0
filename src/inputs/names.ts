/** Every input of action.yml; a test holds the two against each other. */
export const INPUTS = [
  'operation',
  'version',
  'dry-run',
  'allow-other-build-args',
  'image',
  'tags',
  'registry-username',
  'registry-password',
  'registry-auth',
  'context',
  'file',
  'target',
  'build-args',
  'build-contexts',
  'secrets',
  'secret-envs',
  'secret-files',
  'labels',
  'platforms',
  'cache-from',
  'cache-to',
  'no-cache',
  'pull',
  'builder',
  'network',
  'provenance',
  'sbom',
  'skip-existing',
  'ssh-host',
  'ssh-port',
  'ssh-username',
  'ssh-key',
  'ssh-passphrase',
  'ssh-host-key',
  'kubectl',
  'deployment',
  'container',
  'namespace',
  'manifests',
  'timeout',
  'soak',
  'max-restarts',
  'rollback-on-failure',
  'verify-path',
  'verify-url',
  'environment-url',
  'github-deployment',
  'github-token',
  'language',
] as const;

export type InputName = (typeof INPUTS)[number];

/** Inputs of which a problem says what form they have. */
export type ShapedInput =
  | 'operation'
  | 'version'
  | 'dry-run'
  | 'allow-other-build-args'
  | 'registry-username'
  | 'context'
  | 'target'
  | 'platforms'
  | 'no-cache'
  | 'pull'
  | 'builder'
  | 'network'
  | 'provenance'
  | 'sbom'
  | 'skip-existing'
  | 'ssh-host'
  | 'ssh-port'
  | 'ssh-username'
  | 'kubectl'
  | 'deployment'
  | 'container'
  | 'namespace'
  | 'timeout'
  | 'max-restarts'
  | 'rollback-on-failure'
  | 'verify-path'
  | 'verify-url'
  | 'environment-url'
  | 'github-deployment'
  | 'language';

/** The inputs as the runner hands them over: an input that was not given is empty. */
export type RawInputs = Readonly<Record<InputName, string>>;

/** Inputs whose every line is kept out of the log. */
export const SECRET_INPUTS = [
  'registry-password',
  'registry-auth',
  'secrets',
  'ssh-key',
  'ssh-passphrase',
  'github-token',
] as const satisfies readonly InputName[];
