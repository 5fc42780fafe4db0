import type { NameFault } from '../../image/reference';
import { printDuration } from '../../inputs/duration';
import type { InputName } from '../../inputs/names';
import { because, quoted } from './because';

const FLAG = '"true" or "false"';

/** What each input has to be. */
const SHAPES = {
  operation: 'one of "deploy", "redeploy", "restart", "rollback"',
  version: 'a tag, a digest or a commit (redeploy), or a revision or an image (rollback)',
  'dry-run': FLAG,
  'allow-other-build-args': FLAG,
  'registry-username': 'the name alone, without a colon',
  context: 'a folder of the checked-out repository, such as "." or "./web"',
  target: 'the name of a stage of the Dockerfile',
  platforms: 'platforms such as "linux/amd64,linux/arm64"',
  'no-cache': FLAG,
  pull: FLAG,
  builder: 'the name of a builder, as "docker buildx ls" lists them',
  network: '"default", "none" or "host"',
  provenance: '"true", "false" or options such as "mode=max"',
  sbom: '"true", "false" or "generator=IMAGE"',
  'skip-existing': FLAG,
  'ssh-host': 'a host name or an IP address alone, such as "203.0.113.7", without user, port or scheme',
  'ssh-port': 'a number from 1 to 65535',
  'ssh-username': 'the name of the user on the host, such as "deployer"',
  kubectl: 'plain words, such as "kubectl" or "sudo k3s kubectl"',
  deployment:
    'the name of a Deployment, such as "caring-note-api", or "statefulset/NAME" (lower-case letters, digits and dashes)',
  container:
    'the name of a container (lower-case letters, digits and dashes) for the image that is built, or NAME=IMAGE for another image; one a line',
  namespace: 'the name of a namespace, such as "default" (lower-case letters, digits and dashes)',
  timeout: 'between 1s and 6h',
  'max-restarts': 'a whole number such as 2',
  'rollback-on-failure': FLAG,
  'verify-path': 'a path such as "/healthz", or one with a port before it such as ":8080/healthz"',
  'verify-url': 'an address such as "https://api.example.org"',
  'environment-url': 'an address such as "https://api.example.org"',
  'github-deployment': FLAG,
  language: '"en" or "ko"',
} satisfies Partial<Record<InputName, string>>;

/** Inputs of which a problem says what form they have. */
export type ShapedInput = keyof typeof SHAPES;

/** What the actions of the usual recipe call otherwise, or need and this one does not. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['username', 'The user of the registry is "registry-username" here, and that of the host "ssh-username".'],
  ['password', 'The registry\'s is "registry-password" here. The host is entered with a key alone: "ssh-key".'],
  ['registry', 'The registry stands in "image", such as "ghcr.io/user/name"; further logins go into "registry-auth".'],
  ['push', 'Remove it: this action always pushes.'],
  ['load', 'Remove it: this action pushes the image, and loads it nowhere.'],
  ['host', 'It is "ssh-host" here.'],
  ['port', 'It is "ssh-port" here.'],
  ['key', 'It is "ssh-key" here.'],
  ['passphrase', 'It is "ssh-passphrase" here.'],
  ['fingerprint', 'It is "ssh-host-key" here.'],
  ['script', 'Remove it: this action changes the image by itself; "deployment" and "namespace" say where.'],
]);

/** What is wrong with the name of an image; `part` is the part that it is about. */
const NAME_FAULTS: Record<NameFault, (part: string) => string> = {
  scheme: () => 'it starts with a scheme such as https://, which an image name never has',
  digest: () => 'it holds a digest, which is only known after the build',
  digests: () => 'it holds more than one @',
  tag: () => 'it holds a tag: tags have an input of their own, "tags"',
  registry: (part) => `"${part}" is not the name of a registry`,
  empty: () => 'a part before or after a slash is empty',
  component: (part) =>
    `"${part}" may only hold lower-case letters and digits, with single dots, dashes or underscores between`,
  length: (part) => `it is longer than ${part} characters`,
};

