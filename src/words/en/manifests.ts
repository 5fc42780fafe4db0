import type { Operation } from '../../inputs/config';
import { because, named, quoted } from './because';

/** Problems with the files of `manifests`, and with what they would change. */
export const manifestProblems = {
  'manifests.missing': ({ path }: { path: string }) => ({
    what: `"manifests" names ${quoted(path)}, which is no file or folder of the workspace.`,
    next: 'Put actions/checkout before this step, and write the path relative to the root of the repository.',
  }),
  'manifests.outside': ({ path }: { path: string }) => ({
    what: `"manifests" names ${quoted(path)}, which leads out of the workspace.`,
    next: 'Name files and folders of the repository only; a link in it may not lead out of it either.',
  }),
  'manifests.empty': ({ path }: { path: string }) => ({
    what: `The folder ${quoted(path)} of "manifests" has no manifest: no file in it ends in .yaml, .yml or .json.`,
    next: 'Folders within a folder are not looked into: name each of them on a line of its own.',
  }),
  'manifests.large': ({ path, limit }: { path: string; limit: number }) => ({
    what: `The file ${quoted(path)} of "manifests" is larger than ${limit} bytes.`,
    next: 'An object of a cluster cannot be that large. Spread several over several files.',
  }),
  'manifests.unreadable': ({ file, detail }: { file: string; detail: string }) => ({
    what: because(`${file} cannot be read as YAML`, detail),
    next: 'Mend the line. "kubectl apply --dry-run=client -f FILE" reads the file the same way.',
  }),
  'manifests.incomplete': ({ field }: { field: string }) => ({
    what: `What begins here is no object of a cluster: its ${field} is missing, or is none that a cluster allows.`,
    next: 'Each document needs "apiVersion", "kind" and "metadata.name". Templates of Helm and Kustomize have to be rendered by a step before this one.',
  }),
  'manifests.namespace': ({ object, found, namespace }: { object: string; found: string; namespace: string }) => ({
    what: `${object} is meant for the namespace ${quoted(found)}, but this step deploys to "${namespace}".`,
    next: 'Leave "metadata.namespace" out of the manifests: the input "namespace" says where they go. What belongs into another namespace needs a step of its own.',
  }),
  'manifests.cluster-scoped': ({ object }: { object: string }) => ({
    what: `${object} belongs to no namespace but to the whole cluster; a deploy does not touch that.`,
    next: 'Take it out of "manifests", and let an administrator of the cluster apply it once.',
  }),
  'manifests.twice': ({ object, file, line }: { object: string; file: string; line: number }) => ({
    what: `${object} stands in "manifests" twice; it was first at ${file}, line ${line}.`,
    next: 'Leave one of them out, or name only the files that are meant.',
  }),
  'manifests.forbidden': ({ object, detail }: { object: string; detail: string }) => ({
    what: because(`The deploy user may not apply ${object}`, detail),
    next: 'An administrator of the cluster gives the right: on the host, the setup script with "--manifests" does for the kinds Deployment, StatefulSet, Service, ConfigMap and Ingress; others need a Role with get, create and patch, as the README shows. Or take the object out of "manifests".',
  }),
  'manifests.rejected': ({ object, detail }: { object: string; detail: string }) => ({
    what: because(`The cluster does not accept ${object}`, detail),
    next: 'Mend the manifest; the words above are the cluster\'s. A field that it calls immutable cannot be changed in place: by hand, "kubectl delete" and a new deploy create the object anew.',
  }),
  'manifests.conflict': ({
    object,
    manager,
    fields,
    command,
  }: {
    object: string;
    manager: string;
    fields: readonly string[];
    command: string;
  }) => ({
    what: `The manifest of ${object} sets what ${quoted(manager)} has set otherwise: ${fields.join(', ')}.`,
    next: `${
      manager === 'kubectl-client-side-apply'
        ? 'That was "kubectl apply", by hand or in another workflow. If the manifests are to decide from now on'
        : 'If that is to stay so (an autoscaler, somebody by hand), leave these fields out of the manifest. If the manifests are to decide'
    }, make it give the object up once, which changes nothing that runs, and run the job again${command ? `: ${command}` : '.'}`,
  }),
  'manifests.idle': ({ operation }: { operation: Operation['kind'] }) => ({
    what: `The operation "${operation}" applies no manifests: only a deploy does.`,
    next: 'What stands in "manifests" is left alone. To apply it, use "operation: deploy".',
  }),
  'manifests.not-restored': ({ object, detail }: { object: string; detail: string }) => ({
    what: because(`${object} could not be put back to how it was before this deploy`, detail),
    next: 'See what it is like now, and mend it, or run the job with the manifests of before.',
  }),
};

/** Lines of the log and the summary about manifests. */
export const manifestLines = {
  'manifests.survey': ({ created, changed, same }: { created: number; changed: number; same: number }) =>
    `Manifests: ${created} to create, ${changed} to change, ${same} as they are`,
  'manifests.create': ({ object }: { object: string }) => `+ ${object} (new)`,
  'manifests.untried': ({ namespace }: { namespace: string }) =>
    `The namespace ${namespace} is not there: the manifests make it, and nothing in it can be tried out before`,
  'manifests.workload-new': ({ deployment }: { deployment: string }) =>
    `There is no ${named(deployment)} yet: the manifests make it`,
  'manifests.created': ({ object }: { object: string }) => `Created ${object}`,
  'manifests.changed': ({ object }: { object: string }) => `Changed ${object}`,
  'manifests.applied': ({ object }: { object: string }) => `Applied the manifest of ${object}`,
  'manifests.settings': ({ objects }: { objects: string }) =>
    `${objects} changed, but not the pods' template: pods that take their environment from there go on with the old one until they are restarted ("operation: restart")`,
  'manifests.restored': ({ object }: { object: string }) => `${object} is as it was before this deploy`,
  'manifests.kept': ({ object }: { object: string }) =>
    `${object} was changed by somebody else meanwhile: that change stays`,
  'manifests.left': ({ objects }: { objects: string }) =>
    `This deploy has changed ${objects}, and nothing has put that back`,
  'manifests.stay': ({ objects, command }: { objects: string; command: string }) =>
    `This deploy has created ${objects}. They stay, for there may be data in them; to remove them: ${command}`,
  'plan.apply': ({ objects }: { objects: string }) => `Apply ${objects}`,
  'summary.manifests': (_: object) => 'What the manifests changed',
};
