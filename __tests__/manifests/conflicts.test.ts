import { foreign, giveUpCommand, isSettled, parseConflicts } from '../../src/manifests/conflicts';

/** kubectl 1.34.4 ends with this. */
const TAIL = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

const IMAGE = '.spec.template.spec.containers[name="caring-note-api"].image';
const ENV = '.spec.template.spec.containers[name="caring-note-api"].env[name="SPRING_PROFILES_ACTIVE"].value';

// Recorded from kubectl 1.34.4: three managers, two fields of one manager, one field of a subresource's manager.
const THREE = `error: Apply failed with 3 conflicts: conflicts with "deploy-action" using apps/v1:
- ${IMAGE}
conflicts with "kubectl" with subresource "scale" using apps/v1:
- .spec.replicas
conflicts with "kubectl-client-side-apply" using apps/v1:
- ${ENV}
${TAIL}`;
const TWO = `error: Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:
- ${IMAGE}
- ${ENV}
${TAIL}`;
const ONE = `error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas
${TAIL}`;

describe('conflicts', () => {
  it.each<[string, string, readonly [string, string][]]>([
    [
      'three managers',
      THREE,
      [
        ['deploy-action', IMAGE],
        ['kubectl', '.spec.replicas'],
        ['kubectl-client-side-apply', ENV],
      ],
    ],
    [
      'two fields',
      TWO,
      [
        ['kubectl-client-side-apply', IMAGE],
        ['kubectl-client-side-apply', ENV],
      ],
    ],
    ['one field', ONE, [['kubectl', '.spec.replicas']]],
    [
      'a time and an odd name',
      'Apply failed with 1 conflict: conflict with "a \\"b\\": c" using v1 at 2026-11-23T17:00:00Z: .data.a',
      [['a "b": c', '.data.a']],
    ],
  ])('of %s are read as kubectl lists them', (_, text, expected) =>
    expect(parseConflicts(text)?.map(({ manager, field }) => [manager, field])).toEqual(expected),
  );

  it.each(['', 'something else', 'Apply failed with 2 conflicts: conflict with "a" using v1: .data.a', TAIL])(
    'are unknown where they are not all there: %j',
    (text) => expect(parseConflicts(text)).toBeUndefined(),
  );

  it.each<[string, string, boolean]>([
    ['deploy-action', '.spec.replicas', false],
    ['deploy-action-manifests', ENV, false],
    ['kubectl-client-side-apply', IMAGE, false],
    ['kubectl', '.spec.minReadySeconds', false],
    ['kubectl', '.metadata.annotations.kubernetes.io/change-cause', false],
    ['helm', '.metadata.annotations.deploy-action.medibird.github.io/hold', false],
    ['helm', '.metadata.annotations.mine', true],
    ['kubectl', '.spec.template.spec.initContainers[name="caring-note-api"].image', false],
    ['kubectl', '.spec.template.spec.containers[name="sidecar"].image', true],
    ['kubectl', '.spec.replicas', true],
    ['kubectl-client-side-apply', ENV, true],
    ['deploy-action-2', '.spec.replicas', true],
  ])('with %s about %s are for a person to decide: %s', (manager, field, isForeign) =>
    expect(foreign([{ manager, field }], ['caring-note-api'])).toEqual(isForeign ? [{ manager, field }] : []),
  );

  it('of other objects than the workload leave no field to us', () => {
    const conflict = { manager: 'kubectl', field: '.spec.minReadySeconds' };
    expect(foreign([conflict], undefined)).toEqual([conflict]);
  });
});

describe('the command that makes a manager give up', () => {
  const managedFields = [{ manager: 'deploy-action' }, { manager: "it's" }];
  const of = (apiVersion: string, kind: string) => ({
    apiVersion,
    kind,
    metadata: { name: 'a', namespace: 'ns', managedFields },
  });

  it('takes the entry of that manager away, and of no other', () =>
    expect(giveUpCommand(of('networking.k8s.io/v1', 'Ingress'), 'deploy-action')).toBe(
      `kubectl patch ingress.networking.k8s.io/a -n ns --type=json '--patch=[{"op":"test","path":"/metadata/managedFields/0/manager","value":"deploy-action"},{"op":"remove","path":"/metadata/managedFields/0"}]'`,
    ));

  it('is quoted for a shell, whatever the manager is called', () =>
    expect(giveUpCommand(of('v1', 'Service'), "it's")).toContain(
      `service/a -n ns --type=json '--patch=[{"op":"test","path":"/metadata/managedFields/1/manager","value":"it'\\''s"}`,
    ));

  it('is none for a manager that the object does not have', () =>
    expect(giveUpCommand(of('v1', 'Service'), 'helm')).toBe(''));
});

describe('a conflict about what would stay as it is', () => {
  const object = (memory: string, more: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a', annotations: { 'a.b/c': 'd', a: 'e' } },
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'sidecar', resources: { limits: { memory: '2Gi' } } },
            {
              name: 'api',
              resources: { limits: { memory } },
              ports: [{ containerPort: 80, protocol: 'TCP', name: 'http', ...more }],
            },
          ],
        },
      },
    },
  });
  const API = '.spec.template.spec.containers[name="api"]';

  it.each([
    [`${API}.resources.limits.memory`, true],
    [`${API}.resources.limits`, true],
    [`${API}.ports[containerPort=80,protocol="TCP"].name`, false],
    ['.spec.template.spec.containers[name="sidecar"].resources.limits.memory', true],
    ['.metadata.annotations.a.b/c', true],
    ['.metadata.annotations.a', true],
    ['.metadata.annotations.b', false],
    ['.spec.template.spec.containers[name="other"].image', false],
    ['.metadata.finalizers[="x"]', false],
    ['nonsense', false],
  ])('%s is settled: %s', (field, expected) =>
    expect(
      isSettled({ manager: 'kubectl-client-side-apply', field }, object('1Gi'), object('1Gi', { name: 'web' })),
    ).toBe(expected),
  );

  it('is none where the value is another one', () => {
    const conflict = { manager: 'kubectl', field: `${API}.resources.limits.memory` };
    expect(isSettled(conflict, object('1Gi'), object('2Gi'))).toBe(false);
  });
});
