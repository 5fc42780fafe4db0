import fc from 'fast-check';
import type { Anything } from '../../src/kubectl/objects';
import { desired, diffOf } from '../../src/manifests/diff';

const object = (more: object, kind = 'ConfigMap'): Anything => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a' },
  ...more,
});

describe('the diff of an object', () => {
  it('has a line for each field that is other, gone or new, by what people call it', () => {
    const containers = (image: string, env: object[]) => ({
      spec: { containers: [{ name: 'api', image, env }], ports: [80] },
    });
    const before = object(
      containers('i', [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ]),
    );
    const after = object(
      containers('i', [
        { name: 'C', value: '3' },
        { name: 'A', value: '9' },
      ]),
    );
    expect(diffOf(before, after)).toEqual([
      '- spec.containers[api].env[A].value: "1"',
      '+ spec.containers[api].env[A].value: "9"',
      '- spec.containers[api].env[B].name: "B"',
      '- spec.containers[api].env[B].value: "2"',
      '+ spec.containers[api].env[C].name: "C"',
      '+ spec.containers[api].env[C].value: "3"',
    ]);
  });

  it('leaves out what the cluster keeps, and what every deploy writes anew', () => {
    const before = object({ metadata: { name: 'a', uid: 'x', resourceVersion: '1' }, status: { a: 1 } });
    const annotations = {
      'deploy-action.medibird.github.io/history': '[]',
      'kubernetes.io/change-cause': 'x',
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"secret"}}',
      'deployment.kubernetes.io/revision': '2',
    };
    const after = object({
      metadata: { name: 'a', uid: 'y', resourceVersion: '2', generation: 3, managedFields: [], annotations },
    });
    expect(diffOf(before, after)).toEqual([]);
  });

  it('shows of a long text the lines that differ, and not all of it', () => {
    const text = (line: string) => object({ data: { 'app.conf': `first\n${line}\nlast\n` } });
    expect(diffOf(text('a = 1'), text('a = 2'))).toEqual(['- data."app.conf": "a = 1"', '+ data."app.conf": "a = 2"']);
  });

  it('shows that lines of a text have only changed their places', () => {
    const lines = diffOf(object({ data: { a: 'x\ny\n' } }), object({ data: { a: 'y\nx\n' } }));
    expect(lines).toEqual(['- data.a: "x\\ny\\n"', '+ data.a: "y\\nx\\n"']);
  });

  it('is cut where a value, or all of it, is long', () => {
    const [one] = diffOf(object({}), object({ data: { a: 'x'.repeat(1_000) } }));
    expect(one?.length).toBeLessThan(200);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v']));
    expect(diffOf(object({}), object({ data: many }))).toHaveLength(40);
  });

  it('puts keys into quotes that could be taken for something else', () => {
    expect(diffOf(object({}), object({ data: { 'a: b\n::error::': 'c' } }))).toEqual([
      '+ data."a: b\\n::error::": "c"',
    ]);
  });

  it('shows of a Secret only that its values change', () => {
    const secret = (data: object) => object({ data, stringData: { x: 'hunter2\nhunter3' }, type: 'Opaque' }, 'Secret');
    const lines = diffOf(secret({ a: 'b2xk', b: 'c2FtZQ==' }), secret({ a: 'bmV3', b: 'c2FtZQ==', c: 'bW9yZQ==' }));
    expect(lines).toEqual(['- data.a: ***', '+ data.a: ***', '+ data.c: ***']);
  });

  it('never shows a value of a Secret', () => {
    const values = fc.dictionary(fc.string(), fc.stringMatching(/^secret-[a-z]{8}\n?[a-z]{4}$/));
    fc.assert(
      fc.property(values, values, (one, other) => {
        const lines = diffOf(object({ data: one, stringData: other }, 'Secret'), object({ data: other }, 'Secret'));
        expect(lines.join('\n')).not.toMatch(/: "?secret-/);
      }),
    );
  });

  it('is empty for equal objects, and only for those', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(diffOf(object({ data: one }), object({ data: one }))).toEqual([]);
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        if (!isSame && typeof one !== 'object' && typeof other !== 'object')
          expect(diffOf(object({ data: one }), object({ data: other }))).not.toEqual([]);
      }),
    );
  });
});

it('what people want of an object is all but its state', () =>
  expect(desired(object({ metadata: { name: 'a', labels: { b: 'c' }, uid: 'x' }, status: {}, data: {} }))).toEqual(
    object({ metadata: { name: 'a', labels: { b: 'c' } }, data: {} }),
  ));
