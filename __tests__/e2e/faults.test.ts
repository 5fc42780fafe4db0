import { faultsOf } from '../../bench/faults/judge';
import { Rig as FaultRig } from '../../bench/faults/trial';

jest.setTimeout(180_000);

type Rig = InstanceType<typeof FaultRig>;
type Case = Parameters<Rig['tryOut']>[0];
type Row = Parameters<typeof faultsOf>[0];

/** Some of what `bench/faults.js` tries, side by side on an app each: mostly they wait. The others of it have tests of their own. */
const lanes: Readonly<Record<string, Case>>[] = [
  { 'a connection that goes silent just before the patch': { cut: 'patch', fault: 'drop' } },
  {
    'an API server that is restarted when the patch has taken effect but before it says so': {
      cut: 'patched',
      fault: 'api',
    },
    'an sshd that is restarted when the patch of a rollback has taken effect': { cut: 'rolled-back', fault: 'sshd' },
  },
  {
    'an API server that is restarted during the preflight': { cut: 'preflight', fault: 'api' },
    'a connection that is reset before a patch which then arrives late': { cut: 'patch-late', fault: 'reset' },
    'a cancel just before the outcome is recorded': { cut: 'recording', fault: 'SIGINT' },
  },
];

/** What is left of a run on the host is looked for so soon that it costs no time. */
const rigs = lanes.map(() => new FaultRig({ leftMs: 5_000 }));
const rows = new Map<string, Promise<Row>>();

async function tryOut(rig: Rig, each: Case): Promise<Row> {
  const { measured, left } = await rig.tryOut(each);
  return { ...each, ...measured, left: await left, action: '' };
}

beforeAll(async () => {
  for (const rig of rigs) await rig.install();
  for (const [index, lane] of lanes.entries()) {
    let before: Promise<unknown> = Promise.resolve();
    for (const [name, each] of Object.entries(lane)) {
      const row = before.then(() => tryOut(rigs[index] as Rig, each));
      rows.set(name, row);
      // Each is waited for by its own test.
      before = row.catch(() => undefined);
    }
  }
});
afterAll(async () => {
  for (const rig of rigs) await rig.remove();
});

describe('the outcome is the truth, users notice nothing, and the next run deploys, after', () => {
  it.each(lanes.flatMap((lane) => Object.keys(lane)))('%s', async (name) => {
    const row = await rows.get(name);
    if (!row) throw new Error('it was not tried');
    expect({ faults: faultsOf(row), log: faultsOf(row).length > 0 ? row.log : '' }).toEqual({ faults: [], log: '' });
  });
});
