import { isStateful, resourceOf } from '../workload';
import { because } from './because';

interface Where {
  readonly deployment: string;
  readonly namespace: string;
}

/** Causes that lie in the cluster: room, rules, storage, nodes. */
export const clusterCauses = {
  'cause.no-room': (p: Where & { resource: string; asks: string; free: string; node: string; detail: string }) => ({
    what:
      p.free === ''
        ? because(
            `No node has room for a new pod${p.asks === '' ? '' : `, which asks for ${p.asks} of ${p.resource}`}`,
            p.detail,
          )
        : `No node has room for a new pod: the node ${p.node} has ${p.free} of ${p.resource} free, and the pod asks for ${p.asks}.`,
    next: isStateful(p.deployment)
      ? `Lower resources.requests in the manifest, or remove what is not needed (kubectl get pods -A -o wide).`
      : `While it is rolled out, the old and the new pod must fit at once. Lower resources.requests in the manifest, remove what is not needed (kubectl get pods -A -o wide), or let an old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1, which with one replica means a gap.`,
  }),
  'cause.port-taken': (p: Where & { detail: string }) => ({
    what: because(
      isStateful(p.deployment)
        ? 'No node can take a new pod: another one has the port of the node that it wants (hostPort)'
        : 'No node can take a new pod while the old one is there: both want the same port of the node (hostPort)',
      p.detail,
    ),
    next: isStateful(p.deployment)
      ? 'Have no more replicas than nodes, or use a Service instead of hostPort.'
      : 'Let the old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1 in the manifest (with one replica that means a gap). Or use a Service instead of hostPort.',
  }),
  'cause.kept-apart': (p: Where & { detail: string }) => ({
    what: because(
      'No node can take a new pod: the manifest keeps it apart from pods that are there (anti-affinity or topology spread)',
      p.detail,
    ),
    next: isStateful(p.deployment)
      ? 'Have no more replicas than the rule lets in, or make it a preferred one instead of a required one.'
      : 'Let the old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1 in the manifest. Or make the rule a preferred one instead of a required one.',
  }),
  'cause.no-node': (p: Where & { detail: string }) => ({
    what: because('No node may take a new pod: a rule keeps it away', p.detail),
    next: 'Compare nodeSelector, affinity and tolerations in the manifest with the labels and taints (marks that keep pods away) of the nodes: "kubectl get nodes --show-labels" and "kubectl describe nodes" show them. A node that was taken out of service ("cordoned") comes back with: kubectl uncordon NODE',
  }),
  'cause.quota': (p: Where & { quota: string; detail: string }) => ({
    what: because(
      `The namespace ${p.namespace} has used up its quota${p.quota === '' ? '' : ` "${p.quota}"`}, so no new pod may be created`,
      p.detail,
    ),
    next: `${isStateful(p.deployment) ? 'Raise the quota, or lower resources.requests and limits in the manifest.' : 'While it is rolled out, the old and the new pod count at once. Raise the quota, lower resources.requests and limits in the manifest, or let an old pod go first (maxSurge: 0, maxUnavailable: 1).'} What is used: kubectl describe quota -n ${p.namespace}`,
  }),
  'cause.limit-range': (p: Where & { detail: string }) => ({
    what: because(
      `The resources of the new pods are outside of what the namespace ${p.namespace} allows (its LimitRange)`,
      p.detail,
    ),
    next: `Change resources in the manifest, or the LimitRange. What it allows: kubectl describe limitrange -n ${p.namespace}`,
  }),
  'cause.pod-security': (p: Where & { detail: string }) => ({
    what: because(`The namespace ${p.namespace} does not let the new pods in (Pod Security)`, p.detail),
    next: 'Set what the words above ask for in the pod\'s securityContext in the manifest; for "restricted" mostly: runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}.',
  }),
  'cause.rule': (p: Where & { detail: string }) => ({
    what: because('A rule of the cluster does not let the new pods be created', p.detail),
    next: 'Do what the words above ask for in the manifest, or show them to whoever looks after the cluster: it is an admission policy or webhook of theirs.',
  }),
  'cause.webhook-away': (p: Where & { webhook: string; detail: string }) => ({
    what: because(
      `New pods cannot be created, because the cluster has to ask a program first (the webhook${p.webhook === '' ? '' : ` "${p.webhook}"`}), and that does not answer`,
      p.detail,
    ),
    next: 'Bring that program back, and run the job again. "kubectl get pods -A" shows whether its pods run; "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations" lists the webhooks that there are.',
  }),
  'cause.refused': (p: Where & { detail: string }) => ({
    what: because('The cluster does not create the new pods', p.detail),
    next: `More: kubectl describe ${resourceOf(p.deployment)} -n ${p.namespace}`,
  }),
  'cause.claim': (p: Where & { detail: string }) => ({
    what: because(
      'A new pod waits for its storage: a PersistentVolumeClaim is missing, on its way out, or has no volume',
      p.detail,
    ),
    next: `See what there is (kubectl get pvc -n ${p.namespace}). A claim that stays "Pending" needs a storage class that can make its volume (kubectl get storageclass), or a volume made by hand.`,
  }),
  'cause.setup': (p: Where & { pod: string; detail: string }) => ({
    what: because('The node cannot prepare a new pod: its volumes or its network are not there', p.detail),
    next: `More, with all its events: kubectl describe pod ${p.pod} -n ${p.namespace}`,
  }),
  'cause.evicted': (p: Where & { count: number; detail: string }) => ({
    what: because(`The node threw ${p.count === 1 ? 'a new pod' : `${p.count} new pods`} out again`, p.detail),
    next: 'It had become short of what the words above name. Free some (disk: sudo crictl rmi --prune on the node; memory: kubectl top pods -A), or lower what the app uses (its ephemeral storage, an emptyDir with a limit).',
  }),
  'cause.node': (p: Where & { node: string; detail: string }) => ({
    what: `The node${p.node === '' ? '' : ` ${p.node}`} is in trouble (${p.detail}), so the new version cannot be judged. This is not the new version's fault, and it stays in place.`,
    next: 'On the host: "kubectl get nodes", then "sudo systemctl status kubelet containerd", "df -h" and "free -m". When the node is Ready again, the cluster goes on by itself; run the job again to see it verified.',
  }),
};
