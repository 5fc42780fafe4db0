import { because } from './because';

/** Problems with building and pushing. */
export const buildProblems = {
  'build.no-buildx': ({ detail }: { detail: string }) => ({
    what: because('Docker with buildx does not work on this runner', detail),
    next: 'Run the job on a runner that has Docker (such as ubuntu-latest), or add docker/setup-buildx-action before this step.',
  }),
  'build.old-buildx': ({ version }: { version: string }) => ({
    what: `This runner's buildx (${version}) is too old to be logged in without changing the machine's Docker configuration; 0.26 is the first that can.`,
    next: 'Update buildx on the runner, or add docker/setup-buildx-action before this step.',
  }),
  'build.failed': ({ tail }: { tail: string }) => ({
    what: `The image could not be built and pushed. The end of docker's output:\n${tail}`,
    next: 'The whole output stands in the group "Build and push" above. Mend the Dockerfile or what it copies, and push again.',
  }),
  'build.push-denied': ({ repository, username }: { repository: string; username: string }) => ({
    what: `The registry refused the push to "${repository}"${username ? ` by "${username}"` : ' without a login'}.`,
    next: username
      ? `Check that the repository exists and that "${username}" may push to it. ${rightToWrite(repository)}`
      : 'Set "registry-username" and "registry-password".',
  }),
  'build.no-digest': (_: object) => ({
    what: 'The push ended without an error, but docker did not say which digest it pushed. What is not known is not deployed.',
    next: 'Update Docker and buildx on the runner, or add docker/setup-buildx-action before this step.',
  }),
  'build.unreadable': ({ digest, detail }: { digest: string; detail: string }) => ({
    what: because(`The pushed image (${digest}) could not be read back from the registry`, detail),
    next: 'Run the job again. If it stays so, check that the login may pull as well as push.',
  }),
  'build.unproved': ({ digest, tag }: { digest: string; tag: string }) => ({
    what: `The registry's ${digest} is not the image that was just built. Most likely another run has pushed the tag "${tag}" at the same time.`,
    next: 'Run the job again, and give each build a tag of its own, such as ${{ github.sha }}.',
  }),
  'registry.login': ({ registry, username }: { registry: string; username: string }) => ({
    what: `The registry ${registry} refused the login of "${username}": the user name or the password is wrong.`,
    next:
      registry === 'docker.io'
        ? 'Check "registry-username". Then make a new access token (Docker Hub → Account settings → Personal access tokens, "Read & Write") and put it into the secret that "registry-password" is taken from.'
        : 'Check "registry-username", and put a password or token that is valid into the secret that "registry-password" is taken from.',
  }),
  'registry.denied': ({ repository, username }: { repository: string; username: string }) => ({
    what: `The registry does not let "${username}" push to "${repository}".`,
    next: `Check that the repository exists and that "${username}" may push to it. ${rightToWrite(repository)}`,
  }),
};

function rightToWrite(repository: string): string {
  return repository.startsWith('ghcr.io/')
    ? 'A job that logs in with GITHUB_TOKEN needs "permissions: packages: write".'
    : 'The access token in "registry-password" must have the right to write ("Read & Write" on Docker Hub).';
}
