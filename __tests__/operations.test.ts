import { BUILD_ARGS_LABEL } from '../src/image/labels';
import { annotations } from '../src/workload/annotations';
import { type HistoryEntry, printHistory } from '../src/workload/history';
import { printHold } from '../src/workload/hold';
import type { Fate } from './fakes/pods';
import { IMAGE, run } from './fakes/world';
import { exited } from './image/processes';
import { RUN } from './inputs/sample';
import { deployment, OLD_IMAGE } from './workload/deployment';

const REPOSITORY = 'caringnote/caring-note-api';
const OTHER = `sha256:${'2'.repeat(64)}`;
/** buildx 0.38.2 at Docker Hub. */
const NOT_FOUND = (reference: string) => exited(1, '', `ERROR: docker.io/${reference}: not found`);
const imageWith = (buildArgs?: string) =>
  exited(
    0,
    JSON.stringify({
      manifest: { digest: OTHER },
      image: { config: { Labels: buildArgs ? { [BUILD_ARGS_LABEL]: buildArgs } : {} }, rootfs: {} },
    }),
  );
const entry = (image: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: image,
  image,
  run: 'https://github.com/medibird/example/actions/runs/1',
  at: '2026-11-20T10:30:00.000Z',
  outcome: 'deployed',
  ...more,
});
/** A workload of which our runs have written this down. */
const after = (...history: HistoryEntry[]) =>
  deployment(({ metadata }) =>
    Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(history) }),
  );
const holding = () =>
  deployment(({ metadata }) =>
    Object.assign(metadata.annotations ?? {}, {
      [annotations.hold]: printHold({ ...RUN, id: '77-1-00000000', url: 'https://example.org/77' }),
      [annotations.deployId]: '77-1-00000000',
    }),
  );
const carrying = (image: string) =>
  deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image }));

describe('a restart', () => {
  const inputs = { operation: 'restart' };

  it('says which image the new pods have', async () => {
    const { report, said } = await run({ inputs });
    expect(report.outcome).toBe('restarted');
    expect(said).toContain(`Container "caring-note-api": new pods of ${REPOSITORY}:old@sha256:111111111111…`);
  });

  it('of an image without a digest warns that the tag may mean another one by now', async () => {
    const { report } = await run({ inputs, workload: carrying(`${REPOSITORY}:latest`) });
    expect(report.warnings).toContainEqual(expect.stringMatching(/^caringnote\/caring-note-api:latest has no digest/));
  });

  it('whose pods do not come up is taken back, and said to be', async () => {
    const fates: Record<string, Fate> = { [OLD_IMAGE]: 'crashes' };
    const mend = () => {
      fates[OLD_IMAGE] = 'serves';
    };
    const { report, said, codes } = await run({ inputs, fates, onEvidence: mend });
    expect([report.outcome, codes]).toEqual(['failed-rolled-back', ['cause.crash']]);
    expect(said).toContain('The restart of container "caring-note-api" is taken back: the pods of before serve on');
  });

  it('shows what the container has run, the newest at the bottom', async () => {
    const older = entry(`${REPOSITORY}:older@${OTHER}`, { revision: '2' });
    const { said } = await run({ inputs, workload: after(older, entry(OLD_IMAGE)) });
    const at = said.findIndex((each) => each.startsWith('What the container "caring-note-api" has run'));
    expect(said.slice(at + 1, at + 3)).toEqual([
      expect.stringMatching(/^2026-11-20 10:30 {2}revision 2 .*:older@/),
      expect.stringMatching(/^2026-11-20 10:30 .*:old@/),
    ]);
  });
});

