import { because } from './because';

/** Problems with building and pushing. */
export const buildProblems = {
  'build.no-buildx': (p: { detail: string }) => ({
    what: because('Docker with buildx does not work on this runner', p.detail),
    next: 'Run the job on a runner that has Docker (such as ubuntu-latest), or add docker/setup-buildx-action before this step.',
  }),
  'build.no-engine': (p: { detail: string }) => ({
    what: because('The Docker engine does not run on this runner, or this job may not use it', p.detail),
    next: 'Run the job on a runner that has Docker (such as ubuntu-latest). On a machine of your own, start the engine ("sudo systemctl start docker") and put the runner\'s user into the group "docker".',
  }),
  'build.no-builder': (p: { builder: string; detail: string }) => ({
    what: because(`The builder "${p.builder}" is not there`, p.detail),
    next: 'Make it before this step, such as with docker/setup-buildx-action (its output "name"), or leave "builder" out.',
  }),
  'build.builder-cannot': (p: { builder: string; needs: readonly BuilderNeed[] }) => ({
    what: `The builder "${p.builder}" is the Docker engine's own, and that cannot do what is asked: ${listOf(p.needs.map((need) => NEEDS[need]))}.`,
    next: 'Leave "builder" out, so that this step makes one that can and removes it at the end of the job, or make one with docker/setup-buildx-action.',
  }),
  'build.no-buildkit': (p: { image: string; detail: string }) => ({
    what: because(`The builder's image "${p.image}" could not be pulled`, p.detail),
    next: 'Run the job again. If this runner cannot reach Docker Hub, make a builder that it can run (docker/setup-buildx-action with "driver-opts: image=…") and name it in "builder".',
  }),
  'build.no-boot': (p: { detail: string }) => ({
    what: because('A builder for this run could not be started', p.detail),
    next: 'Look whether this runner may run privileged containers; otherwise make a builder that it can run and name it in "builder".',
  }),
  'build.failed': (p: { detail: string; tail: string }) => ({
    what: `${because('The image could not be built', p.detail)}\nThe end of docker's output:\n${p.tail}`,
    next: 'The whole output stands in the group "Build and push" above. Mend the Dockerfile or what it copies, and push again.',
  }),
  'build.push-denied': (p: { repository: string; username: string; detail: string }) => ({
    what: because(
      `The registry refused the push to "${p.repository}"${p.username ? ` by "${p.username}"` : ' without a login of this step'}`,
      p.detail,
    ),
    next: p.username
      ? `Check that the repository exists and that "${p.username}" may push to it. ${rightToWrite(p.repository)}`
      : 'Set "registry-username" and "registry-password".',
  }),
  'build.push-missing': (p: { repository: string; detail: string }) => ({
    what: because(`The registry has no repository "${p.repository}"`, p.detail),
    next: `Make "${p.repository}" in the registry, for this one does not do so by itself, or correct "image".`,
  }),
  'build.push-limit': (p: { registry: string; tries: number; detail: string }) => ({
    what: because(`The registry ${p.registry} takes no more pushes for now, after ${p.tries} tries`, p.detail),
    next: 'Wait some minutes and run the job again; what is pushed already is not pushed again.',
  }),
  'build.pull-limit': (p: { detail: string }) => ({
    what: because('The registry gives out no more images for now, so a base image could not be pulled', p.detail),
    next: 'Docker Hub allows few pulls without a login, and runners share their addresses: set "registry-username" and "registry-password" (or "registry-auth", if the image itself goes to another registry). Otherwise wait, and run the job again.',
  }),
  'build.base-denied': (p: { detail: string }) => ({
    what: because('A base image could not be pulled: it does not exist, or it needs a login', p.detail),
    next: 'Correct the name in the FROM line of the Dockerfile. For a private image of another registry, give its login in "registry-auth".',
  }),
  'build.push-failed': (p: { repository: string; detail: string }) => ({
    what: because(`The registry did not take the push to "${p.repository}"`, p.detail),
    next: 'Mend what the registry says. Where a tag may not be pushed twice, give each build a tag of its own, such as ${{ github.sha }}, and set "skip-existing: true".',
  }),
  'build.silent': (p: { tries: number; detail: string }) => ({
    what: because(
      `A registry has said nothing for minutes${p.tries > 1 ? `, ${p.tries} times` : ''}; docker's last line was`,
      p.detail,
    ),
    next: "Look at the registry's status page and at the runner's network, and run the job again. On a runner of your own, restart docker before that: its engine may wait for the lost request for ever.",
  }),
  'build.no-registry': (p: { detail: string }) => ({
    what: because('There is no registry of that name, as far as this runner can see', p.detail),
    next: 'Correct "image", or the FROM line of the Dockerfile. If the name is right, look at the network of the runner.',
  }),
  'build.registry': (p: { registry: string; tries: number; detail: string }) => ({
    what: because(
      `The registry (${p.registry}, or that of a base image) does not work as it should${p.tries > 1 ? `, after ${p.tries} tries` : ''}`,
      p.detail,
    ),
    next: "Look at the registry's status page (Docker Hub: www.dockerstatus.com), and run the job again once it works; what is built and pushed already is not done again on the same runner.",
  }),
  'build.emulation': (p: { platforms: string; detail: string }) => ({
    what: because(
      `A step of the Dockerfile runs a program for another processor than this runner's${p.platforms ? ` ("platforms" is ${p.platforms})` : ''}`,
      p.detail,
    ),
    next: "Add docker/setup-qemu-action before this step, or build for the processor of the cluster's node alone.",
  }),
  'build.no-digest': (_: object) => ({
    what: 'The push ended without an error, but docker did not say which digest it pushed. What is not known is not deployed.',
    next: 'Update Docker and buildx on the runner, or add docker/setup-buildx-action before this step.',
  }),
  'build.unreadable': (p: { digest: string; detail: string }) => ({
    what: because(`The pushed image (${p.digest}) could not be read back from the registry`, p.detail),
    next: 'Run the job again. If it stays so, check that the login may pull as well as push.',
  }),
  'build.unproved': (p: { digest: string; tag: string }) => ({
    what: `The registry's ${p.digest} is not the image that was just built. Most likely another run has pushed the tag "${p.tag}" at the same time.`,
    next: 'Run the job again, and give each build a tag of its own, such as ${{ github.sha }}.',
  }),
  'registry.login': (p: { registry: string; username: string }) => ({
    what: `The registry ${p.registry} refused the login of "${p.username}": the user name or the password is wrong.`,
    next:
      p.registry === 'docker.io'
        ? 'Check "registry-username". Then make a new access token (Docker Hub → Account settings → Personal access tokens, "Read & Write") and put it into the secret that "registry-password" is taken from.'
        : 'Check "registry-username", and put a password or token that is valid into the secret that "registry-password" is taken from.',
  }),
  'registry.read-only': (p: { registry: string; repository: string; username: string }) => ({
    what: `The access token ${p.username ? 'in "registry-password"' : 'that docker is logged in with'} may read, but not write to "${p.repository}".`,
    next: `Make one that may write${
      p.registry === 'docker.io' ? ' (Docker Hub → Account settings → Personal access tokens, "Read & Write")' : ''
    } and put it into the secret that ${p.username ? '"registry-password"' : 'the login'} is taken from. If this one may write elsewhere, check that "image" names a repository that ${p.username ? `"${p.username}"` : 'it'} may push to.`,
  }),
  'registry.denied': (p: { repository: string; username: string }) => ({
    what: `The registry does not let "${p.username}" push to "${p.repository}".`,
    next: `Check that the repository exists and that "${p.username}" may push to it. ${rightToWrite(p.repository)}`,
  }),
};

export type BuilderNeed = 'platforms' | 'attestations' | 'cache';

const NEEDS: Record<BuilderNeed, string> = {
  platforms: 'an image for several platforms ("platforms")',
  attestations: 'attestations ("provenance", "sbom")',
  cache: 'the cache of "cache-from" and "cache-to"',
};

function listOf(items: readonly string[]): string {
  return items.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

function rightToWrite(repository: string): string {
  return repository.startsWith('ghcr.io/')
    ? 'A job that logs in with GITHUB_TOKEN needs "permissions: packages: write".'
    : 'The access token in "registry-password" must have the right to write ("Read & Write" on Docker Hub).';
}
