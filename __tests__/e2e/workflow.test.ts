import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, root, testbed } from './harness';

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
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => {
    app.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('deploys, hands its outputs on, and its post step runs', async () => {
    const inputs = app.inputs('from-workflow');
    mkdirSync(join(folder, '.github/workflows'), { recursive: true });
    writeFileSync(join(folder, '.github/workflows/deploy.yml'), WORKFLOW);
    cpSync(inputs.context ?? '', join(folder, 'app'), { recursive: true, preserveTimestamps: true });
    writeFileSync(join(folder, '.secrets'), `VM_HOST=localhost\nVM_SSH_KEY="${(inputs['ssh-key'] ?? '').trim()}"\n`);
    const git = (...argv: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...argv], {
        cwd: folder,
        stdio: 'pipe',
      });
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', 'https://github.com/caringnote/app.git');
    git('add', 'app', '.github');
    git('commit', '--quiet', '-m', 'The app');

    const variables = {
      IMAGE: app.repository,
      VM_PORT: inputs['ssh-port'],
      VM_USERNAME: inputs['ssh-username'],
      VM_HOST_KEY: testbed('SSH_FINGERPRINT'),
      NAMESPACE: app.namespace,
    };
    const argv = [
      ...[
        'workflow_dispatch',
        '--platform',
        'ubuntu-latest=-self-hosted',
        '--local-repository',
        `medibird/deploy-action@v1=${root}`,
      ],
      ...['--secret-file', join(folder, '.secrets')],
      ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
    ];
    const environment = { ...process.env, PATH: `${dirname(testbed('NODE'))}:${process.env.PATH}`, HOME: folder };
    const { code, output } = await new Promise<{ code: number; output: string }>((done) => {
      execFile(testbed('ACT'), argv, { cwd: folder, env: environment, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, output: stdout + stderr }),
      );
    });
    expect(output).toContain('the new version serves');
    expect(output).toMatch(/no input "naemspace".*Did you mean "namespace"/);
    expect(output).toMatch(
      new RegExp(`got outcome=deployed image=${app.repository}:from-workflow@sha256:[0-9a-f]{64}`),
    );
    expect(output).toMatch(/Success - Post medibird\/deploy-action@v1/);
    expect(code).toBe(0);
    expect(await app.serves('from-workflow')).toBe('from-workflow');
    expect(output).not.toContain(readFileSync(testbed('SSH_KEY_FILE'), 'utf8').split('\n')[1]);
  });
});
