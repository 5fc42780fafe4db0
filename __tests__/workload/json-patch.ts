import type { Operation } from '../../src/workload/patch';

/** Thrown where a patch does not fit; the API server answers it with 422. */
export class PatchMisfit extends Error {}

type Node = Record<string, unknown> | unknown[];

/** Applies a JSON patch (RFC 6902; add, replace and test of members and elements) to a copy. */
export function applyPatch<T>(document: T, patch: readonly Operation[]): T {
  const copy = structuredClone(document);
  for (const { op, path, value } of patch) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop();
    if (last === undefined) throw new PatchMisfit(path);
    const parent = steps.reduce<Node>((node, step) => childOf(node, step, path), copy as Node);
    const present = (parent as Record<string, unknown>)[last];
    if (op !== 'add' && present === undefined) throw new PatchMisfit(`${op} ${path}`);
    if (op === 'test' && JSON.stringify(present) !== JSON.stringify(value)) throw new PatchMisfit(`${op} ${path}`);
    if (op !== 'test') (parent as Record<string, unknown>)[last] = structuredClone(value);
  }
  return copy;
}

function childOf(node: Node, step: string, path: string): Node {
  const child = (node as Record<string, unknown>)[step];
  if (typeof child !== 'object' || child === null) throw new PatchMisfit(path);
  return child as Node;
}