describe('a redeploy', () => {
  const inputs = { operation: 'redeploy', version: 'v1' };
  const found = (reference: string) => (reference === OLD_IMAGE ? imageWith('aaaa') : imageWith('aaaa'));

  it('says which image it has found', async () => {
    const { report, said } = await run({ inputs, registry: found });
    expect([report.outcome, report.warnings]).toEqual(['deployed', []]);
    expect(said).toContain(`Chosen: ${REPOSITORY}:v1@${OTHER}`);
  });

  it('of a version that the registry does not have names what was looked for', async () => {
    const { report, codes, told } = await run({ inputs, registry: NOT_FOUND });
    expect([report.outcome, codes]).toEqual(['refused', ['version.missing']]);
    expect(told).toContain(`The registry has no image ${REPOSITORY}:v1.`);
  });

  it.each([
    [{ ...inputs, version: 'abcdef0' }, 'looks like the beginning of a commit'],
    [{ operation: 'redeploy' }, 'Without "version"'],
  ])('of %j, which the registry does not have, says what to write', async (given, advice) => {
    const { codes, told } = await run({ inputs: given, registry: NOT_FOUND });
    expect(codes).toEqual(['version.missing']);
    expect(told).toContain(advice);
  });

  it('of an image of another repository is refused', async () => {
    const { codes, told } = await run({ inputs: { ...inputs, version: 'somebody/else:v1' } });
    expect(codes).toEqual(['version.elsewhere']);
    expect(told).toContain(`is not an image of ${REPOSITORY}`);
  });

  it('does not go on where the registry gives no clear answer', async () => {
    const stderr = 'ERROR: failed to do request: Head "https://registry-1.docker.io/v2/": dial tcp: i/o timeout';
    const { report, codes, told } = await run({ inputs, registry: () => exited(1, '', stderr) });
    expect([report.outcome, codes]).toEqual(['refused', ['version.unreadable']]);
    expect(told).toContain('i/o timeout');
  });

  const other = (reference: string) => imageWith(reference === OLD_IMAGE ? 'bbbb' : 'aaaa');

  it('of an image that was built for another environment is refused', async () => {
    const { report, codes, server } = await run({ inputs, registry: other });
    expect([report.outcome, codes, server.patches]).toEqual(['refused', ['version.other-build-args'], 0]);
  });

  it('of such an image goes on where the user has allowed it', async () => {
    const { report } = await run({ inputs: { ...inputs, 'allow-other-build-args': 'true' }, registry: other });
    expect([report.outcome, report.warnings]).toEqual(['deployed', []]);
  });

  it.each([
    ['found', `${REPOSITORY}:v1`, `${REPOSITORY}:v1@`],
    ['running', OLD_IMAGE, `${REPOSITORY}:old@`],
  ])('warns where nothing says how the image that is %s was built', async (_, unlabelled, named) => {
    const registry = (reference: string) => imageWith(reference === unlabelled ? undefined : 'aaaa');
    const { report } = await run({ inputs, registry });
    expect(report.outcome).toBe('deployed');
    expect(report.warnings).toEqual([expect.stringMatching(/^Whether the images were built .* is not known: /)]);
    expect(report.warnings[0]).toContain(named);
  });
});

describe('a plan', () => {
  const dryRun = { 'dry-run': 'true' };
  const stepsOf = async (world: Parameters<typeof run>[0]) => {
    const { report, server } = await run({ ...world, inputs: { ...dryRun, ...world.inputs } });
    expect([report.outcome, server.patches]).toEqual(['planned', 0]);
    return report.plan;
  };
  const change =
    'Change the container "caring-note-api" of deployment/caring-note-api in the namespace default, and watch until it serves';
  const back = (image: string) => `If it does not serve: back to ${image}`;
  const OLD = `${REPOSITORY}:old@sha256:111111111111…`;

  it('of a deploy says what would be built, changed, and gone back to', async () => {
    expect(await stepsOf({})).toEqual({
      steps: [`Build the folder . and push it as ${REPOSITORY}:new`, change, back(OLD)],
      diff: [
        `- image: ${OLD_IMAGE}`,
        `+ image: ${REPOSITORY}:new@(known after the build)`,
        '- minReadySeconds: 0',
        '+ minReadySeconds: 30',
      ],
    });
  });

  it('says for which other run it would wait', async () => {
    const { steps } = (await stepsOf({ workload: holding() })) ?? {};
    expect(steps).toContain('Wait for another run, which is at work on caring-note-api (https://example.org/77)');
  });

  it('of a restart changes no image', async () => {
    const plan = await stepsOf({ inputs: { operation: 'restart' } });
    expect(plan?.steps).toEqual([change, back(OLD)]);
    expect(plan?.diff).toEqual(['+ restartedAt: now', '- minReadySeconds: 0', '+ minReadySeconds: 30']);
  });

  it('of a version that runs already changes nothing, and has nothing to go back to', async () => {
    const inputs = { operation: 'redeploy', version: 'v1' };
    const plan = await stepsOf({
      inputs,
      workload: carrying(`${REPOSITORY}:v1@${OTHER}`),
      registry: () => imageWith('a'),
    });
    expect(plan?.steps).toEqual([
      expect.stringMatching(/^Change nothing/),
      expect.stringMatching(/there is nothing to go back to/),
    ]);
    expect(plan?.diff).toEqual([]);
  });
});

