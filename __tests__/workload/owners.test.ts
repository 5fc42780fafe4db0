import { Cluster } from '../../src/kubectl/client';
import type { Clock } from '../../src/system/clock';
import { annotations } from '../../src/workload/annotations';
import { giveBack } from '../../src/workload/owners';
import { annotationPatch } from '../../src/workload/patch';
import { FakeTransport } from '../fakes/transport';
import { configOf, RUN } from '../inputs/sample';
import { ApiServer, type Fate } from './api-server';
import { deployment } from './deployment';

const clock: Clock = { now: () => 0, today: () => new Date(0), sleep: async () => {} };

async function given(writer: string, fates: Fate[] = []) {
  const workload = deployment(({ metadata }) =>
    Object.assign(metadata.annotations ?? {}, { [annotations.deployId]: writer }),
  );
  const server = new ApiServer(workload, fates);
  const cluster = new Cluster(new FakeTransport(server.handler), ['kubectl']);
  await giveBack({ config: configOf(), cluster, clock }, (now) => annotationPatch(now, { owners: 'before' }));
  return server.object.metadata?.annotations?.owners;
}

describe('the owners of what went back', () => {
  it('are written on the workload as it is, also after conflicts', async () =>
    expect([await given(RUN.id), await given(RUN.id, ['overtaken', 'overtaken'])]).toEqual(['before', 'before']));

  it('stay as they are where somebody else has written it since', async () =>
    expect(await given('other')).toBeUndefined());
});

it('the owners of what went back are not waited for as long as the rollback itself', async () => {
  let now = 0;
  const passing: Clock = {
    ...clock,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const cluster = new Cluster(new FakeTransport(() => 'lost'), ['kubectl']);
  const writing = { config: configOf(), cluster, clock: passing, forMs: 600_000 };
  await expect(giveBack(writing, () => [])).rejects.toThrow();
  expect(now).toBeLessThanOrEqual(30_000);
});