/** Problems with what was written under `with:`. */
export const inputProblems = {
  'input.missing': ({ name }: { name: string }) => ({
    what: `The input "${name}" is missing or empty.`,
    next: `Add "${name}: …" under "with:". If it comes from a secret or variable, check that this job can see it: its name, its environment, and that the workflow does not run for a fork.`,
  }),
  'input.control': ({ name }: { name: string }) => ({
    what: `The input "${name}" holds a line break or another control character.`,
    next: `Write "${name}" on one line.`,
  }),
  'input.nul': ({ name }: { name: string }) => ({
    what: `The input "${name}" holds a NUL character, which docker cannot be given.`,
    next: 'It is no text: a file goes in by "secret-files" or "build-contexts".',
  }),
  'input.tags': ({ detail }: { detail: string }) => ({
    what: because('An entry of "tags" does not fit', detail),
    next: 'Write a tag alone, such as "v1.2.3", or with its repository, such as "user/name:v1.2.3". A tag has up to 128 letters, digits, dots, dashes and underscores, and begins with none of dot and dash. Without "tags" the commit\'s SHA is used.',
  }),
  'input.version': ({ operation, given }: { operation: string; given: string }) => ({
    what: `The input "version" is ${quoted(given)}, but the operation "${operation}" takes none: a deploy builds its own, and a restart keeps what runs.`,
    next: 'Leave "version" empty, or choose the operation "redeploy" or "rollback".',
  }),
  'input.shape': ({ input, given }: { input: ShapedInput; given: string }) => ({
    what: `The input "${input}" is ${quoted(given)}, which does not fit.`,
    next: `Write ${SHAPES[input]}.`,
  }),
  'input.duration': ({ name, given }: { name: string; given: string }) => ({
    what: `The input "${name}" is ${quoted(given)}, which is no duration.`,
    next: 'Write a number with its unit, such as "90s", "10m" or "1h".',
  }),
  'input.soak': ({ soakMs, timeoutMs, pods = 1 }: { soakMs: number; timeoutMs: number; pods?: number }) => ({
    what: `A new pod has to stay ready for ${printDuration(soakMs)} (by "soak", by its default where there is no readiness probe, or by the workload's own minReadySeconds)${pods > 1 ? `, and the StatefulSet replaces its ${pods} pods one after another: that takes ${printDuration(soakMs * pods)} at least` : ''}, which is not shorter than the "timeout" of ${printDuration(timeoutMs)}: no deploy could ever succeed.`,
    next: 'Make "timeout" longer or "soak" shorter.',
  }),
  'input.list': ({ name, detail }: { name: string; detail: string }) => ({
    what: because(`The input "${name}" is not a list that can be read`, detail),
    next: 'Write one entry a line. An entry that holds a double quote or a line break stands in double quotes, with each inner quote doubled.',
  }),
  'input.workloads': ({ names, most }: { names: readonly string[]; most: number }) => ({
    what: `The input "deployment" names ${names.length} workloads: ${names.join(', ')}.`,
    next: `Name each once, and ${most} at most, one a line; further ones in another step.`,
  }),
  'input.containers': ({ names }: { names: readonly string[] }) => ({
    what: `The input "container" names ${names.join(', ')}, which is no list of containers that a build can go into.`,
    next: 'Name each container once, one a line: NAME for the image that is built (at least one), or NAME=IMAGE for another image.',
  }),
  'input.keyed': ({ name, entry }: { name: string; entry: number }) => ({
    what: `Entry ${entry} of the input "${name}" is not of the form NAME=value.`,
    next: 'Write one NAME=value a line. Where the value itself has line breaks, put the whole entry, its name included, in double quotes.',
  }),
  'input.login': ({ missing }: { missing: string }) => ({
    what: `The input "${missing}" is empty, but its counterpart is given: a login needs both.`,
    next: `Add "${missing}", or leave both out if the registry needs no login. If it comes from a secret, check that this job can see it.`,
  }),
  'input.login-twice': ({ registry }: { registry: string }) => ({
    what: `Two logins are given for the registry ${registry}; docker knows one for each.`,
    next: 'Leave one out. "registry-username" and "registry-password" are for the registry of "image", "registry-auth" is for further ones.',
  }),
  'input.registry-auth': ({ entry }: { entry?: number }) => ({
    what:
      entry === undefined
        ? 'The input "registry-auth" is not a list in YAML.'
        : `Entry ${entry} of "registry-auth" does not have a "username" (without a colon) and a "password" as text (and a "registry", unless it is Docker Hub).`,
    next: 'Write it as docker/login-action does, behind "registry-auth: |":\n- registry: ghcr.io\n  username: ${{ github.actor }}\n  password: ${{ secrets.GITHUB_TOKEN }}\nA password of digits alone stands in quotes. If one comes from a secret, check that this job can see it.',
  }),
  'input.secret-size': ({ entry, limit }: { entry: number; limit: number }) => ({
    what: `Entry ${entry} of "secrets" is longer than ${limit} KiB.`,
    next: 'Write it to a file in a step before this one, and name the file in "secret-files".',
  }),
  'input.secret-env': ({ entry }: { entry: number }) => ({
    what: `Entry ${entry} of "secret-envs" does not name an environment variable.`,
    next: 'Write "id=VARIABLE", with the name of a variable that the step gets by "env:", not its value.',
  }),
  'input.secret-twice': (_: object) => ({
    what: 'Two build secrets have the same id.',
    next: 'Give each id once, in "secrets", "secret-envs" or "secret-files".',
  }),
  'input.no-context': ({ context }: { context: string }) => ({
    what: `The build context ${quoted(context)} is not a folder of the workspace.`,
    next: 'Put actions/checkout before this step, and write "context" relative to the root of the repository.',
  }),
  'input.no-dockerfile': ({ file }: { file: string }) => ({
    what: `The Dockerfile ${quoted(file)} does not exist.`,
    next: 'Put actions/checkout before this step, and write "file" relative to the root of the repository (not to "context").',
  }),
  'input.unknown': ({ name, nearest }: { name: string; nearest: string }) => ({
    what: `This action has no input ${quoted(name)}; it is ignored.`,
    next: ELSEWHERE.get(name) ?? (nearest === '' ? 'Remove it from "with:".' : `Did you mean "${nearest}"?`),
  }),
  'image.name': ({ given, nameFault, part }: { given: string; nameFault: NameFault; part: string }) => ({
    what: `${quoted(given)} is not the name of an image: ${NAME_FAULTS[nameFault](part)}.`,
    next: given.startsWith('/')
      ? 'The part before the slash is empty. If it comes from a variable (vars.X), this job sees none of that name: it may be stored as a secret, be spelt otherwise, or belong to another environment (Settings → Secrets and variables → Actions).'
      : 'Write it as "user/name" for Docker Hub, or "registry.example.org/user/name" for another registry.',
  }),
  'image.capitals': ({ given, lower }: { given: string; lower: string }) => ({
    what: `The image name ${quoted(given)} has capital letters, which registries do not allow.`,
    next: `Write ${quoted(lower)}.`,
  }),
  'image.tag': ({ given }: { given: string }) => ({
    what: `${quoted(given)} is not a tag.`,
    next: 'A tag has up to 128 letters, digits, dots, dashes and underscores, and begins with none of dot and dash. Without "tags" the commit\'s SHA is used.',
  }),
  'image.digest': ({ given }: { given: string }) => ({
    what: `${quoted(given)} is not a digest.`,
    next: 'A digest is "sha256:" and 64 hexadecimal digits.',
  }),
  'image.tagless': ({ given }: { given: string }) => ({
    what: `The entry ${quoted(given)} of "tags" cannot be pushed as a tag: it has none, or it has a digest.`,
    next: 'Write a tag alone, such as "v1.2.3", or with its repository, such as "user/name:v1.2.3".',
  }),
  'image.no-own-tag': (_: object) => ({
    what: 'None of the entries of "tags" belongs to the repository that "image" names, so the cluster would have none to run.',
    next: 'Add a tag without a repository in front of it, such as ${{ github.sha }}.',
  }),
};
