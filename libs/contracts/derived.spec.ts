import { derivedFiles, derivedKinds, derivedSchema, type Derived } from './derived';

const file = (name: string) => ({ name, contentType: 'image/webp' });
const withEachKind = (value: (kind: string) => unknown) =>
  Object.fromEntries(derivedKinds.map((kind) => [kind, value(kind)])) as Derived;

describe('derived files', () => {
  it('are listed for every kind', () => {
    const derived = derivedSchema.parse(withEachKind((kind) => file(`${kind}.webp`)));
    expect(derivedFiles(derived).map(({ name }) => name)).toEqual(derivedKinds.map((kind) => `${kind}.webp`));
  });

  it('require an entry for every kind, and are absent where it is null or the original', () => {
    expect(derivedFiles(withEachKind(() => null))).toEqual([]);
    expect(derivedFiles(withEachKind(() => 'original'))).toEqual([]);
    expect(derivedSchema.safeParse({ thumbnail: null }).success).toBe(false);
  });

  it.each(['../original', 'a/b.webp', '.webp', 'thumbnail'])('reject %s as a file name', (name) => {
    expect(derivedSchema.safeParse({ ...withEachKind(() => null), thumbnail: file(name) }).success).toBe(false);
  });
});
