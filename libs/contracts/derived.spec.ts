import { derivedFiles, derivedKinds, derivedSchema, type Derived } from './derived';

const file = (name: string) => ({ name, contentType: 'image/webp' });
const ofEach = (value: (kind: string) => unknown) =>
  Object.fromEntries(derivedKinds.map((kind) => [kind, value(kind)])) as Derived;

describe('what is derived from an original', () => {
  it('has a file for each kind, all of which are found', () => {
    const derived = derivedSchema.parse(ofEach((kind) => file(`${kind}.webp`)));
    expect(derivedFiles(derived).map(({ name }) => name)).toEqual(derivedKinds.map((kind) => `${kind}.webp`));
  });

  it('needs a word on every kind, and has no files where there are none', () => {
    expect(derivedFiles(ofEach(() => null))).toEqual([]);
    expect(derivedFiles(ofEach(() => 'original'))).toEqual([]);
    expect(derivedSchema.safeParse({ thumbnail: null }).success).toBe(false);
  });

  it.each(['../original', 'a/b.webp', '.webp', 'thumbnail'])('takes %s for no name of a file', (name) => {
    expect(derivedSchema.safeParse({ ...ofEach(() => null), thumbnail: file(name) }).success).toBe(false);
  });
});
