import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, testbed } from '../harness';
import { type Act, type Acted, asClone, type Started } from './act';
import { Workspace } from './workspace';

/** An example with a user's own names in it, and a soak that a test can wait for. */
export function written(
  example: string,
  image: string,
  namespaces: { staging: string; production: string },
  name = 'app',
): string {
  return (
    readFileSync(join(root, 'examples/workflows', example), 'utf8')
      .replaceAll(/\$\{\{ vars\.DOCKERHUB_USERNAME \}\}\/caring-note-\w+/g, image)
      .replaceAll(/^( +)deployment: caring-note-\w+$/gm, `$1deployment: ${name}\n$1soak: 2s`)
      .replaceAll(
        /^( +)deployment: \|\n +caring-note-api\n +statefulset\/caring-note-worker$/gm,
        '$1soak: 2s\n$1deployment: |\n$1  app\n$1  statefulset/worker',
      )
      // act would get any ref but its own from GitHub.
      .replace(/^ +ref: .*\n/m, '')
      .replaceAll('caring-note-staging', namespaces.staging)
      .replaceAll("'default'", `'${namespaces.production}'`)
  );
}

/** A user's repository on GitHub, whose workflows act runs. */
export class Repository {
  readonly #workspace = new Workspace();

  constructor(
    readonly act: Act,
    readonly name: string,
    workflows: Record<string, string>,
  ) {
    // The checkout has what git has, the program included.
    this.#workspace.file('.git/info/exclude', '');
    for (const [file, text] of Object.entries(workflows)) this.#workspace.file(`.github/workflows/${file}`, text);
  }

  file(name: string, text: string): void {
    this.#workspace.file(name, text);
  }

  /** Commits a version of the app to a branch, with `more` lines in its Dockerfile, and gives the commit. */
  commit(branch: string, version: string, ...more: string[]): string {
    const lines = ['FROM scratch', 'COPY app/server /server', 'ENTRYPOINT ["/server"]', 'ENV APP=caring-note-api'];
    this.#workspace.dockerfile([...lines, 'ARG API_URL', `ENV VERSION=${version}`, ...more], 'Dockerfile');
    const commit = this.#workspace.commit();
    asClone(this.#workspace.folder, this.name, branch);
    return commit;
  }

  push(workflow: string): Promise<Acted> {
    return this.#run('push', workflow, {});
  }

  /** What a person does with "Run workflow". */
  press(workflow: string, inputs: Record<string, string>): Promise<Acted> {
    return this.#run('workflow_dispatch', workflow, inputs);
  }

  remove(): void {
    this.#workspace.remove();
  }

  /** What GitHub runs when a pull request to a branch is closed. */
  close(workflow: string, branch: string, pullRequest: { merged: boolean; merge_commit_sha: string }): Promise<Acted> {
    const payload = {
      action: 'closed',
      pull_request: { ...pullRequest, base: { ref: branch }, head: { ref: 'topic' } },
    };
    return this.#run('pull_request', workflow, {}, payload);
  }

  #run(event: Started['event'], workflow: string, inputs: Record<string, string>, payload?: object): Promise<Acted> {
    return this.act.run(this.#workspace.folder, {
      ...{ event, workflow: `.github/workflows/${workflow}`, inputs, ...(payload && { payload }) },
      vars: {
        DOCKERHUB_USERNAME: testbed('PRIVATE_REGISTRY_USER'),
        VM_HOST: testbed('SSH_HOST'),
        VM_PORT: testbed('SSH_PORT'),
        VM_USERNAME: testbed('SSH_USER'),
        VM_HOST_KEY: testbed('SSH_FINGERPRINT'),
      },
      secrets: {
        DOCKERHUB_TOKEN: testbed('PRIVATE_REGISTRY_PASSWORD'),
        VM_SSH_KEY: readFileSync(testbed('SSH_KEY_FILE'), 'utf8'),
      },
    });
  }
}
