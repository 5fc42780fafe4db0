import { createHash, randomBytes } from 'node:crypto';
import { SERVER, TOOLS, type Workspace } from './workspace';

/** What a step is asked to build, and the same for `docker buildx build`, as somebody writes it who knows docker. */
export interface Context {
  readonly prepare: (workspace: Workspace) => void;
  readonly inputs: Readonly<Record<string, string>>;
  /** Paths in them are relative to the workspace, which is where both are run. */
  readonly options: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Files that the image has, and those that it must not have. */
  readonly files?: { readonly has: readonly string[]; readonly lacks: readonly string[] };
  /** Each build does all of it anew, so what they say of the time differs. */
  readonly isUncached?: boolean;
}

const random = () => randomBytes(12).toString('hex');
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
/** As a value of several lines stands in docker's lists. */
export const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** A container builder's name. The testbed's engine is too old to read from further contexts by itself. */
export const builder = `parity-${random()}`;

const description = 'It says "ready, steady",\nand goes';

export const contexts: Readonly<Record<string, Context>> = {
  'several stages of which the target is not the last, arguments, labels of several lines, and a .dockerignore': {
    prepare: (workspace) => {
      workspace.file('app/.dockerignore', '# neither of these\n**/*.log\n**/node_modules\n!**/kept.log\n');
      for (const name of ['kept.log', 'left-out.log', 'node_modules/left-out.js', 'source/kept.js']) {
        workspace.file(`app/web/${name}`, `${name} ${random()}`);
      }
      workspace.dockerfile([
        ...TOOLS,
        ...['ARG VERSION', 'ARG OF_THE_JOB', 'ARG URL'],
        'RUN echo "$VERSION $OF_THE_JOB $URL" >/compiled',
        ...SERVER.with(0, 'FROM scratch AS app'),
        ...['ARG VERSION', 'ARG OF_THE_JOB', 'ARG LEFT_OUT=default', 'ARG URL'],
        'ENV VERSION=$VERSION OF_THE_JOB=$OF_THE_JOB LEFT_OUT=$LEFT_OUT URL=$URL',
        'LABEL com.example.kept=yes',
        'COPY --from=tools /compiled salt /',
        'COPY web /',
        'FROM app AS debug',
        'RUN ["/server", "never"]',
      ]);
    },
    inputs: {
      target: 'app',
      'build-args': 'VERSION=with-arguments\nOF_THE_JOB\n"URL=https://example.org/?a=1,2 and ""more"""\n',
      labels: [
        quoted(`description=${description}`),
        'org.opencontainers.image.title=Ours, not yours',
        'com.example.list=a,b="c" # no comment',
      ].join('\n'),
    },
    options: [
      ...['--target', 'app', '--build-arg', 'VERSION=with-arguments', '--build-arg', 'OF_THE_JOB'],
      ...['--build-arg', 'URL=https://example.org/?a=1,2 and "more"'],
      ...['--label', `description=${description}`, '--label', 'org.opencontainers.image.title=Ours, not yours'],
      ...['--label', 'com.example.list=a,b="c" # no comment'],
    ],
    environment: { OF_THE_JOB: 'a value of the job' },
    files: {
      has: ['compiled', 'kept.log', 'server', 'source/kept.js'],
      lacks: ['busybox', 'left-out.log', 'node_modules/', 'node_modules/left-out.js'],
    },
  },
  'by a container builder, a Dockerfile elsewhere with a .dockerignore of its own, further contexts, no network': {
    prepare: (workspace) => {
      workspace.dockerfile(['FROM registry.example.invalid/not-this-one']);
      workspace.file('shared, by all/words.txt', random());
      workspace.file('docker/web.Dockerfile.dockerignore', 'web/left-out.js\n');
      for (const name of ['left-out.js', 'kept.js']) workspace.file(`app/web/${name}`, random());
      const lines = [
        'COPY web /',
        'COPY --from=shared words.txt /',
        'RUN /busybox cat /words.txt >/said',
        'RUN [ "$(/busybox ls /sys/class/net)" = lo ] && echo alone >/alone',
      ];
      workspace.dockerfile([...TOOLS, ...lines], 'docker/web.Dockerfile');
    },
    inputs: {
      builder,
      file: 'docker/web.Dockerfile',
      'build-contexts': 'shared=shared, by all\n"unused=docker-image://scratch"',
      network: 'none',
    },
    options: [
      ...['--builder', builder, '--file', 'docker/web.Dockerfile', '--build-context', 'shared=shared, by all'],
      ...['--network', 'none'],
    ],
    files: { has: ['alone', 'kept.js', 'said', 'words.txt'], lacks: ['left-out.js'] },
  },
  // A RUN that is done anew writes its files at another time.
  'no cache, where there is one': {
    prepare: (workspace) => workspace.dockerfile(TOOLS),
    inputs: { 'no-cache': 'true' },
    options: ['--no-cache'],
    isUncached: true,
  },
};

/** One secret of each kind, none of which may be seen anywhere. */
export const secrets = {
  value: `-----BEGIN ${random()}-----\nsays "${random()}", twice ""\n  # no=comment, ${random()}\n\nlast ${random()}`,
  variable: `two lines\nof ${random()}`,
  file: Buffer.concat([Buffer.from(random()), randomBytes(300), Buffer.from(random())]),
};

/** What a step prints that has got each secret byte for byte. It goes on for a while, to be looked at. */
export const SECRETS_ARE_THERE = 'all secrets are there';
const hashes = `HASHES=${Object.values(secrets).map(sha256).join(' ')}`;

export const withSecrets: Context = {
  prepare: (workspace) => {
    workspace.file('keys/token', secrets.file);
    workspace.dockerfile([
      ...TOOLS,
      'ARG HASHES',
      `RUN ${Object.keys(secrets)
        .map((id) => `--mount=type=secret,id=${id}`)
        .join(' ')} \\`,
      `  set -- $HASHES; for id in ${Object.keys(secrets).join(' ')}; do \\`,
      '    echo "$1  /run/secrets/$id" | /busybox sha256sum -c || exit 1; shift; \\',
      `  done; echo ${SECRETS_ARE_THERE}; /busybox sleep 1`,
    ]);
  },
  inputs: {
    secrets: quoted(`value=${secrets.value}`),
    'secret-envs': 'variable=A_SECRET',
    'secret-files': 'file=keys/token',
    'build-args': hashes,
  },
  options: [
    ...['--secret', 'id=value,env=ANOTHER_SECRET', '--secret', 'id=variable,env=A_SECRET'],
    ...['--secret', 'id=file,src=keys/token', '--build-arg', hashes],
  ],
  environment: { A_SECRET: secrets.variable, ANOTHER_SECRET: secrets.value },
};
