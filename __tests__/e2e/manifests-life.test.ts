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
  const imageOf = (app: App) => app.deployment().spec?.template.spec?.containers[0]?.image;
  const write = (environment: keyof typeof apps, change = (text: string) => text) =>
    repository.file(`k8s/${environment}/api.yaml`, change(exampleOf(MANIFESTS[environment])));
  const push = async (branch: 'staging' | 'main', version: string, ...more: string[]) => {
    commits[version] = repository.commit(branch, version, ...more);
    return repository.push('manifests.yml');
  };
  const byHand = (operation: string, version = '') =>
    repository.press('by-hand.yml', { operation, environment: 'staging', version });
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
    const first = await push('staging', 'one');
    const other = await push('main', 'one-live');
    expect([first.code, first.outputs.outcome, other.code, other.outputs.outcome]).toEqual([0, 'deployed', 0, 'deployed']);
    expect(await serves(staging, 'one')).toBe('one');
    expect(await serves(production, 'one-live')).toBe('one-live');
  });
});