describe('what a rollout may do beside', () => {
  const neighbour = {
    metadata: { name: 'postgres-0', namespace: 'db', uid: 'pod-db' },
    spec: { containers: [{ name: 'postgres' }], nodeName: 'one' },
    status: {
      containerStatuses: [
        {
          name: 'postgres',
          image: 'postgres:16',
          imageID: '',
          ready: true,
          restartCount: 1,
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-01T00:00:30Z' } },
        },
      ],
    },
  };

  it('to others on the node is told, with what to look at', async () => {
    const { report } = await run({ neighbours: [neighbour] });
    expect(report.outcome).toBe('deployed');
    expect(report.warnings).toEqual([
      expect.stringMatching(
        /container "postgres" of pod postgres-0 \(namespace db\) .* kubectl describe pod postgres-0 -n db$/,
      ),
    ]);
  });

  it('that its end cannot be written down is told, and no failure', async () => {
    const stderr = 'Error from server (Forbidden): deployments.apps "caring-note-api" is forbidden: no';
    const { report } = await run({ patches: ['answered', { stderr }] });
    expect(report.outcome).toBe('deployed');
    expect(report.warnings).toEqual([
      expect.stringMatching(/^How this run ended could not be written .* is forbidden: no/),
    ]);
  });
});

describe('a rollout whose end nobody has seen', () => {
  it('is not known to serve where somebody scales it to nothing meanwhile', async () => {
    const { report, codes } = await run({
      onPatched: ({ server }) => {
        if (server.applied.length === 1) server.touch(({ spec }) => Object.assign(spec ?? {}, { replicas: 0 }));
      },
    });
    expect([report.outcome, codes]).toEqual(['unknown', ['rollout.scaled-to-zero']]);
  });

  it('is not known to serve where the host stays away', async () => {
    const { report, codes, told } = await run({
      inputs: { timeout: '40s' },
      onPatched: ({ server, leave }) => server.applied.length === 1 && leave(),
    });
    expect([report.outcome, codes]).toEqual(['unknown', ['rollout.no-contact']]);
    expect(told).toMatch(/not known: .*refused the connection/);
  });

  const fates = { [IMAGE]: 'crashes' } as const;

  it('is not known to be back where the host stays away after the way back was written', async () => {
    const { report, codes } = await run({
      fates,
      inputs: { timeout: '40s' },
      onPatched: ({ server, leave }) => server.applied.length === 2 && leave(),
    });
    expect([report.outcome, codes]).toEqual(['failed-rollback-failed', ['cause.crash', 'rollback.unseen']]);
  });

  it('is not known to be back where the run is cancelled on the way', async () => {
    const { report, codes } = await run({
      fates,
      onPatched: ({ server, cancel }) => server.applied.length === 2 && cancel.abort(),
    });
    expect([report.outcome, codes]).toEqual(['cancelled', ['cause.crash', 'rollback.interrupted']]);
  });
});
