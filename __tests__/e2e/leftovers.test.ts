import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginEnvironment } from '../../src/image/login';
import { Secret } from '../../src/system/secret';
import { type Hub, startHub } from '../../testbed/hub';
import { App, testbed } from './harness';
import { quoted } from './support/contexts';
import { DockerFolder } from './support/docker-folder';
import { filesThatHold, type Login, tellTales } from './support/search';
import { TOOLS, Workspace } from './support/workspace';

jest.setTimeout(120_000);

const random = () => randomBytes(12).toString('hex');
const [alice, bob]: [Login, Login] = [
  { username: 'alice', password: `dckr_pat_${random()}` },
  { username: 'bob', password: `dckr_pat_${random()}` },
];
const secret = `-----BEGIN SECRET-----\n${random()}\n${random()} "quoted"\n-----END SECRET-----`;
const words = tellTales([alice], [secret]).filter((word) => !word.startsWith('-----'));

/** What a step of the Dockerfile prints that then takes a while. */
const BUILDING = 'this takes a while';
const BUILDING_LINE = /^#\d+ [\d.]+ this takes a while$/;

interface Ending {
  readonly signal?: NodeJS.Signals | undefined;
  readonly of?: App;
}

let hub: Hub;
let app: App;
beforeAll(async () => {
  hub = await startHub(testbed('REGISTRY'), { accounts: [alice, bob] });
  app = new App();
  app.undo(hub.stop);
  app.repository = `${hub.address}/${alice.username}/${app.namespace}`;
  const { username, password } = alice;
  Object.assign(process.env, loginEnvironment([{ registry: hub.address, username, password: new Secret(password) }]));
  await app.install().finally(() => delete process.env.DOCKER_AUTH_CONFIG);
});
afterAll(() => app.remove());

/** A job's place on a machine that it shares: folders of its own, and a docker configuration that is everybody's. */
class Job {
  readonly workspace = new Workspace();
  readonly home = mkdtempSync(join(tmpdir(), 'home-'));
  readonly temporary = mkdtempSync(join(tmpdir(), 'runner-temporary-'));
  readonly id = `${randomInt(1e9)}`;
  readonly begun = Date.now();

  constructor(readonly docker: DockerFolder) {
    this.workspace.file('app/salt', randomBytes(8));
    this.workspace.dockerfile([...TOOLS, 'RUN --mount=type=secret,id=key [ -s /run/secrets/key ]']);
  }

  /** What there was of it in the middle of the build. */
  seen: ReturnType<Job['leftovers']> | undefined;

  /** Runs it to its end, which a signal can bring on in the middle of the build. */
  async run(inputs: Record<string, string>, { signal, of = app }: Ending = {}) {
    let main: { kill: (signal: NodeJS.Signals) => boolean } | undefined;
    const result = await of.run(
      'left',
      { context: 'app', 'build-args': '', soak: '0s', secrets: quoted(`key=${secret}`), ...inputs },
      {
        workspace: this.workspace.folder,
        environment: {
          ...this.docker.environment,
          HOME: this.home,
          RUNNER_TEMP: this.temporary,
          RUNNER_TRACKING_ID: this.id,
          GITHUB_RUN_ID: this.id,
          GITHUB_SHA: this.workspace.commit(),
        },
        onStart: (child) => {
          main = child;
        },
        onLine: (line) => {
          if (!signal || this.seen || !BUILDING_LINE.test(line)) return;
          this.seen = this.leftovers();
          main?.kill(signal);
        },
      },
    );
    endOrphans(this.id);
    return result;
  }

  /** What is left of it that ought not to be, by where it is. */
  leftovers() {
    const folders = [this.docker.path, this.home, this.temporary, this.workspace.folder];
    return {
      containers: this.#containers(),
      volumes: this.docker.docker('volume', 'ls', '--quiet', '--filter', this.#builder),
      temporary: readdirSync(this.temporary),
      home: readdirSync(this.home),
      configuration: this.docker.changes(),
      credentials: filesThatHold(words, this.begun, { folders }),
    };
  }

  get #builder(): string {
    return `name=buildx_buildkit_deploy-action-${this.id}`;
  }

  #containers(): string {
    return this.docker.docker('container', 'ls', '--all', '--filter', this.#builder, '--format', '{{.Names}}');
  }

  remove(): void {
    // What a test has found is not left to the next.
    for (const name of this.#containers().split('\n').filter(Boolean)) {
      this.docker.docker('container', 'rm', '--force', '--volumes', name);
      this.docker.docker('volume', 'rm', '--force', `${name}_state`);
    }
    this.workspace.remove();
    for (const folder of [this.home, this.temporary]) rmSync(folder, { recursive: true, force: true });
  }
}

/** That a place is looked at where something would be is seen by what is there before it is taken away. */
function inTheMiddle({ id, temporary }: Job, { hasBuilder, oldBuildx }: { hasBuilder: boolean; oldBuildx: boolean }) {
  const builder = hasBuilder ? expect.stringContaining(`buildx_buildkit_deploy-action-${id}-1-`) : '';
  const login = expect.stringMatching(`^${temporary}/deploy-action-[^/]+/docker/config.json$`);
  return {
    ...{ containers: builder, volumes: builder, temporary: [expect.stringMatching(/^deploy-action-/)] },
    credentials: oldBuildx ? [login] : [],
  };
}

const NOTHING = { containers: '', volumes: '', temporary: [], home: [], configuration: [], credentials: [] };

