// Records what a rollout looks like, for the judge's tests:  node scripts/record.js NAMESPACE FILE [SECONDS]
// Polls kubectl, keeps each look that differs from the last, and writes them as JSON, one look a line.

const { execFile } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');

const execute = promisify(execFile);

/** @typedef {import('kubernetes-types/apps/v1').Deployment} Deployment */
/** @typedef {import('kubernetes-types/apps/v1').ReplicaSet} ReplicaSet */
/** @typedef {import('kubernetes-types/apps/v1').StatefulSet} StatefulSet */
/** @typedef {import('kubernetes-types/core/v1').Pod} Pod */
/** @typedef {{ ms: number, workload: Deployment | StatefulSet, replicaSets: ReplicaSet[], pods: Pod[] }} Look */

/**
 * @param {string} namespace With one Deployment or StatefulSet in it.
 * @param {number} seconds
 * @param {(look: Look) => boolean} [isEnd] Ends it earlier, some looks later.
 * @returns {Promise<Look[]>}
 */
async function record(namespace, seconds, isEnd = () => false) {
  const looks = [];
  const began = Date.now();
  let last = '';
  let end = began + seconds * 1000;
  while (Date.now() < end) {
    const { stdout } = await execute(
      'kubectl',
      ['get', 'deployments,statefulsets,replicasets,pods', '-n', namespace, '-o', 'json'],
      {
        maxBuffer: 2 ** 26,
      },
    );
    const items = JSON.parse(stdout).items.map(short);
    const of = (kind) => items.filter((item) => item.kind === kind);
    const [workload] = [...of('Deployment'), ...of('StatefulSet')];
    const ours = (pod) => pod.metadata.ownerReferences !== undefined;
    const look = { workload, replicaSets: of('ReplicaSet'), pods: of('Pod').filter(ours) };
    const text = JSON.stringify(look, (key, value) => (key === 'resourceVersion' ? undefined : value));
    if (text !== last) {
      looks.push({ ms: Date.now() - began, ...look });
      if (isEnd(looks[looks.length - 1])) end = Math.min(end, Date.now() + 3_000);
    }
    last = text;
    await sleep(200);
  }
  return looks;
}

/** Without what the judge never reads in it. The templates stay whole: a Deployment's and its ReplicaSets' are compared. */
function short(item) {
  const { metadata, spec, status } = item;
  drop(metadata, ['managedFields', 'generateName']);
  drop(metadata.annotations, ['kubectl.kubernetes.io/last-applied-configuration']);
  if (item.kind === 'Deployment' || item.kind === 'StatefulSet') return item;
  drop(metadata, ['resourceVersion']);
  drop(metadata.annotations, ['deployment.kubernetes.io/desired-replicas', 'deployment.kubernetes.io/max-replicas']);
  if (item.kind !== 'Pod') return item;
  const isToken = ({ name }) => name.startsWith('kube-api-access-');
  const rest = (list) => list?.filter((each) => !isToken(each));
  spec.volumes = rest(spec.volumes);
  drop(spec, ['tolerations', 'enableServiceLinks', 'preemptionPolicy', 'priority', 'schedulerName', 'serviceAccount']);
  drop(spec, ['dnsPolicy', 'securityContext', 'restartPolicy', 'terminationGracePeriodSeconds']);
  const { 'controller-revision-hash': revision } = metadata.labels ?? {};
  drop(metadata, ['labels']);
  if (revision !== undefined) metadata.labels = { 'controller-revision-hash': revision };
  drop(status, ['hostIP', 'hostIPs', 'podIP', 'podIPs', 'qosClass', 'observedGeneration']);
  for (const condition of status.conditions ?? []) drop(condition, ['lastProbeTime', 'observedGeneration']);
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    container.volumeMounts = rest(container.volumeMounts);
    drop(container, ['terminationMessagePath', 'terminationMessagePolicy', 'ports', 'env', 'imagePullPolicy']);
    drop(container, ['livenessProbe', 'readinessProbe', 'startupProbe']);
  }
  for (const one of [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]) {
    drop(one, ['containerID', 'imageID', 'volumeMounts', 'user', 'resources', 'allocatedResources']);
    for (const state of [one.state, one.lastState]) drop(state?.terminated, ['containerID']);
  }
  return item;
}

function drop(from, names) {
  for (const name of names) delete from?.[name];
}

/** @param {string} file @param {Look[]} looks */
function write(file, looks) {
  writeFileSync(file, `${looks.map((look) => JSON.stringify(look)).join('\n')}\n`);
}

if (require.main === module) {
  const [namespace, file, seconds = '60'] = process.argv.slice(2);
  record(namespace, Number(seconds)).then((looks) => {
    write(file, looks);
    process.stdout.write(`${looks.length} looks\n`);
  });
}

module.exports = { record, write };
