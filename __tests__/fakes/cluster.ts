import {
  canonical,
  type Deployment,
  identity,
  isStatefulSet,
  type Pod,
  type ReplicaSet,
  type Workload,
} from '../../src/kubectl/objects';
import { templateOf } from '../../src/rollout/snapshot';
import type { Clock } from '../../src/system/clock';
import type { ApiServer } from '../workload/api-server';
import { type Fate, isReady, podOf } from './pods';
import { type Settled, StatefulSetController } from './stateful-set';
import type { Answer, Handler } from './transport';

type Watched = 'deployments' | 'statefulsets' | 'pods';

const WATCH_MS = 50_000;

/** A cluster with one workload, a Deployment of one replica or a StatefulSet, whose controller, scheduler and kubelet take no time. */
export class FakeCluster {
  pods: Pod[] = [];
  readonly replicaSets: ReplicaSet[] = [];
  readonly events: object[] = [];
  /** The UIDs of pods that were asked to be deleted. */
  readonly deleted: string[] = [];
  readonly #watches = new Set<(kind: Watched, line: string) => void>();
  readonly #statefulSet = new StatefulSetController();
  readonly #server: ApiServer;
  readonly #clock: Clock;
  readonly #fateOf: (image: string) => Fate;
  readonly #mayDelete: boolean;
  #version = 1_000;

  constructor(server: ApiServer, clock: Clock, fateOf: (image: string) => Fate, { mayDelete = true } = {}) {
    this.#server = server;
    this.#clock = clock;
    this.#fateOf = fateOf;
    this.#mayDelete = mayDelete;
    const { object } = server;
    if (isStatefulSet(object)) this.#take(this.#statefulSet.settle(object, [], () => 'serves'));
    else this.pods = [this.#podOf(this.#replicaSet(), 'serves')];
  }

  readonly handler: Handler = (argv, stdin, live): Answer | Promise<Answer> => {
    const { pathname, searchParams } = new URL(argv.find((word) => word.startsWith('/')) ?? '/', 'http://cluster');
    const kind = pathname.split('/').at(-1) ?? '';
    if (searchParams.get('watch') === '1') {
      const emit = (of: string, line: string) => void (of === kind && live.emit(line));
      this.#watches.add(emit);
      return this.#clock.sleep(WATCH_MS, live.signal).then(() => {
        this.#watches.delete(emit);
        return {};
      });
    }
    if (argv.includes('patch') && argv.includes('--dry-run=server')) return { stdout: '{}' };
    if (argv.includes('patch')) {
      const answer = this.#server.handler(argv, stdin, live);
      setImmediate(() => this.reconcile());
      return answer;
    }
    if (argv.includes('delete')) return this.#delete(kind, stdin);
    if (kind === 'selfsubjectaccessreviews')
      return { stdout: JSON.stringify({ status: { allowed: this.#mayDelete } }) };
    if (argv.includes('logs')) return { stdout: 'starting\nfatal: no database\n' };
    const lists: Readonly<Record<string, readonly object[]>> = {
      pods: this.pods,
      replicasets: this.replicaSets,
      [this.#kind]: [this.#server.object],
      events: this.events,
      nodes: [],
    };
    const items = lists[kind];
    if (items) return { stdout: JSON.stringify({ metadata: { resourceVersion: String(this.#version++) }, items }) };
    return argv.includes('--raw') ? this.#server.handler(argv, stdin, live) : {};
  };

  /** The controller acts on what the workload is now, and tells. */
  reconcile(): void {
    const { object } = this.#server;
    if (isStatefulSet(object)) this.#take(this.#statefulSet.settle(object, this.pods, this.#fateOf));
    else if (object.status?.observedGeneration !== object.metadata?.generation) this.#take(this.#settle(object));
    this.#tell(this.#kind, this.#server.object);
  }

  #settle({ metadata, spec }: Workload): Settled {
    const replicaSet = this.#replicaSet();
    const fate = this.#fateOf(spec?.template.spec?.containers[0]?.image ?? '');
    const isOurs = (pod: Pod) => pod.metadata?.ownerReferences?.[0]?.uid === replicaSet.metadata?.uid;
    const ours = this.pods.find(isOurs) ?? this.#podOf(replicaSet, fate);
    // Old pods stay while nothing better is there.
    const others = fate === 'serves' ? [] : this.pods.filter((pod) => pod !== ours && isReady(pod));
    const pods = [ours, ...others];
    const available = pods.filter(isReady).length;
    const counts = {
      replicas: pods.length,
      updatedReplicas: 1,
      readyReplicas: available,
      availableReplicas: available,
    };
    return { pods, status: { observedGeneration: metadata?.generation ?? 0, ...counts } };
  }

  #take({ pods, status }: Settled): void {
    const gone = this.pods.filter((pod) => !pods.includes(pod));
    this.pods = [...pods];
    for (const pod of pods) this.#tell('pods', pod);
    for (const pod of gone) this.#tell('pods', pod, 'DELETED');
    if (canonical(status) !== canonical(this.#server.object.status))
      this.#server.touch((draft) => void Object.assign(draft, { status }));
  }

  /** As the API server does it: another pod that has the name by now stays. */
  #delete(name: string, stdin = '{}'): Answer {
    const refused = (text: string) => ({ code: 1, stderr: `Error from server ${text}` });
    const { preconditions } = JSON.parse(stdin) as { preconditions?: { uid?: string } };
    this.deleted.push(preconditions?.uid ?? '');
    const right = 'cannot delete resource "pods" in API group "" in the namespace "default"';
    if (!this.#mayDelete) return refused(`(Forbidden): pods "${name}" is forbidden: User "deployer" ${right}`);
    const pod = this.pods.find((each) => identity(each).name === name);
    if (!pod) return refused(`(NotFound): pods "${name}" not found`);
    if (preconditions?.uid && preconditions.uid !== identity(pod).uid)
      return refused('(Conflict): the UID in the precondition does not match the UID in record');
    this.pods = this.pods.filter((each) => each !== pod);
    this.#tell('pods', pod, 'DELETED');
    setImmediate(() => this.reconcile());
    return { stdout: '{}' };
  }

  get #kind(): Watched {
    return isStatefulSet(this.#server.object) ? 'statefulsets' : 'deployments';
  }

  #tell(kind: Watched, object: Pod | Workload, type = 'MODIFIED'): void {
    for (const emit of this.#watches) emit(kind, `${JSON.stringify({ type, object })}\n`);
  }

  #replicaSet(): ReplicaSet {
    const workload = this.#server.object;
    const template = workload.spec?.template;
    const known = this.replicaSets.find(({ spec }) => templateOf({ spec } as Deployment) === templateOf(workload));
    if (known || !template) return known ?? {};
    const name = `web-${this.replicaSets.length}`;
    const { name: owner = '', uid = '' } = workload.metadata ?? {};
    const made: ReplicaSet = {
      metadata: {
        name,
        uid: `rs-${name}`,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid, controller: true }],
      },
      spec: { selector: {}, template: structuredClone(template) },
    };
    this.replicaSets.push(made);
    return made;
  }

  #podOf({ metadata, spec }: ReplicaSet, fate: Fate): Pod {
    const { name = '', uid = '' } = metadata ?? {};
    const owner = { kind: 'ReplicaSet', name, uid } as const;
    return podOf({ name: `${name}-abcde`, uid: `pod-${name}`, owner, template: spec?.template, fate });
  }
}
