import { kindOf, resourceOf } from '../workload';
import { because, named } from './because';

/** Problems with the cluster: kubectl and the workload. */
export const clusterProblems = {
  'kubectl.missing': (p: { words: string; detail: string }) => ({
    what: because(`The command "${p.words}" cannot be run on the host`, p.detail),
    next: 'Install kubectl for the deploy user, or set "kubectl" to what works there, such as "sudo k3s kubectl" or "/usr/local/bin/kubectl". A command with sudo needs a rule in /etc/sudoers.d that lets the deploy user run it without a password (NOPASSWD).',
  }),
  'kubectl.no-config': (p: { detail: string }) => ({
    what: because('kubectl on the host does not know how to reach the cluster', p.detail),
    next: 'Give the deploy user a kubeconfig of this cluster on the host: the file ~/.kube/config, readable by that user. On k3s, "kubectl: sudo k3s kubectl" needs none.',
  }),
  'kubectl.unauthorized': (p: { detail: string }) => ({
    what: because("The cluster does not accept the deploy user's credentials", p.detail),
    next: "Put a valid token or certificate into the deploy user's ~/.kube/config on the host. The one there may have run out: certificates made by kubeadm last a year.",
  }),
  'kubectl.certificate': (p: { detail: string }) => ({
    what: because('A certificate of the cluster has expired', p.detail),
    next: 'On the host, as root, "kubeadm certs check-expiration" shows which one. "kubeadm certs renew all" renews them; they are in use after a restart of the host. If the deploy user\'s ~/.kube/config is a copy of /etc/kubernetes/admin.conf, copy it again.',
  }),
  'kubectl.unreachable': (p: { detail: string }) => ({
    what: because('The cluster does not answer', p.detail),
    next: 'On the host: "kubectl get nodes" and "sudo systemctl status kubelet" show whether the cluster runs. Run the job again when it does.',
  }),
  'kubectl.forbidden': (p: { detail: string }) => ({
    what: because('The deploy user may not do this in the cluster', p.detail),
    next: 'Check "namespace" first: a namespace that does not exist is answered this way too. Otherwise give the deploy user the rights that the README of this action lists: its Role and RoleBinding can be copied from there, and an administrator of the cluster (on a kubeadm host: root) applies them with "kubectl apply -f FILE".',
  }),
  'kubectl.other': (p: { detail: string }) => ({
    what: because('kubectl on the host failed', p.detail || 'it gave no reason'),
    next: 'Try it the way this step does, from another machine: "ssh USER@HOST \'kubectl get deployments\'". If that fails while it works after signing in, KUBECONFIG or PATH is set in a login file only: put the configuration into ~/.kube/config, or write kubectl\'s full path into the input "kubectl".',
  }),
  'kubectl.not-json': (p: { start: string }) => ({
    what: `kubectl on the host answered something that is not JSON: ${JSON.stringify(p.start)}`,
    next: 'See whether "kubectl" runs a script of its own there, or whether the login shell of the deploy user prints something: it must print nothing for a command.',
  }),
  'kubectl.odd-name': (p: { name: string }) => ({
    what: `kubectl on the host tells of an object called ${JSON.stringify(p.name)}, which no cluster allows.`,
    next: 'See whether "kubectl" runs a script of its own there. If it does not, somebody else may have got into the host: treat it so.',
  }),
  'workload.no-namespace': (p: { namespace: string }) => ({
    what: `The cluster has no namespace "${p.namespace}".`,
    next: `Correct "namespace", or create it: kubectl create namespace ${p.namespace}`,
  }),
  'workload.missing': (p: {
    deployment: string;
    namespace: string;
    others: readonly string[];
    /** What the input would have to be for a workload of that name that is of the other kind; empty where there is none. */
    instead: string;
  }) => ({
    what: `There is no ${named(p.deployment)} in the namespace "${p.namespace}"${p.instead === '' ? '' : `, but a ${kindOf(p.instead)} of that name`}.`,
    next:
      p.instead !== ''
        ? `If that is the one, write "deployment: ${p.instead}".`
        : p.others.length > 0
          ? `Correct "deployment" or "namespace". The ${kindOf(p.deployment)}s there: ${p.others.slice(0, 10).join(', ')}.`
          : `Correct "deployment" or "namespace", or create the ${kindOf(p.deployment)} from its manifest first (kubectl apply -f FILE). The namespace has none.`,
  }),
  'workload.no-container': (p: { deployment: string; container: string; names: readonly string[] }) => ({
    what: `The ${named(p.deployment)} has no container "${p.container}".`,
    next: `Set "container" to one of its containers: ${p.names.join(', ')}.`,
  }),
  'workload.which-container': (p: { deployment: string; names: readonly string[] }) => ({
    what: `The ${named(p.deployment)} has several containers, and it is not clear which one gets the image.`,
    next: `Set "container" to one of: ${p.names.join(', ')}.`,
  }),
  'workload.held': (p: { deployment: string; url: string }) => ({
    what: `Another run is still at work on the ${named(p.deployment)}: ${p.url}`,
    next: 'Wait until that run has ended, or cancel it, and run this job again. "concurrency" in the workflow lets runs wait for each other in GitHub, before they cost minutes.',
  }),
  'workload.paused': (p: { deployment: string; namespace: string }) => ({
    what: `The ${named(p.deployment)} is paused: it would take the new version and never roll it out.`,
    next: `Resume it, then run the job again: kubectl rollout resume ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'workload.zero': (p: { deployment: string; namespace: string }) => ({
    what: `The ${named(p.deployment)} is scaled to 0 replicas: no pod would start, so nothing could show that the new version works.`,
    next: `Scale it up, then run the job again: kubectl scale ${resourceOf(p.deployment)} -n ${p.namespace} --replicas=1`,
  }),
  'workload.on-delete': (p: { deployment: string; namespace: string }) => ({
    what: `The ${named(p.deployment)} has the update strategy OnDelete: its pods would keep the old version until somebody deletes them.`,
    next: `Let it replace its pods by itself, and run the job again: in its manifest (updateStrategy: {type: RollingUpdate}), or with: kubectl patch ${resourceOf(p.deployment)} -n ${p.namespace} -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'`,
  }),
  'workload.partition': (p: { deployment: string; namespace: string; partition: number; replicas: number }) => ({
    what: `The partition of the ${named(p.deployment)} (${p.partition}) is not smaller than the number of its replicas (${p.replicas}): no pod would get the new version.`,
    next: `Lower updateStrategy.rollingUpdate.partition in its manifest, and run the job again. For all pods: kubectl patch ${resourceOf(p.deployment)} -n ${p.namespace} -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
  }),
  'workload.deleting': (p: { deployment: string; namespace: string }) => ({
    what: `The ${named(p.deployment)} in "${p.namespace}" is being deleted.`,
    next: 'Wait until it is gone, create it again from its manifest, and run the job again.',
  }),
  'workload.soak': (p: { asked: number; deadline: number }) => ({
    what: `The input "soak" (${p.asked} s) is not shorter than the Deployment's progressDeadlineSeconds (${p.deadline} s), which the cluster does not allow.`,
    next: `Make "soak" shorter than ${p.deadline}s, or raise progressDeadlineSeconds in the manifest.`,
  }),
  'workload.verify-port': (p: { deployment: string; container: string; path: string }) => ({
    what: `It is not clear at which port "verify-path" is to be asked: the container "${p.container}" of the ${named(p.deployment)} names none.`,
    next: `Write the port before the path, such as ":8080${p.path}", or name it in the manifest (ports: [{containerPort: 8080}]).`,
  }),
  'workload.rejected': (p: { detail: string }) => ({
    what: because('The cluster does not accept the new version', p.detail),
    next: 'Nothing has been changed. A rule of the cluster (a webhook, a policy, a quota) or the workload itself stands against it, in the words above: do what they ask for, or show them to whoever looks after the cluster.',
  }),
  'workload.contended': (p: { deployment: string }) => ({
    what: `The ${named(p.deployment)} was changed again and again while the new version was to be written.`,
    next: 'See what else writes to it (another deploy, an autoscaler, a GitOps tool), and run the job again.',
  }),
  'workload.write-unknown': (p: { deployment: string; namespace: string; detail: string }) => ({
    what: because(
      `The new version was sent to the ${named(p.deployment)}, but no clear answer came back, so it is not known whether it took effect`,
      p.detail,
    ),
    next: `See which image it has (kubectl get ${resourceOf(p.deployment)} -n ${p.namespace} -o wide). Running the job again does no harm.`,
  }),
  'version.no-good': (p: { running: string }) => ({
    what: `No version is known to have served before the one that runs now (${p.running}), so there is none to go back to.`,
    next: 'To run an image of the registry, use the operation "redeploy" with its tag as "version".',
  }),
  'version.not-here': (p: { version: string; known: string }) => ({
    what: `No version "${p.version}" has run here${p.known ? `; known are ${p.known}` : ''}.`,
    next: 'Write a revision, a tag or an image of its history as "version". To run another image of the registry, use "operation: redeploy".',
  }),
  'version.ambiguous': (p: { version: string; tag: string; revision: string }) => ({
    what: `"${p.version}" is a tag here (${p.tag}) and the number of a revision (${p.revision}), and they are different images.`,
    next: 'Write the image that is meant in full as "version".',
  }),
  'version.has-failed': (p: { version: string; image: string }) => ({
    what: `The version "${p.version}" (${p.image}) failed when it ran here last; a rollback does not go to one that has.`,
    next: 'Choose another version. If it is to be tried again, use the operation "redeploy" with its tag as "version".',
  }),
  'version.missing': (p: { tried: string; version: string }) => ({
    what: `The registry has no image ${p.tried}.`,
    next: /^[0-9a-f]{7,39}$/.test(p.version)
      ? `"${p.version}" looks like the beginning of a commit: write all of its 40 characters, or the tag of the image.`
      : p.version
        ? 'Write a tag, a digest or a full commit as "version" for which an image was pushed.'
        : 'Without "version", a redeploy takes the first of "tags", by default the commit of this run: none was built of it, or not yet. Write the tag, digest or commit that is to run as "version".',
  }),
  'version.elsewhere': (p: { version: string; repository: string }) => ({
    what: `The version "${p.version}" is not an image of ${p.repository}.`,
    next: 'Write a tag, a digest or a commit of that repository, or correct "image".',
  }),
  'version.unreadable': (p: { image: string; detail: string }) => ({
    what: because(`The registry did not tell about ${p.image}`, p.detail),
    next: 'If it is private, check "registry-username" and "registry-password". Otherwise run the job again when the registry answers.',
  }),
  'version.other-build-args': (p: { image: string; running: string }) => ({
    what: `${p.image} was built with other build arguments than what runs now (${p.running}): it may be meant for another environment.`,
    next: 'Choose an image that was built for this environment. If the change is meant, set "allow-other-build-args".',
  }),
  'run.cancelled': (_: object) => ({
    what: 'The run was cancelled.',
    next: 'Run the job again when you want the new version out.',
  }),
  'run.unexpected': (p: { detail: string }) => ({
    what: because('Something unexpected happened', p.detail),
    next: 'Run the job again with "Enable debug logging". If it happens again, please report it with the log: https://github.com/medibird/deploy-action/issues',
  }),
};
