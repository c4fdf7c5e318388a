import { NewerRowError, rowParser } from './row-parser';

describe('row parser', () => {
  const parse = rowParser([({ name, ...row }) => ({ ...row, title: name }), (row) => ({ tags: [], ...row })]);

  it('returns a row of the current version as it is', () => {
    const row = { schemaVersion: 3, title: 'a', tags: ['b'] };
    expect(parse(row)).toBe(row);
  });

  it.each([[{ schemaVersion: 1, name: 'a' }], [{ schemaVersion: 2, title: 'a' }]])(
    'upgrades %j through every later version',
    (row) => {
      expect(parse(row)).toEqual({ schemaVersion: 3, title: 'a', tags: [] });
    },
  );

  it.each([4, undefined, 'x'])('rejects a row of the unknown version %s', (schemaVersion) => {
    expect(() => parse({ schemaVersion })).toThrow(NewerRowError);
  });
});
