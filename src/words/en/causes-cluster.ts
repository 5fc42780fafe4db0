import { isStateful, resourceOf } from '../workload';
import { because } from './because';

interface Where {
  readonly deployment: string;
  readonly namespace: string;
}

/** Causes that lie in the cluster: room, rules, storage, nodes. */
export const clusterCauses = {
  'cause.no-room': ({
    resource,
    asks,
    free,
    node,
    deployment,
    detail,
  }: Where & { resource: string; asks: string; free: string; node: string; detail: string }) => ({
    what:
      free === ''
        ? because(
            `No node has room for a new pod${asks === '' ? '' : `, which asks for ${asks} of ${resource}`}`,
            detail,
          )
        : `No node has room for a new pod: the node ${node} has ${free} of ${resource} free, and the pod asks for ${asks}.`,
    next: isStateful(deployment)
      ? `Lower resources.requests in the manifest, or remove what is not needed (kubectl get pods -A -o wide).`
      : `While it is rolled out, the old and the new pod must fit at once. Lower resources.requests in the manifest, remove what is not needed (kubectl get pods -A -o wide), or let an old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1, which with one replica means a gap.`,
  }),
  'cause.port-taken': ({ deployment, detail }: Where & { detail: string }) => ({
    what: because(
      isStateful(deployment)
        ? 'No node can take a new pod: another one has the port of the node that it wants (hostPort)'
        : 'No node can take a new pod while the old one is there: both want the same port of the node (hostPort)',
      detail,
    ),
    next: isStateful(deployment)
      ? 'Have no more replicas than nodes, or use a Service instead of hostPort.'
      : 'Let the old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1 in the manifest (with one replica that means a gap). Or use a Service instead of hostPort.',
  }),
  'cause.kept-apart': ({ deployment, detail }: Where & { detail: string }) => ({
    what: because(
      'No node can take a new pod: the manifest keeps it apart from pods that are there (anti-affinity or topology spread)',
      detail,
    ),
    next: isStateful(deployment)
      ? 'Have no more replicas than the rule lets in, or make it a preferred one instead of a required one.'
      : 'Let the old pod go first: strategy.rollingUpdate with maxSurge: 0 and maxUnavailable: 1 in the manifest. Or make the rule a preferred one instead of a required one.',
  }),
  'cause.no-node': ({ detail }: Where & { detail: string }) => ({
    what: because('No node may take a new pod: a rule keeps it away', detail),
    next: 'Compare nodeSelector, affinity and tolerations in the manifest with the labels and taints (marks that keep pods away) of the nodes: "kubectl get nodes --show-labels" and "kubectl describe nodes" show them. A node that was taken out of service ("cordoned") comes back with: kubectl uncordon NODE',
  }),
  'cause.quota': ({ deployment, namespace, quota, detail }: Where & { quota: string; detail: string }) => ({
    what: because(
      `The namespace ${namespace} has used up its quota${quota === '' ? '' : ` "${quota}"`}, so no new pod may be created`,
      detail,
    ),
    next: `${isStateful(deployment) ? 'Raise the quota, or lower resources.requests and limits in the manifest.' : 'While it is rolled out, the old and the new pod count at once. Raise the quota, lower resources.requests and limits in the manifest, or let an old pod go first (maxSurge: 0, maxUnavailable: 1).'} What is used: kubectl describe quota -n ${namespace}`,
  }),
  'cause.limit-range': ({ namespace, detail }: Where & { detail: string }) => ({
    what: because(
      `The resources of the new pods are outside of what the namespace ${namespace} allows (its LimitRange)`,
      detail,
    ),
    next: `Change resources in the manifest, or the LimitRange. What it allows: kubectl describe limitrange -n ${namespace}`,
  }),
  'cause.pod-security': ({ namespace, detail }: Where & { detail: string }) => ({
    what: because(`The namespace ${namespace} does not let the new pods in (Pod Security)`, detail),
    next: 'Set what the words above ask for in the pod\'s securityContext in the manifest; for "restricted" mostly: runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}.',
  }),
  'cause.rule': ({ detail }: Where & { detail: string }) => ({
    what: because('A rule of the cluster does not let the new pods be created', detail),
    next: 'Do what the words above ask for in the manifest, or show them to whoever looks after the cluster: it is an admission policy or webhook of theirs.',
  }),
  'cause.webhook-away': ({ webhook, detail }: Where & { webhook: string; detail: string }) => ({
    what: because(
      `New pods cannot be created, because the cluster has to ask a program first (the webhook${webhook === '' ? '' : ` "${webhook}"`}), and that does not answer`,
      detail,
    ),
    next: 'Bring that program back, and run the job again. "kubectl get pods -A" shows whether its pods run; "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations" lists the webhooks that there are.',
  }),
  'cause.refused': ({ deployment, namespace, detail }: Where & { detail: string }) => ({
    what: because('The cluster does not create the new pods', detail),
    next: `More: kubectl describe ${resourceOf(deployment)} -n ${namespace}`,
  }),
  'cause.claim': ({ namespace, detail }: Where & { detail: string }) => ({
    what: because(
      'A new pod waits for its storage: a PersistentVolumeClaim is missing, on its way out, or has no volume',
      detail,
    ),
    next: `See what there is (kubectl get pvc -n ${namespace}). A claim that stays "Pending" needs a storage class that can make its volume (kubectl get storageclass), or a volume made by hand.`,
  }),
  'cause.setup': ({ namespace, pod, detail }: Where & { pod: string; detail: string }) => ({
    what: because('The node cannot prepare a new pod: its volumes or its network are not there', detail),
    next: `More, with all its events: kubectl describe pod ${pod} -n ${namespace}`,
  }),
  'cause.evicted': ({ count, detail }: Where & { count: number; detail: string }) => ({
    what: because(`The node threw ${count === 1 ? 'a new pod' : `${count} new pods`} out again`, detail),
    next: 'It had become short of what the words above name. Free some (disk: sudo crictl rmi --prune on the node; memory: kubectl top pods -A), or lower what the app uses (its ephemeral storage, an emptyDir with a limit).',
  }),
  'cause.node': ({ node, detail }: Where & { node: string; detail: string }) => ({
    what: `The node${node === '' ? '' : ` ${node}`} is in trouble (${detail}), so the new version cannot be judged. This is not the new version's fault, and it stays in place.`,
    next: 'On the host: "kubectl get nodes", then "sudo systemctl status kubelet containerd", "df -h" and "free -m". When the node is Ready again, the cluster goes on by itself; run the job again to see it verified.',
  }),
};
