import type { ContainerStatus, Deployment, Pod, ReplicaSet } from '../../src/kubectl/objects';
import { templateOf } from '../../src/rollout/snapshot';
import type { Clock } from '../../src/system/clock';
import type { ApiServer } from '../workload/api-server';
import type { Answer, Handler } from './transport';

/** What becomes of a pod with a certain image. */
export type Fate = 'serves' | 'crashes' | 'no-node';

const WATCH_MS = 50_000;

/** A cluster with one Deployment of one replica, whose controller, scheduler and kubelet take no time. */
export class FakeCluster {
  pods: Pod[] = [];
  readonly replicaSets: ReplicaSet[] = [];
  readonly events: object[] = [];
  readonly #watches = new Set<(kind: 'deployments' | 'pods', line: string) => void>();
  readonly #server: ApiServer;
  readonly #clock: Clock;
  readonly #fateOf: (image: string) => Fate;
  #version = 1_000;

  constructor(server: ApiServer, clock: Clock, fateOf: (image: string) => Fate) {
    this.#server = server;
    this.#clock = clock;
    this.#fateOf = fateOf;
    this.pods = [this.#podOf(this.#replicaSet(), 'serves')];
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
    if (argv.includes('logs')) return { stdout: 'starting\nfatal: no database\n' };
    const lists: Readonly<Record<string, readonly object[]>> = {
      pods: this.pods,
      replicasets: this.replicaSets,
      deployments: [this.#server.object],
      events: this.events,
      nodes: [],
    };
    const items = lists[kind];
    if (items) return { stdout: JSON.stringify({ metadata: { resourceVersion: String(this.#version++) }, items }) };
    return argv.includes('--raw') ? this.#server.handler(argv, stdin, live) : {};
  };

  /** The controller acts on what the Deployment is now, and tells. */
  reconcile(): void {
    const { object } = this.#server;
    if (object.status?.observedGeneration === object.metadata?.generation) {
      this.#tell('deployments', object);
      return;
    }
    const replicaSet = this.#replicaSet();
    const image = object.spec?.template.spec?.containers[0]?.image ?? '';
    const serves = this.#fateOf(image) === 'serves';
    const isOurs = (pod: Pod) => pod.metadata?.ownerReferences?.[0]?.uid === replicaSet.metadata?.uid;
    const isReady = (pod: Pod) =>
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    const ours = this.pods.find(isOurs) ?? this.#podOf(replicaSet, this.#fateOf(image));
    // Old pods stay while nothing better is there.
    const next = serves ? [ours] : [ours, ...this.pods.filter((pod) => pod !== ours && isReady(pod))];
    const gone = this.pods.filter((pod) => !next.includes(pod));
    this.pods = next;
    for (const pod of next) this.#tell('pods', pod);
    for (const pod of gone) this.#tell('pods', pod, 'DELETED');
    this.#server.touch((draft) => {
      const available = next.filter(isReady).length;
      draft.status = {
        observedGeneration: draft.metadata?.generation ?? 0,
        replicas: next.length,
        updatedReplicas: 1,
        readyReplicas: available,
        availableReplicas: available,
      };
    });
    this.#tell('deployments', this.#server.object);
  }

  #tell(kind: 'deployments' | 'pods', object: Pod | Deployment, type = 'MODIFIED'): void {
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
    const containers = spec?.template?.spec?.containers ?? [];
    return {
      metadata: {
        name: `${name}-abcde`,
        uid: `pod-${name}`,
        resourceVersion: String(this.#version++),
        creationTimestamp: '2026-01-01T00:00:00Z',
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true }],
      },
      spec: { containers, ...(fate !== 'no-node' && { nodeName: 'one' }) },
      status: statusOf(
        fate,
        containers.map((each) => each.name),
      ),
    };
  }
}

function statusOf(fate: Fate, names: readonly string[]): NonNullable<Pod['status']> {
  const each = (more: Partial<ContainerStatus>) =>
    names.map((name) => ({ name, image: 'i', imageID: '', ready: true, restartCount: 0, ...more }));
  const running = { state: { running: {} } };
  switch (fate) {
    case 'serves':
      return {
        phase: 'Running',
        startTime: '2026-01-01T00:00:00Z',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: each(running),
      };
    case 'crashes': {
      const lastState = { terminated: { exitCode: 1, reason: 'Error' } };
      const [first, ...others] = each(running);
      const crashing = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState, restartCount: 3, ready: false };
      return {
        phase: 'Running',
        startTime: '2026-01-01T00:00:00Z',
        containerStatuses: [...(first ? [{ ...first, ...crashing }] : []), ...others],
      };
    }
    case 'no-node': {
      const message = '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.';
      return {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      };
    }
    default:
      return fate satisfies never;
  }
}