interface Case {
  /** What the Dockerfile's last step does. */
  readonly step?: string;
  readonly signal?: NodeJS.Signals;
  readonly exit: number | null;
  readonly outcome: string | undefined;
}

const SUCCESS: Case = { exit: 0, outcome: 'deployed' };
const FAILURE: Case = { step: 'exit 1', exit: 1, outcome: 'refused' };
const CANCEL: Case = { step: '/busybox sleep 6', signal: 'SIGINT', exit: 1, outcome: 'cancelled' };
const CRASH: Case = { step: '/busybox sleep 6', signal: 'SIGKILL', exit: null, outcome: undefined };

describe.each<[string, { hasBuilder?: boolean; oldBuildx?: boolean }, Record<string, Case>]>([
  ['by the engine', {}, { success: SUCCESS, cancel: CANCEL }],
  ['by the engine, with an old buildx', { oldBuildx: true }, { success: SUCCESS }],
  [
    'by a container builder, with an old buildx, whose login has to be in a file',
    { hasBuilder: true, oldBuildx: true },
    { success: SUCCESS, failure: FAILURE, cancel: CANCEL, crash: CRASH },
  ],
])('of a build %s', (_, { hasBuilder = false, oldBuildx = false }, cases) => {
  let docker: DockerFolder;
  let job: Job;
  beforeAll(() => {
    docker = new DockerFolder({ oldBuildx });
  });
  afterAll(() => docker.remove());
  beforeEach(() => {
    job = new Job(docker);
  });
  afterEach(() => job.remove());

  const inputs = () => ({
    'registry-username': alice.username,
    'registry-password': alice.password,
    ...(hasBuilder && { 'cache-to': `type=registry,ref=${app.repository}:cache,mode=max` }),
  });

  it.each(Object.entries(cases))('nothing is left after a %s', async (_, { step, signal, exit, outcome }) => {
    if (step) job.workspace.dockerfile([...TOOLS, `RUN echo ${BUILDING}; ${step}`]);
    const result = await job.run(inputs(), { signal });
    if (result.outputs.outcome !== outcome) process.stdout.write(`${result.log}\n`);
    expect({ exit: result.exitCode, post: result.postExitCode, outcome: result.outputs.outcome }).toEqual({
      exit,
      post: 0,
      outcome,
    });
    expect(/starting the temporary builder/.test(result.log)).toBe(hasBuilder);
    // Nobody asks for buildx's age before a push is refused, unless a cache may want the login before.
    expect(/This buildx takes no login from its environment/.test(result.log)).toBe(oldBuildx && !hasBuilder);
    if (signal) expect(job.seen).toMatchObject(inTheMiddle(job, { hasBuilder, oldBuildx }));
    expect(job.leftovers()).toEqual(NOTHING);

    const { log, postLog, summary, outputs, state } = result;
    const shown = log.replace(/^::add-mask::.*$/gm, '') + postLog + summary + JSON.stringify([outputs, state]);
    expect(words.filter((word) => shown.includes(word))).toEqual([]);
    expect(words.filter((word) => !log.includes(`::add-mask::${word}`))).toEqual([]);
  });
});

it('two jobs at the same time do not see each other’s login, and one without a login sees neither', async () => {
  const docker = new DockerFolder();
  const jobs = [new Job(docker), new Job(docker), new Job(docker)] as const;
  const other = await App.install();
  try {
    for (const { workspace } of jobs) workspace.dockerfile([...TOOLS, `RUN echo ${BUILDING}; /busybox sleep 2`]);
    hub.logins.length = 0;
    hub.asked.length = 0;
    const as = ({ username, password }: Login) => ({ 'registry-username': username, 'registry-password': password });
    const repository = ({ username }: Login) => `${username}/${app.namespace}`;
    const [ofAlice, ofBob, ofNobody] = await Promise.all([
      jobs[0].run(as(alice)),
      jobs[1].run({ ...as(bob), image: `${hub.address}/${repository(bob)}`, container: 'app' }, { of: other }),
      jobs[2].run({ image: `${hub.address}/${repository(alice)}-2`, container: 'app' }, { of: other }),
    ]);
    expect(ofAlice.outputs.outcome).toBe('deployed');
    expect(ofBob.outputs.outcome).toBe('deployed');
    expect(ofNobody.outputs).toMatchObject({
      outcome: 'refused',
      cause: expect.stringMatching(/^The registry refused the push to "\S+-2" without a login/),
    });
    const pushes = hub.asked.filter(({ method, status }) => method === 'PUT' && status === 201);
    const pushed = new Set(
      pushes.map(({ path, username }) => `${username} → ${/^\/v2\/(.+?)\/(?:blobs|manifests)/.exec(path)?.[1]}`),
    );
    expect(pushed).toEqual(new Set([alice, bob].map((each) => `${each.username} → ${repository(each)}`)));
    for (const { username } of [alice, bob]) {
      const scopes = hub.logins.filter((each) => each.username === username).flatMap((each) => each.scopes);
      const foreign = scopes.filter(
        (scope) => /push/.test(scope) && !scope.startsWith(`repository:${username}/${app.namespace}:`),
      );
      expect({ username, foreign }).toEqual({ username, foreign: [] });
    }
    expect(docker.changes()).toEqual([]);
  } finally {
    for (const job of jobs) job.remove();
    docker.remove();
    await other.remove();
  }
});

/** Ends what a killed step has left running, as the runner does at the end of a job, which it knows by this variable. */
function endOrphans(trackingId: string): void {
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const variables = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
      if (variables.includes(`RUNNER_TRACKING_ID=${trackingId}`)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
