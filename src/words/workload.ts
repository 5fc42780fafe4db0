import type { WorkloadKind } from '../kubectl/objects';

/** A workload as the input `deployment` names it: `app` is a Deployment, `statefulset/app` is none. */
export function printWorkload({ kind, name }: { readonly kind: WorkloadKind; readonly name: string }): string {
  return kind === 'deployment' ? name : `${kind}/${name}`;
}

/** The kind of a workload that is named so. */
export function kindOf(workload: string): 'Deployment' | 'StatefulSet' {
  return workload.startsWith('statefulset/') ? 'StatefulSet' : 'Deployment';
}

/** Whether the workload that is named so is a StatefulSet. */
export function isStateful(workload: string): boolean {
  return kindOf(workload) === 'StatefulSet';
}

/** `app` of `statefulset/app`. */
export function nameOf(workload: string): string {
  return workload.replace(/^statefulset\//, '');
}

/** As kubectl takes it: `deployment/app`. */
export function resourceOf(workload: string): string {
  return `${kindOf(workload).toLowerCase()}/${nameOf(workload)}`;
}
