import type { RawInputs } from '../src/inputs/names';
import { Cluster } from '../src/kubectl/client';
import { problemsOf } from '../src/kubectl/explain';
import type { Deployment } from '../src/kubectl/objects';
import { preflight } from '../src/preflight';
import { explain } from '../src/words/words';
import { type Answer, FakeTransport } from './fakes/transport';
import { configOf } from './inputs/sample';
import { deployment } from './workload/deployment';

const NAMESPACE = '/api/v1/namespaces/default';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const WORKLOAD = `${DEPLOYMENTS}/caring-note-api`;
const object = (value: object) => ({ stdout: JSON.stringify(value) });
/** As kubectl 1.32 says it. */
const NOT_FOUND = (what: string) => ({ code: 1, stderr: `Error from server (NotFound): ${what} not found\n` });
const FORBIDDEN = {
  code: 1,
  stderr:
    'Error from server (Forbidden): deployments.apps "caring-note-api" is forbidden: User "deployer" cannot get resource "deployments" in API group "apps" in the namespace "default"\n',
};

/** What the checks say of a cluster that answers so, by path. */
async function refusal(answers: Readonly<Record<string, Answer>>, inputs: Partial<RawInputs> = {}) {
  const transport = new FakeTransport((argv) => {
    const [path = ''] = argv.find((word) => word.startsWith('/'))?.split('?') ?? [];
    return answers[path] ?? object({ metadata: {}, items: [] });
  });
  const work = preflight(configOf(inputs), new Cluster(transport, ['kubectl']));
  const problems = await work.then(
    () => [],
    (error: unknown) => problemsOf(error),
  );
  return {
    codes: problems.map(({ code }) => code),
    told: problems.map((each) => Object.values(explain(each)).join(' ')).join('\n'),
  };
}

const of = (change?: (draft: Required<Deployment>) => void) => ({ [WORKLOAD]: object(deployment(change)) });

describe('before a deploy', () => {
  it('a workload that is as it should be stands against nothing', async () => {
    expect((await refusal(of())).codes).toEqual([]);
  });

  it.each([
    ['that is not there', NOT_FOUND('deployments.apps "caring-note-api"')],
    ['in which a right given there is missing too', FORBIDDEN],
  ])('a namespace %s is told as such', async (_, stderr) => {
    const answers = { [WORKLOAD]: stderr, [NAMESPACE]: NOT_FOUND('namespaces "default"') };
    const { codes, told } = await refusal(answers);
    expect(codes).toEqual(['workload.no-namespace']);
    expect(told).toContain('kubectl create namespace default');
  });

  it('a right that is missing in a namespace that is there is told as such', async () => {
    expect((await refusal({ [WORKLOAD]: FORBIDDEN })).codes).toEqual(['kubectl.forbidden']);
  });

  it.each([
    [['web', 'worker'], 'The Deployments there: web, worker.'],
    [[], 'The namespace has none.'],
  ])('a Deployment that is not there is told, and the others are named: %j', async (names, said) => {
    const items = names.map((name) => ({ metadata: { name } }));
    const answers = {
      [WORKLOAD]: NOT_FOUND('deployments.apps "caring-note-api"'),
      [DEPLOYMENTS]: object({ metadata: {}, items }),
    };
    const { codes, told } = await refusal(answers);
    expect(codes).toEqual(['workload.missing']);
    expect(told).toContain(said);
  });

  it('a soak as long as the time that the cluster gives a rollout is refused', async () => {
    const workload = of(({ spec }) => Object.assign(spec, { progressDeadlineSeconds: 60 }));
    const { codes, told } = await refusal(workload, { soak: '2m' });
    expect(codes).toEqual(['workload.soak']);
    expect(told).toContain("(120 s) is not shorter than the Deployment's progressDeadlineSeconds (60 s)");
  });

  it('a path to be asked without a port is refused, unless the container names one', async () => {
    const inputs = { 'verify-path': '/healthz' };
    const { codes, told } = await refusal(of(), inputs);
    expect(codes).toEqual(['workload.verify-port']);
    expect(told).toContain('":8080/healthz"');
    const named = of(({ spec }) =>
      Object.assign(spec.template.spec?.containers[0] ?? {}, { ports: [{ containerPort: 8080 }] }),
    );
    expect((await refusal(named, inputs)).codes).toEqual([]);
  });

  it('all that stands against it is told at once', async () => {
    const workload = of(({ spec }) => Object.assign(spec, { paused: true, progressDeadlineSeconds: 60 }));
    const { codes } = await refusal(workload, { soak: '2m', 'verify-path': '/healthz' });
    expect(codes).toEqual(['workload.paused', 'workload.soak', 'workload.verify-port']);
  });
});
