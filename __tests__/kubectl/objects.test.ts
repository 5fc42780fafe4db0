import fc from 'fast-check';
import { canonical, identity, ownedBy } from '../../src/kubectl/objects';

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reordered(part)]),
  );
}

const json = fc.jsonValue({ maxDepth: 4 });

describe('the canonical form', () => {
  it('is the same whatever order the keys come in', () => {
    fc.assert(fc.property(json, (value) => expect(canonical(reordered(value))).toBe(canonical(value))));
  });

  it('is the same with and without a null', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (object) => {
        expect(canonical({ ...object, creationTimestamp: null })).toBe(
          canonical({ ...object, creationTimestamp: undefined }),
        );
      }),
    );
  });

  it('differs where the values do', () => {
    const plain = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        const same = JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(canonical(one) === canonical(other)).toBe(same);
      }),
    );
  });

  it('is a fixed point', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (each) =>
        expect(canonical(JSON.parse(canonical(each)))).toBe(canonical(each)),
      ),
    );
  });

  it.each([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ b: { d: 1, c: [{ f: 1, e: 2 }] } }, '{"b":{"c":[{"e":2,"f":1}],"d":1}}'],
    [{ a: null, b: { c: null } }, '{"b":{}}'],
    [[2, 1], '[2,1]'],
    [{ a: '', b: 0, c: false, d: [], e: {} }, '{"a":"","b":0,"c":false,"d":[],"e":{}}'],
  ])('of %j is %s', (value, text) => expect(canonical(value)).toBe(text));
});

it.each([
  [
    { metadata: { name: 'web', uid: 'u', resourceVersion: '7', generation: 3, labels: {} } },
    { name: 'web', uid: 'u', resourceVersion: '7', generation: 3 },
  ],
  [{}, { name: '', uid: '', resourceVersion: '', generation: 0 }],
])('the identity of %j', (object, expected) => expect(identity(object)).toEqual(expected));

describe('an owner', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' };
  it.each([
    [true, [{ ...owner, uid: 'u', controller: true }]],
    [
      true,
      [
        { ...owner, uid: 'x' },
        { ...owner, uid: 'u', controller: true },
      ],
    ],
    [false, [{ ...owner, uid: 'u', controller: false }]],
    [false, [{ ...owner, uid: 'u' }]],
    [false, [{ ...owner, uid: 'x', controller: true }]],
    [false, []],
    [false, undefined],
  ])('%s: %j', (owned, ownerReferences) =>
    expect(ownedBy({ metadata: { ...(ownerReferences && { ownerReferences }) } }, 'u')).toBe(owned),
  );
});
