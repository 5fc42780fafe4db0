import type { Operation } from '../../inputs/config';
import { because, named, quoted } from './because';

/** Problems with the files of `manifests`, and with what they would change. */
export const manifestProblems = {
  'manifests.missing': (p: { path: string }) => ({
    what: `"manifests" names ${quoted(p.path)}, which is no file or folder of the workspace.`,
    next: 'Put actions/checkout before this step, and write the path relative to the root of the repository.',
  }),
  'manifests.outside': (p: { path: string }) => ({
    what: `"manifests" names ${quoted(p.path)}, which leads out of the workspace.`,
    next: 'Name files and folders of the repository only; a link in it may not lead out of it either.',
  }),
  'manifests.empty': (p: { path: string }) => ({
    what: `The folder ${quoted(p.path)} of "manifests" has no manifest: no file in it ends in .yaml, .yml or .json.`,
    next: 'Folders within a folder are not looked into: name each of them on a line of its own.',
  }),
  'manifests.large': (p: { path: string; limit: number }) => ({
    what: `The file ${quoted(p.path)} of "manifests" is larger than ${p.limit} bytes.`,
    next: 'An object of a cluster cannot be that large. Spread several over several files.',
  }),
  'manifests.unreadable': (p: { file: string; detail: string }) => ({
    what: because(`${p.file} cannot be read as YAML`, p.detail),
    next: 'Mend the line. "kubectl apply --dry-run=client -f FILE" reads the file the same way.',
  }),
  'manifests.incomplete': (p: { field: string }) => ({
    what: `What begins here is no object of a cluster: its ${p.field} is missing, or is none that a cluster allows.`,
    next: 'Each document needs "apiVersion", "kind" and "metadata.name". Templates of Helm and Kustomize have to be rendered by a step before this one.',
  }),
  'manifests.namespace': (p: { object: string; found: string; namespace: string }) => ({
    what: `${p.object} is meant for the namespace ${quoted(p.found)}, but this step deploys to "${p.namespace}".`,
    next: 'Leave "metadata.namespace" out of the manifests: the input "namespace" says where they go. What belongs into another namespace needs a step of its own.',
  }),
  'manifests.cluster-scoped': (p: { object: string }) => ({
    what: `${p.object} belongs to no namespace but to the whole cluster; a deploy does not touch that.`,
    next: 'Take it out of "manifests", and let an administrator of the cluster apply it once.',
  }),
  'manifests.twice': (p: { object: string; file: string; line: number }) => ({
    what: `${p.object} stands in "manifests" twice; it was first at ${p.file}, line ${p.line}.`,
    next: 'Leave one of them out, or name only the files that are meant.',
  }),
  'manifests.forbidden': (p: { object: string; detail: string }) => ({
    what: because(`The deploy user may not apply ${p.object}`, p.detail),
    next: 'An administrator of the cluster gives the right: on the host, the setup script with "--manifests" does for the kinds Deployment, StatefulSet, Service, ConfigMap and Ingress; others need a Role with get, create and patch, as the README shows. Or take the object out of "manifests".',
  }),
  'manifests.rejected': (p: { object: string; detail: string }) => ({
    what: because(`The cluster does not accept ${p.object}`, p.detail),
    next: 'Mend the manifest; the words above are the cluster\'s. A field that it calls immutable cannot be changed in place: by hand, "kubectl delete" and a new deploy create the object anew.',
  }),
  'manifests.conflict': (p: { object: string; manager: string; fields: readonly string[]; command: string }) => ({
    what: `The manifest of ${p.object} sets what ${quoted(p.manager)} has set otherwise: ${p.fields.join(', ')}.`,
    next: `${
      p.manager === 'kubectl-client-side-apply'
        ? 'That was "kubectl apply", by hand or in another workflow. If the manifests are to decide from now on'
        : 'If that is to stay so (an autoscaler, somebody by hand), leave these fields out of the manifest. If the manifests are to decide'
    }, make it give the object up once, which changes nothing that runs, and run the job again${p.command ? `: ${p.command}` : '.'}`,
  }),
  'manifests.idle': (p: { operation: Operation['kind'] }) => ({
    what: `The operation "${p.operation}" applies no manifests: only a deploy does.`,
    next: 'What stands in "manifests" is left alone. To apply it, use "operation: deploy".',
  }),
  'manifests.not-restored': (p: { object: string; detail: string }) => ({
    what: because(`${p.object} could not be put back to how it was before this deploy`, p.detail),
    next: 'See what it is like now, and mend it, or run the job with the manifests of before.',
  }),
};

/** Lines of the log and the summary about manifests. */
export const manifestLines = {
  'manifests.survey': (p: { created: number; changed: number; same: number }) =>
    `Manifests: ${p.created} to create, ${p.changed} to change, ${p.same} as they are`,
  'manifests.create': (p: { object: string }) => `+ ${p.object} (new)`,
  'manifests.untried': (p: { namespace: string }) =>
    `The namespace ${p.namespace} is not there: the manifests make it, and nothing in it can be tried out before`,
  'manifests.workload-new': (p: { deployment: string }) =>
    `There is no ${named(p.deployment)} yet: the manifests make it`,
  'manifests.created': (p: { object: string }) => `Created ${p.object}`,
  'manifests.changed': (p: { object: string }) => `Changed ${p.object}`,
  'manifests.applied': (p: { object: string }) => `Applied the manifest of ${p.object}`,
  'manifests.settings': (p: { objects: string }) =>
    `${p.objects} changed, but not the pods' template: pods that take their environment from there go on with the old one until they are restarted ("operation: restart")`,
  'manifests.restored': (p: { object: string }) => `${p.object} is as it was before this deploy`,
  'manifests.kept': (p: { object: string }) => `${p.object} was changed by somebody else meanwhile: that change stays`,
  'manifests.left': (p: { objects: string }) => `This deploy has changed ${p.objects}, and nothing has put that back`,
  'manifests.stay': (p: { objects: string; command: string }) =>
    `This deploy has created ${p.objects}. They stay, for there may be data in them; to remove them: ${p.command}`,
  'plan.apply': (p: { objects: string }) => `Apply ${p.objects}`,
  'summary.manifests': (_: object) => 'What the manifests changed',
};
