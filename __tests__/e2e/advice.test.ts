import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfig } from '../../testbed/certificate';
import { App, kubectl } from './harness';

jest.setTimeout(180_000);

describe('advice', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ readinessProbe: false });
  });
  afterAll(() => app.remove());

  it('tells of a missing probe and of missing requests, with what to write into the manifest', async () => {
    const { outputs, summary } = await app.run('second');
    expect(outputs.outcome).toBe('deployed');
    expect(summary).toContain('has no readiness probe');
    expect(summary).toMatch(/readinessProbe:\n\s+tcpSocket:\n\s+port: 8080/);
    expect(summary).toContain('does not say how much memory it needs');
    // What was deployed first is what the manifest names.
    expect(summary).not.toContain('the next "kubectl apply" brings');
  });

  it('tells of a manifest that names another image, and of a certificate that ends soon', async () => {
    const file = join(tmpdir(), `kubeconfig-${app.namespace}`);
    writeFileSync(file, kubeconfig(10), { mode: 0o644 });
    const { outputs, summary } = await app.run('third', { kubectl: `kubectl --kubeconfig=${file}` });
    rmSync(file);
    expect(outputs.outcome).toBe('deployed');
    expect(summary).toMatch(/the next "kubectl apply" brings the manifest.*s image back/);
    expect(summary).toMatch(/signs in to the cluster with ends in (?:9|10) days/);
  });

  it('warns of a neighbour on the node that restarted while the new version came up', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'neighbour' },
      spec: {
        containers: [
          { name: 'database', image: `${app.repository}:first`, env: [{ name: 'CRASH_AFTER', value: '4s' }] },
        ],
      },
    };
    app.apply(pod);
    kubectl('wait', 'pod/neighbour', '--for=condition=Ready', '-n', app.namespace, '--timeout=30s');
    const { outputs, summary } = await app.run('fourth', { soak: '12s' });
    expect(outputs.outcome).toBe('deployed');
    expect(summary).toMatch(/While the new version started, the container "database" of pod neighbour/);
  });
});
