import { App, kubectl } from './harness';
import { Act } from './support/act';
import { Repository, written } from './support/repository';
import { emptyNamespace, exampleOf } from './support/team';

jest.setTimeout(180_000);

const MANIFESTS = { staging: 'caring-note-staging', production: 'default' } as const;

describe('one repository with manifests for two namespaces', () => {
  const apps = { staging: new App(), production: new App() };
  const { staging, production } = apps;
  const commits: Record<string, string> = {};
  let act: Act;
  let repository: Repository;
  let found: string;

  /** What people have written of the objects in a namespace, and which pods run there. */
  const stateOf = ({ namespace }: App) => {
    const read = (what: string, path: string) => kubectl('get', what, '-n', namespace, '-o', `jsonpath=${path}`);
    return {
      template: read('deployment/caring-note-api', '{.spec.template}'),
      service: read('service/caring-note-api', '{.spec}'),
      secret: read('secret/caring-note-api', '{.data}'),
    };
  };
  const untouched = ({ namespace }: App) =>
    kubectl('get', 'deployments,services,secrets', '-n', namespace, '-o', 'jsonpath={.items[*].metadata}') +
    kubectl('get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[*].metadata.uid}');
  const running = () => staging.pods().flatMap(({ metadata }) => (metadata?.deletionTimestamp ? [] : [metadata?.uid]));
  const write = (environment: keyof typeof apps, change = (text: string) => text) =>
    repository.file(`k8s/${environment}/api.yaml`, change(exampleOf(MANIFESTS[environment])));
  const push = async (branch: 'staging' | 'main', version: string, ...more: string[]) => {
    commits[version] = repository.commit(branch, version, ...more);
    return repository.push('manifests.yml');
  };
  const byHand = (operation: string, more: Record<string, string> = {}) =>
    repository.press('by-hand.yml', { operation, environment: 'staging', ...more });
  /** The Service answers on a port of the node's with this version alone. */
  const serves = (app: App, version: string) => {
    const path = 'jsonpath={.spec.ports[0].nodePort}';
    app.nodePort = Number(kubectl('get', 'service/caring-note-api', '-n', app.namespace, '-o', path));
    return app.serves(version);
  };

  beforeAll(() => {
    act = new Act();
    for (const app of Object.values(apps)) emptyNamespace(app);
    const namespaces = { staging: staging.namespace, production: production.namespace };
    const own = (example: string) => written(example, staging.repository, namespaces, staging.name);
    repository = new Repository(act, 'caringnote/caring-note-api', {
      'manifests.yml': own('manifests.yml'),
      'by-hand.yml': own('by-hand.yml'),
    });
    write('staging');
    write('production');
  });
  afterAll(async () => {
    await Promise.all([staging.remove(), production.remove()]);
    for (const each of [repository, act]) each?.remove();
  });

  it('makes everything from nothing in both', async () => {
    const ends = [await push('staging', 'one'), await push('main', 'live')];
    expect(ends.map(({ code, outputs }) => [code, outputs.outcome])).toEqual(ends.map(() => [0, 'deployed']));
    expect([await serves(staging, 'one'), await serves(production, 'live')]).toEqual(['one', 'live']);
    found = untouched(production);
  });

  it('deploys a commit, puts the next one back with all that it changed, and deploys the one after that', async () => {
    write('staging', (text) => text.replace('value: staging', 'value: staging2'));
    expect((await push('staging', 'two')).outputs.outcome).toBe('deployed');
    const before = stateOf(staging);
    write('staging', (text) =>
      text.replace('value: staging', 'value: bad').replace('port: 80,', 'port: 81,').replace('example-only', 'other'),
    );
    const bad = await push('staging', 'bad', 'ENV CRASH_AFTER=0s');
    expect([bad.code, bad.outputs.outcome, stateOf(staging)]).toEqual([1, 'failed-rolled-back', before]);
    write('staging', (text) => text.replace('value: staging', 'value: staging3'));
    expect([(await push('staging', 'three')).outputs.outcome, await serves(staging, 'three')]).toEqual([
      'deployed',
      'three',
    ]);
    // Not to the one that was bad, though it came last before.
    expect((await byHand('rollback', { 'dry-run': 'true' })).outputs.image).toContain(commits.two);
  });

  it('by hand, changes the image alone: the template stays as the manifests had it last', async () => {
    const { template } = stateOf(staging);
    // The run that brings a commit back may have any manifests beside it.
    const given = { operation: 'redeploy', namespace: staging.namespace, manifests: 'k8s/staging' };
    const again = await staging.run('', { ...given, version: `staging-${commits.one}` });
    expect([again.outputs.outcome, await serves(staging, 'one')]).toEqual(['deployed', 'one']);
    expect(again.log).toContain('The operation "redeploy" applies no manifests: only a deploy does.');
    expect((await byHand('redeploy', { version: commits.two ?? '' })).outputs.outcome).toBe('deployed');
    expect(await serves(staging, 'two')).toBe('two');
    const [pod] = running();
    expect((await byHand('restart')).outputs.outcome).toBe('restarted');
    expect(running()).not.toContain(pod);
    const back = await byHand('rollback');
    expect([back.outputs.outcome, back.outputs.image]).toEqual([
      'rolled-back',
      expect.stringContaining(`${commits.one}`),
    ]);
    expect(await serves(staging, 'one')).toBe('one');
    const image = (text: string) => text.replace(/"image":"[^"]*"/, '').replace(/"annotations":\{[^}]*\},?/, '');
    expect(image(stateOf(staging).template)).toBe(image(template));
  });

  it('has not touched the other namespace', () => expect(untouched(production)).toBe(found));
});
