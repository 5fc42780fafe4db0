import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { runAction } from '../../testbed/run-action';

export const root = resolve(__dirname, '../..');
const execute = promisify(execFile);

export function testbed(name: string): string {
  const value = process.env[`TESTBED_${name}`];
  if (value === undefined) throw new Error(`testbed/env does not give TESTBED_${name}`);
  return value;
}

export function kubectl(...argv: string[]): string {
  return execFileSync('kubectl', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface AppOptions {
  readonly replicas?: number;
  readonly readinessProbe?: boolean;
  readonly spec?: object;
}

/** A sample app in a namespace of its own, deployed at version `first` and complete. */
export class App {
  readonly name = 'app';
  readonly namespace = `test-${randomBytes(4).toString('hex')}`;
  readonly repository = `${testbed('REGISTRY')}/${this.namespace}`;
  readonly #context = mkdtempSync(join(tmpdir(), 'context-'));
  /** Of the Service, on the node. */
  nodePort = 0;

  static async install(options: AppOptions = {}): Promise<App> {
    const app = new App();
    const server = join(app.#context, 'server');
    copyFileSync(testbed('SERVER'), server);
    utimesSync(server, statSync(testbed('SERVER')).atime, statSync(testbed('SERVER')).mtime);
    app.dockerfile();
    const first = `${app.repository}:first`;
    await execute('docker', [
      'buildx',
      'build',
      '--push',
      '--provenance=false',
      '--quiet',
      '-t',
      first,
      '--build-arg',
      'VERSION=first',
      app.#context,
    ]);
    kubectl('create', 'namespace', app.namespace);
    execFileSync(join(root, 'testbed/allow'), [app.namespace]);
    app.apply(app.manifest(first, options));
    app.nodePort = Number(
      kubectl('get', 'service/app', '-n', app.namespace, '-o', 'jsonpath={.spec.ports[0].nodePort}'),
    );
    kubectl('rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=60s');
    // kube-proxy opens the Service's port a moment later.
    for (let tries = 0; (await app.version().catch(() => undefined)) !== 'first'; tries++) {
      if (tries > 100) throw new Error('the Service does not answer');
      await sleep(100);
    }
    return app;
  }

  /** Writes the Dockerfile; lines in `more` come last. */
  dockerfile(more = ''): void {
    const lines = [
      'FROM scratch',
      'COPY server /server',
      'ENTRYPOINT ["/server"]',
      'ENV APP=caring-note-api',
      'ARG VERSION',
      'ENV VERSION=$VERSION',
      more,
    ];
    writeFileSync(join(this.#context, 'Dockerfile'), `${lines.join('\n')}\n`);
  }

  apply(object: unknown): void {
    execFileSync('kubectl', ['apply', '-n', this.namespace, '-f', '-'], {
      input: JSON.stringify(object),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }

  manifest(image: string, { replicas = 1, readinessProbe = true, spec = {} }: AppOptions): unknown {
    const labels = { app: this.name };
    const probe = readinessProbe && { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 } };
    const containers = [{ name: 'app', image, imagePullPolicy: 'Always', ports: [{ containerPort: 8080 }], ...probe }];
    const template = { metadata: { labels }, spec: { containers } };
    return {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: this.name },
          spec: { replicas, selector: { matchLabels: labels }, template, ...spec },
        },
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: this.name },
          spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
        },
      ],
    };
  }

  deployment(): Deployment {
    return JSON.parse(kubectl('get', 'deployment/app', '-n', this.namespace, '-o', 'json'));
  }

  pods(): Pod[] {
    return JSON.parse(kubectl('get', 'pods', '-n', this.namespace, '-o', 'json')).items;
  }

  /**
   * Waits until the Service is answered by this version alone: kube-proxy takes an old pod out within a second or two of its end, and
   * that pod still answers while it drains.
   */
  async serves(version: string): Promise<string> {
    for (let tries = 0; ; tries++) {
      const seen = new Set<string>();
      for (let count = 0; count < 5; count++) seen.add(await this.version().catch(String));
      if ((seen.size === 1 && seen.has(version)) || tries >= 60) return [...seen].join(', ');
      await sleep(500);
    }
  }

  /** The version that answers through the Service. */
  async version(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.nodePort}/`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    });
    return ((await answer.json()) as { version: string }).version;
  }

  inputs(tag: string, more: Record<string, string> = {}): Record<string, string> {
    return {
      image: this.repository,
      tags: tag,
      context: this.#context,
      'build-args': `VERSION=${tag}`,
      'ssh-host': testbed('SSH_HOST'),
      'ssh-port': testbed('SSH_PORT'),
      'ssh-username': testbed('SSH_USER'),
      'ssh-key': readFileSync(testbed('SSH_KEY_FILE'), 'utf8'),
      'ssh-host-key': testbed('SSH_KNOWN_HOSTS'),
      deployment: this.name,
      namespace: this.namespace,
      soak: '2s',
      timeout: '60s',
      ...more,
    };
  }

  /** Runs the committed bundle under the runner's node. */
  run(
    tag: string,
    more: Record<string, string> = {},
    options: Partial<Parameters<typeof runAction>[0]> = {},
  ): ReturnType<typeof runAction> {
    return runAction({ inputs: this.inputs(tag, more), workspace: root, node: testbed('NODE'), ...options });
  }

  remove(): void {
    kubectl('delete', 'namespace', this.namespace, '--wait=false');
    rmSync(this.#context, { recursive: true, force: true });
  }
}
