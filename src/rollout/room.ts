import type { Node, Pod } from '../kubectl/objects';
import { parseQuantity, printBytes, printCpu } from '../kubectl/quantity';

export type Resource = 'cpu' | 'memory' | 'ephemeral-storage';

/** What a pod asks for of one resource, and what the node with the most of it has free, both as manifests write them. */
export interface Room {
  readonly resource: Resource;
  readonly asks: string;
  readonly node: string;
  readonly free: string;
}

/** The resource that the scheduler's message says is short; undefined where it is something else. */
export function shortOf(message: string): Resource | undefined {
  const [, name] = /Insufficient (cpu|memory|ephemeral-storage)/.exec(message) ?? [];
  return name as Resource | undefined;
}

/**
 * What is free: what a node can give, less what the pods on it ask for. Used or not makes no difference to the scheduler
 * (kubernetes.io: "Resource Management for Pods and Containers").
 */
export function roomFor(pod: Pod['spec'], resource: Resource, nodes: readonly Node[], pods: readonly Pod[]): Room {
  const free = nodes
    .map((node) => {
      const name = node.metadata?.name ?? '';
      const taken = pods
        .filter(
          ({ spec, status }) => spec?.nodeName === name && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
        )
        .reduce((sum, { spec }) => sum + asks(spec, resource), 0);
      return { name, free: parseQuantity(node.status?.allocatable?.[resource]) - taken };
    })
    .sort((one, other) => other.free - one.free);
  const [most] = free;
  const asked = asks(pod, resource);
  if (!most) return { resource, asks: print(resource, asked), node: '', free: '' };
  const left = Math.max(0, most.free);
  const [asksText, freeText] = [print(resource, asked), print(resource, left)];
  const isClear = asksText !== freeText;
  return {
    resource,
    node: most.name,
    asks: isClear ? asksText : exactly(resource, asked, Math.ceil),
    free: isClear ? freeText : exactly(resource, left, Math.floor),
  };
}

function print(resource: Resource, amount: number): string {
  return resource === 'cpu' ? printCpu(amount) : printBytes(amount);
}

/** In the smaller unit, for amounts that look the same in the larger one. */
function exactly(resource: Resource, amount: number, round: (number: number) => number): string {
  return resource === 'cpu' ? `${round(Number((amount * 1_000).toFixed(3)))}m` : `${round(amount / 2 ** 20)}Mi`;
}

/** Init containers run one after the other and before the rest, so the largest counts, if it is larger than the rest together. */
function asks(spec: Pod['spec'], resource: Resource): number {
  const request = (container: { resources?: { requests?: Record<string, string> } }) =>
    parseQuantity(container.resources?.requests?.[resource]);
  const isSidecar = ({ restartPolicy }: { restartPolicy?: string }) => restartPolicy === 'Always';
  const init = spec?.initContainers ?? [];
  const main = [...(spec?.containers ?? []), ...init.filter(isSidecar)].reduce((sum, each) => sum + request(each), 0);
  const first = Math.max(0, ...init.filter((each) => !isSidecar(each)).map(request));
  return Math.max(main, first) + parseQuantity(spec?.overhead?.[resource]);
}
