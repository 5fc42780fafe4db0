// Records what a rollout looks like, for the judge's tests:  node scripts/record.js NAMESPACE FILE [SECONDS]
// Polls kubectl, keeps each look that differs from the last, and writes them as JSON, one look a line.

const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');

const [namespace, file, seconds = '60'] = process.argv.slice(2);
const looks = [];
const began = Date.now();
let last = '';
while (Date.now() - began < Number(seconds) * 1000) {
  const text = execFileSync('kubectl', ['get', 'deployments,replicasets,pods', '-n', namespace, '-o', 'json'], {
    encoding: 'utf8',
  });
  const items = JSON.parse(text).items.map((item) => {
    delete item.metadata.managedFields;
    delete item.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
    return item;
  });
  const of = (kind) => items.filter((item) => item.kind === kind);
  const look = JSON.stringify({ workload: of('Deployment')[0], replicaSets: of('ReplicaSet'), pods: of('Pod') });
  if (look !== last) looks.push(JSON.stringify({ ms: Date.now() - began, ...JSON.parse(look) }));
  last = look;
}
writeFileSync(file, `${looks.join('\n')}\n`);
process.stdout.write(`${looks.length} looks\n`);
