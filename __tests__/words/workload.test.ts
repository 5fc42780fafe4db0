import { named as inEnglish } from '../../src/words/en/because';
import { named as inKorean } from '../../src/words/ko/named';
import { explain, problem } from '../../src/words/words';
import { kindOf, nameOf, printWorkload, resourceOf } from '../../src/words/workload';

it.each([
  ['deployment', 'app', 'app', 'deployment/app', 'Deployment "app"', '"app" Deployment가'],
  ['statefulset', 'db', 'statefulset/db', 'statefulset/db', 'StatefulSet "db"', '"db" StatefulSet이'],
] as const)('a %s called %s is written as the input has it, and named by its kind', (kind, name, ...expected) => {
  const workload = printWorkload({ kind, name });
  const said = [workload, resourceOf(workload), inEnglish(workload), inKorean(workload, '가')];
  expect(said).toEqual(expected);
  expect([kindOf(workload).toLowerCase(), nameOf(workload)]).toEqual([kind, name]);
});

it('a command to copy is for the kind that it is', () => {
  const { what, next } = explain(problem('workload.zero', { deployment: 'statefulset/db', namespace: 'ns' }));
  expect(what).toContain('StatefulSet "db"');
  expect(next).toContain('kubectl scale statefulset/db -n ns --replicas=1');
});

it.each([
  ['cause.no-room', { resource: 'cpu', asks: '1', free: '0', node: 'n', detail: '' }],
  ['cause.port-taken', { detail: '' }],
  ['cause.kept-apart', { detail: '' }],
  ['cause.quota', { quota: 'q', detail: '' }],
] as const)('%s says nothing of maxSurge where there is none', (code, params) => {
  const next = (deployment: string) => explain(problem(code, { ...params, deployment, namespace: 'ns' } as never)).next;
  expect(next('app')).toContain('maxSurge');
  expect(next('statefulset/app')).not.toMatch(/maxSurge|old pod/);
});
