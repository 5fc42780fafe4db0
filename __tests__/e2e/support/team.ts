import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, kubectl, root, testbed } from '../harness';
import { Workspace } from './workspace';

export const PASSWORD = 'example-only';

/** What host/setup --manifests gives, and Secrets, which these manifests have. */
const RIGHTS = [
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets'],
    verbs: ['get', 'list', 'watch', 'create', 'patch'],
  },
  { apiGroups: [''], resources: ['services', 'configmaps', 'secrets'], verbs: ['get', 'create', 'patch'] },
];

/** Makes the app's namespace, with nothing in it but the right to apply manifests there. */
export function emptyNamespace(app: App): void {
  app.name = 'caring-note-api';
  kubectl('create', 'namespace', app.namespace);
  app.undo(() => kubectl('delete', 'namespace', app.namespace, '--wait=false'));
  execFileSync(join(root, 'testbed/allow'), [app.namespace]);
  const of = (kind: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name: 'manifests' },
  });
  app.apply({ ...of('Role'), rules: RIGHTS });
  app.apply({
    ...of('RoleBinding'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'manifests' },
    subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'testbed' }],
  });
}

/** The example's manifests; a Service without a port of the node's, of which the whole cluster has one each. */
export function exampleOf(environment: 'caring-note-staging' | 'default'): string {
  const text = readFileSync(join(root, 'examples/manifests', environment, 'api.yaml'), 'utf8');
  return text.replace(/, nodePort: \d+/, '');
}

/** A namespace with nothing in it, and a repository with manifests as the team has them. */
export class Team {
  readonly app = new App();
  readonly #workspace = new Workspace();
  /** The manifest of the workload. */
  text = '';

  constructor() {
    const { app } = this;
    emptyNamespace(app);
    app.file('server', readFileSync(testbed('SERVER')), 0o755);
    app.undo(() => this.#workspace.remove());
  }

  write(change: (text: string) => string = (text) => text): void {
    // An amount that the cluster writes in another way, 16Mi: that is no conflict.
    const resources = 'Always\n        resources: {requests: {memory: 16384Ki}}';
    this.text = change(exampleOf('caring-note-staging').replace('Always', resources));
    this.#workspace.file('deploy/api.yaml', this.text);
    this.#workspace.file(
      'deploy/settings.yml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: one}\n',
    );
  }

  file(name: string, text: string): void {
    this.#workspace.file(name, text);
  }

  async run(tag: string, more: Record<string, string> = {}) {
    const ran = await this.app.run(tag, { manifests: 'deploy', ...more }, { workspace: this.#workspace.folder });
    const shown = ran.log.replace(/^::add-mask::.*$/gm, '') + ran.summary;
    for (const secret of [PASSWORD, Buffer.from(PASSWORD).toString('base64')]) expect(shown).not.toContain(secret);
    return ran;
  }

  get(what: string, path: string): string {
    return kubectl('get', what, '-n', this.app.namespace, '-o', `jsonpath=${path}`);
  }

  /** The version that the pods say, asked through the API server. */
  version(): string {
    const path = `/api/v1/namespaces/${this.app.namespace}/services/${this.app.name}:80/proxy/`;
    return (JSON.parse(kubectl('get', '--raw', path)) as { version: string }).version;
  }

  get image(): string {
    return this.get('deployment/caring-note-api', '{.spec.template.spec.containers[0].image}');
  }

  get profile(): string {
    return this.get('deployment/caring-note-api', '{.spec.template.spec.containers[0].env[0].value}');
  }
}
