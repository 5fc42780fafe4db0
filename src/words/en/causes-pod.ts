import { printDuration } from '../../inputs/duration';
import type { StartFault } from '../../rollout/wording';
import { quote } from '../../transport/quote';
import { because, short } from './because';

/** One container of a new pod, as the messages name it. */
interface Container {
  readonly container: string;
  readonly pod: string;
  readonly namespace: string;
}

interface Image {
  readonly image: string;
  readonly namespace: string;
  readonly detail: string;
}

const describe = (pod: string, namespace: string) => `kubectl describe pod ${pod} -n ${namespace}`;
const times = (count: number) => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

/** Causes that lie in the image or in the pod: pulling it, its settings, its program. */
export const podCauses = {
  'cause.pull-bad-name': (p: Image) => ({
    what: because(`The node cannot read the image name "${short(p.image)}"`, p.detail),
    next: 'Correct the inputs "image" and "tags".',
  }),
  'cause.pull-never': (p: Image) => ({
    what: `The manifest forbids the node to pull images (imagePullPolicy: Never), and ${short(p.image)} is not on the node.`,
    next: 'Set imagePullPolicy to IfNotPresent (or Always) in the manifest.',
  }),
  'cause.pull-not-found': (p: Image & { isOurs: boolean }) => ({
    what: because(
      `The node does not find ${short(p.image)}${p.isOurs ? ', which this run pushed and saw in the registry' : ' in its registry'}`,
      p.detail,
    ),
    next: 'The node may ask somewhere else than this job does, or without a login: see whether its containerd has a mirror for this registry (/etc/containerd/certs.d), whether both resolve the registry\'s name to the same address, and, for a private repository, whether the manifest names a pull secret. Some registries answer "not found" to those who may not know.',
  }),
  'cause.pull-no-login': (p: Image) => ({
    what: because(
      `The node may not pull ${short(p.image)}: the password for pulling is missing, for the pods name no pull secret (imagePullSecrets)`,
      p.detail,
    ),
    next: `The login of this step is only for pushing; the cluster needs its own. Make it (for Docker Hub, leave --docker-server out):\n  kubectl create secret docker-registry registry -n ${p.namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN\nand name it in the manifest, under spec.template.spec: imagePullSecrets: [{name: registry}]. Or make the repository public.`,
  }),
  'cause.pull-secret-missing': (p: Image & { secret: string }) => ({
    what: because(
      `The node may not pull ${short(p.image)}: the password for pulling is missing, for the pull secret "${p.secret}" that the pods name is not in the namespace ${p.namespace}`,
      p.detail,
    ),
    next: `Make it (for Docker Hub, leave --docker-server out), and run the job again:\n  kubectl create secret docker-registry ${quote([p.secret])} -n ${p.namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN`,
  }),
  'cause.pull-denied': (p: Image & { secrets: readonly string[] }) => ({
    what: because(
      `The node may not pull ${short(p.image)}: the registry refuses the login in the pull ${p.secrets.length === 1 ? 'secret' : 'secrets'} ${p.secrets.join(', ')}`,
      p.detail,
    ),
    next: `See whether that token still exists and may read this repository, and whether the secret is for this registry. Renew it (for Docker Hub, leave --docker-server out), and run the job again:\n  kubectl delete secret ${quote([p.secrets[0] ?? 'registry'])} -n ${p.namespace}\n  kubectl create secret docker-registry ${quote([p.secrets[0] ?? 'registry'])} -n ${p.namespace} --docker-server=REGISTRY --docker-username=USER --docker-password=TOKEN`,
  }),
  'cause.pull-rate-limit': (p: Image & { secrets: readonly string[] }) => ({
    what: because(
      `The registry answers that the node has pulled too often (its rate limit), so it does not hand out ${short(p.image)}`,
      p.detail,
    ),
    next: `${p.secrets.length > 0 ? 'The account in the pull secret has used up its pulls' : 'Without a login all pulls from one address are counted together: give the pods a pull secret (imagePullSecrets), which has a much larger limit'}. Run the job again later: Docker Hub counts over six hours.`,
  }),
  'cause.pull-network': (p: Image) => ({
    what: because(`The node cannot reach the registry of ${short(p.image)}`, p.detail),
    next: 'On the node: "curl -sSI https://REGISTRY/v2/" shows whether the way there works (name server, firewall, proxy, the registry itself). Run the job again when it does.',
  }),
  'cause.pull-platform': (p: Image) => ({
    what: because(`${short(p.image)} is not made for the processor of the node`, p.detail),
    next: 'Build it on a runner with the node\'s architecture, or with a base image for it: "kubectl get nodes -L kubernetes.io/arch" shows which that is.',
  }),
  'cause.pull-slow': (p: Image & { ms: number; whose: 'timeout' | 'progress' }) => ({
    what: `The node was still pulling ${short(p.image)} when ${p.whose === 'timeout' ? `the ${printDuration(p.ms)} of "timeout" were` : "the Deployment's own deadline (progressDeadlineSeconds) was"} over.`,
    next: 'Its way to the registry is slow or stuck, or the image is very large: "sudo crictl pull IMAGE" on the node shows which. Make the image smaller, or the limit longer.',
  }),
  'cause.pull-other': (p: Image) => ({
    what: because(`The node cannot pull ${short(p.image)}`, p.detail),
    next: 'The reason stands in the words above, which are the node\'s own. On the node, "sudo crictl pull IMAGE" tries the same.',
  }),
  'cause.missing': (p: Container & { kind: string; name: string; key: string }) => ({
    what:
      p.key === ''
        ? `The ${p.kind} "${p.name}" that ${p.container === '' ? 'the pod' : `the container "${p.container}"`} needs is not in the namespace ${p.namespace}.`
        : `The ${p.kind}${p.name === '' ? '' : ` "${p.name}"`} has no key "${p.key}", which ${p.container === '' ? 'the pod' : `the container "${p.container}"`} needs.`,
    next:
      p.key === ''
        ? `Create it in the namespace ${p.namespace}, or correct its name in the manifest; then run the job again. What there is: kubectl get ${p.kind.toLowerCase()}s -n ${p.namespace}`
        : `Add the key to it, or correct the key's name in the manifest; then run the job again. Its keys: kubectl describe ${p.kind.toLowerCase()} ${p.name === '' ? 'NAME' : quote([p.name])} -n ${p.namespace}`,
  }),
  'cause.root': (p: Container & { detail: string }) => ({
    what: because(`The container "${p.container}" may not run as root (runAsNonRoot), and the image does`, p.detail),
    next: 'Give the Dockerfile a last line such as "USER 65532" (a number: a name cannot be checked), or set runAsUser in the manifest.',
  }),
  'cause.config': (p: Container & { detail: string }) => ({
    what: because(`The settings of the container "${p.container}" cannot be put together`, p.detail),
    next: `Correct what the words above name in the manifest. More: ${describe(p.pod, p.namespace)}`,
  }),
  'cause.start': (p: Container & { entrypoint: string; fault: StartFault; detail: string }) => {
    const it = p.entrypoint === '' ? "the image's start command" : `the image's start command "${p.entrypoint}"`;
    switch (p.fault) {
      case 'no-command':
        return {
          what: `The container "${p.container}" cannot be started: ${it} does not exist in the image.`,
          next: 'Correct ENTRYPOINT or CMD in the Dockerfile (or "command" in the manifest), or copy the program into the image. If it does exist, it is a script whose first line (#!…) names a program that does not, or a program that needs a C library which the image lacks. To look inside: docker run --rm -it --entrypoint sh IMAGE',
        };
      case 'no-permission':
        return {
          what: `The container "${p.container}" cannot be started: ${it} may not be executed.`,
          next: 'Make it executable in the Dockerfile (COPY --chmod=755 …, or RUN chmod +x …), and see that it is a program and no folder. Git keeps the right too: git update-index --chmod=+x FILE',
        };
      case 'format':
        return {
          what: `The container "${p.container}" cannot be started: ${it} is no program for the processor of the node (exec format error).`,
          next: 'Build the image for the node\'s architecture ("kubectl get nodes -L kubernetes.io/arch" shows it). A script needs a first line such as #!/bin/sh.',
        };
      case 'no-command-set':
        return {
          what: `The container "${p.container}" cannot be started: the image has no start command.`,
          next: 'Add ENTRYPOINT or CMD to the Dockerfile.',
        };
      case 'no-folder':
        return {
          what: because(
            `The container "${p.container}" cannot be started: its working directory cannot be entered`,
            p.detail,
          ),
          next: 'Correct WORKDIR in the Dockerfile, or workingDir in the manifest.',
        };
      case 'other':
        return {
          what: because(`The container "${p.container}" cannot be started`, p.detail),
          next: `The reason stands in the words above, which are the node's own. More: ${describe(p.pod, p.namespace)}`,
        };
      default:
        return p.fault satisfies never;
    }
  },
  'cause.format': (p: Container) => ({
    what: `The container "${p.container}" ends at once: its program is not made for the processor of the node (exec format error).`,
    next: 'Build the image for the node\'s architecture ("kubectl get nodes -L kubernetes.io/arch" shows it). A script needs a first line such as #!/bin/sh.',
  }),
  'cause.crash': (p: Container & { isInit: boolean; exitCode: number; ends: number; said: string }) => ({
    what: because(
      `The ${p.isInit ? 'init container' : 'container'} "${p.container}" starts and then ends${p.ends > 1 ? `, ${times(p.ends)} so far` : ''} (${exitText(p.exitCode)})`,
      p.said && `its last words: ${p.said}`,
    ),
    next: `${p.said === '' ? `No last words of it are known; see whether there are any (kubectl logs ${p.pod} -c ${p.container} -n ${p.namespace} --previous).` : 'Its last lines stand below; they mostly name the reason: a missing setting, a database that does not answer, a file that is not there.'} ${p.ends > 1 ? 'If it only waits for something that comes up late, raise "max-restarts".' : ''}`.trim(),
  }),
  'cause.probe-kill': (
    p: Container & { probe: 'liveness' | 'startup'; restarts: number; answer: string; check: string },
  ) => ({
    what: because(
      `The node has restarted the container "${p.container}" ${times(p.restarts)}, because its ${p.probe} probe (${p.check}) fails`,
      p.answer,
    ),
    next:
      p.probe === 'liveness'
        ? `See that the app still answers there and that the port is right. If it only starts slowly, give it a startupProbe, or raise initialDelaySeconds of the livenessProbe in the manifest.`
        : `See that the app answers there and that the port is right. If it only needs longer to start, raise failureThreshold of the startupProbe in the manifest.`,
  }),
  'cause.oom': (p: Container & { limit: string; ends: number }) => ({
    what: `The container "${p.container}" was killed${p.limit === '' ? ' because the node had no memory left' : ` at its memory limit of ${p.limit}`}, ${times(p.ends)}.`,
    next:
      p.limit === ''
        ? 'The node is short of memory: give the containers on it requests and limits, use less, or take a larger machine.'
        : 'Raise resources.limits.memory in the manifest, or make it need less. A JVM keeps within the limit with -XX:MaxRAMPercentage=75.',
  }),
  'cause.not-ready': (
    p: Container & {
      probe: 'readiness' | 'startup';
      check: string;
      answer: string;
      ms: number;
      whose: 'timeout' | 'progress';
    },
  ) => ({
    what: because(
      `The new version runs, but it was not ready within ${p.whose === 'timeout' ? `the ${printDuration(p.ms)} of "timeout"` : "the Deployment's own deadline (progressDeadlineSeconds)"}: its ${p.probe} probe (${p.check}) fails`,
      p.answer,
    ),
    next: `See why it does not answer there: its last lines stand below. A wrong port or path in the manifest shows the same. If it only needs longer to start, raise ${p.whose === 'timeout' ? '"timeout"' : 'progressDeadlineSeconds in the manifest, and "timeout" with it'}.`,
  }),
  'cause.verify-path': (p: { path: string; detail: string }) => ({
    what: because(`A new pod is ready, but it does not answer ${p.path} ("verify-path") as it should`, p.detail),
    next: `Its last lines stand below and mostly say why. Right is an answer from 200 to 299 (redirects are followed). An app that needs longer after it is ready needs a longer "soak".`,
  }),
  'cause.verify-url': (p: { url: string; detail: string }) => ({
    what: because(`The new pods are ready, but ${p.url} ("verify-url") does not answer as it should`, p.detail),
    next: 'Open it. If it answers there but not here, see whether the runner may reach it (firewall, DNS). Right is an answer from 200 to 299 (redirects are followed).',
  }),
};

/** What an exit code says by itself. */
function exitText(code: number): string {
  const known: Readonly<Record<number, string>> = {
    0: 'it ends as if it were done; a server has to go on',
    126: 'a program could not be executed',
    127: 'a program was not found',
    134: 'it gave up by itself, SIGABRT',
    137: 'killed, SIGKILL',
    139: 'it crashed, SIGSEGV',
    143: 'told to end, SIGTERM',
  };
  return `exit code ${code}${known[code] ? `: ${known[code]}` : ''}`;
}
