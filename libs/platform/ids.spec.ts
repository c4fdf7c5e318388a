import { deterministicId, isId, newId } from './ids';

describe('isId', () => {
  it('accepts ids of newId and deterministicId', () => {
    expect(isId(newId())).toBe(true);
    expect(isId(deterministicId('2026-01-01T00:00:00.000Z', 'some event'))).toBe(true);
  });

  it.each(['', 'nope', newId().toLowerCase(), `${newId()}A`, `${newId()}\n`, 'I'.repeat(26), 'A'.repeat(3_000)])(
    'rejects %j',
    (text) => {
      expect(isId(text)).toBe(false);
    },
  );
});
