import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What every build writes there, whoever asks for it: which builder was used when, for what, and a salt for tokens. */
const CHANGED_BY_ANY_BUILD =
  /^(?:\.token_seed(?:\.lock)?|buildx\/(?:\.lock|\.buildNodeID|(?:refs|activity)(?:\/.+)?))$/;

/** A user's docker configuration, which all jobs of a machine share: logins, a context, a builder, the plugins. */
export class DockerFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'docker-folder-'));
  /** What a run needs in its environment. */
  readonly environment = { DOCKER_CONFIG: this.path };
  readonly #before: Map<string, string>;

  constructor({ oldBuildx = false } = {}) {
    try {
      this.#fill(oldBuildx);
      this.#before = this.#files();
    } catch (fault) {
      this.remove();
      throw fault;
    }
  }

  #fill(oldBuildx: boolean): void {
    const auth = Buffer.from('somebody:else').toString('base64');
    const config = { auths: { 'registry.example.org': { auth } }, psFormat: '{{.Names}}' };
    writeFileSync(join(this.path, 'config.json'), JSON.stringify(config, null, '\t'));
    mkdirSync(join(this.path, 'cli-plugins'));
    const real = realpathSync(join(process.env.DOCKER_CONFIG ?? '', 'cli-plugins/docker-buildx'));
    const plugin = join(this.path, 'cli-plugins/docker-buildx');
    if (oldBuildx) writeFileSync(plugin, oldBuildxScript(real), { mode: 0o755 });
    else symlinkSync(real, plugin);
    this.docker('context', 'create', 'elsewhere', '--docker', 'host=tcp://127.0.0.1:1');
    this.docker('buildx', 'create', '--name', 'of-the-user');
    this.docker('buildx', 'use', 'default');
  }

  docker(...argv: string[]): string {
    const env = { ...process.env, ...this.environment };
    return execFileSync('docker', argv, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The files that are not as they were, byte for byte, apart from those that every build changes. */
  changes(): string[] {
    const now = this.#files();
    const names = new Set([...this.#before.keys(), ...now.keys()]);
    return [...names].filter((name) => this.#before.get(name) !== now.get(name) && !CHANGED_BY_ANY_BUILD.test(name));
  }

  #files(): Map<string, string> {
    const names = readdirSync(this.path, { recursive: true, encoding: 'utf8' });
    return new Map(names.map((name) => [name, look(join(this.path, name))]));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function look(path: string): string {
  const at = lstatSync(path);
  const mode = at.mode.toString(8);
  if (at.isSymbolicLink()) return `${mode} ${readlinkSync(path)}`;
  return at.isFile() ? `${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}` : mode;
}

/** The real one, but for what it says of its age, and that it does not know of a login in its environment. */
function oldBuildxScript(real: string): string {
  return [
    '#!/bin/sh',
    'unset DOCKER_AUTH_CONFIG',
    '[ "$1 $2" != "buildx version" ] || { echo github.com/docker/buildx v0.25.0 faeb4a6; exit; }',
    `exec '${real}' "$@"`,
    '',
  ].join('\n');
}
