import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, testbed } from './harness';
import { Act, asClone } from './support/act';

jest.setTimeout(180_000);

const WORKFLOW = `
name: deploy
on: workflow_dispatch
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: medibird/deploy-action@v1
        id: deploy
        with:
          image: \${{ vars.IMAGE }}
          tags: from-workflow
          context: app
          build-args: VERSION=from-workflow
          ssh-host: \${{ secrets.VM_HOST }}
          ssh-port: \${{ vars.VM_PORT }}
          ssh-username: \${{ vars.VM_USERNAME }}
          ssh-key: \${{ secrets.VM_SSH_KEY }}
          ssh-host-key: \${{ vars.VM_HOST_KEY }}
          deployment: app
          namespace: \${{ vars.NAMESPACE }}
          soak: 2s
          timeout: 60s
          naemspace: a-slip-of-the-pen
      - run: 'echo "got outcome=\${{ steps.deploy.outputs.outcome }} image=\${{ steps.deploy.outputs.image }}"'
`;

describe('a workflow that uses medibird/deploy-action@v1', () => {
  let app: App;
  const folder = mkdtempSync(join(tmpdir(), 'workflow-'));
  const act = new Act();
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => {
    app.remove();
    act.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('deploys, hands its outputs on, and its post step runs', async () => {
    const inputs = app.inputs('from-workflow');
    mkdirSync(join(folder, '.github/workflows'), { recursive: true });
    writeFileSync(join(folder, '.github/workflows/deploy.yml'), WORKFLOW);
    cpSync(inputs.context ?? '', join(folder, 'app'), { recursive: true, preserveTimestamps: true });
    const git = (...argv: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...argv], {
        cwd: folder,
        stdio: 'pipe',
      });
    git('init', '--quiet', '--initial-branch=main');
    git('add', 'app', '.github');
    git('commit', '--quiet', '-m', 'The app');
    asClone(folder, 'caringnote/app', 'main');

    const { code, log } = await act.run(folder, {
      event: 'workflow_dispatch',
      workflow: '.github/workflows/deploy.yml',
      vars: {
        IMAGE: app.repository,
        VM_PORT: inputs['ssh-port'],
        VM_USERNAME: inputs['ssh-username'],
        VM_HOST_KEY: testbed('SSH_FINGERPRINT'),
        NAMESPACE: app.namespace,
      },
      secrets: { VM_HOST: 'localhost', VM_SSH_KEY: inputs['ssh-key'] },
    });
    expect(log).toContain('the new version serves');
    expect(log).toMatch(/no input "naemspace".*Did you mean "namespace"/);
    expect(log).toMatch(new RegExp(`got outcome=deployed image=${app.repository}:from-workflow@sha256:[0-9a-f]{64}`));
    expect(log).toMatch(/Success - Post medibird\/deploy-action@v1/);
    expect(code).toBe(0);
    expect(await app.serves('from-workflow')).toBe('from-workflow');
    expect(log).not.toContain(readFileSync(testbed('SSH_KEY_FILE'), 'utf8').split('\n')[1]);
  });
});
