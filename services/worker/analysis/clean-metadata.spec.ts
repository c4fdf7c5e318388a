import { cleanMetadata } from './clean-metadata';

describe('cleanMetadata', () => {
  it('keeps plain values', () => {
    const facts = {
      title: 'Größe 🎵',
      year: 1999,
      live: true,
      gps: { latitude: -33.8, longitude: 151.2 },
      genres: ['a', 'b'],
    };
    expect(cleanMetadata(facts)).toEqual(facts);
  });

  it('drops values that JSON or DynamoDB cannot store', () => {
    const unsupported = {
      nan: Number.NaN,
      infinite: Number.POSITIVE_INFINITY,
      none: null,
      missing: undefined,
      call: () => 1,
      bytes: Buffer.from('x'),
      when: new Date(Number.NaN),
      empty: '',
      list: [Number.NaN],
      nested: { deep: Number.NaN },
    };
    expect(cleanMetadata(unsupported)).toEqual({});
  });

  it('drops values that cannot be true', () => {
    const impossible = { bitsPerSecond: -1, bitsPerSample: 0, sampleRateHz: 0, channels: 0, bpm: 0, year: 0, track: 0 };
    expect(cleanMetadata({ ...impossible, gps: { latitude: 0, longitude: 0 }, audioTracks: 0 })).toEqual({
      audioTracks: 0,
    });
    const onEquator = { channels: 1, gps: { latitude: 0, longitude: 9.4 } };
    expect(cleanMetadata(onEquator)).toEqual(onEquator);
  });

  it('turns dates and big integers into plain values', () => {
    expect(cleanMetadata({ when: new Date(0), big: 12n })).toEqual({ when: '1970-01-01T00:00:00.000Z', big: 12 });
  });

  it('drops keys that reach a prototype, at any depth', () => {
    const hostile: unknown = JSON.parse(
      '{"__proto__": {"polluted": 1}, "a": {"__proto__": {"polluted": 1}, "constructor": {"x": 1}, "b": 1}, ' +
        '"prototype": 1, "\\u0000__proto__": {"polluted": 1}}',
    );
    const cleaned = cleanMetadata(hostile as object);
    expect(cleaned).toEqual({ a: { b: 1 } });
    expect(Object.getPrototypeOf(cleaned)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('removes control characters and bidirectional overrides from strings and keys', () => {
    expect(cleanMetadata({ 'a\u0000b': 'x\u0000\u001b[31my\u202eexe.jpg', line: 'one\ntwo\tthree' })).toEqual({
      ab: 'x[31myexe.jpg',
      line: 'one\ntwo\tthree',
    });
  });

  it('replaces lone surrogates and never splits a surrogate pair', () => {
    expect(cleanMetadata({ lone: 'a\ud800b' })).toEqual({ lone: 'a\ufffdb' });
    const { emoji } = cleanMetadata({ emoji: 'x'.repeat(998) + '😀😀' });
    expect(emoji).toBe(`${'x'.repeat(998)}…`);
  });

  it('limits strings, arrays, objects and depth', () => {
    const cleaned = cleanMetadata({
      text: 'x'.repeat(450_000),
      list: Array.from({ length: 10_000 }, (_, i) => i),
      object: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i])),
      deep: { a: { b: { c: { d: { e: 1 } } } }, shallow: 1 },
    });
    expect(cleaned.text).toHaveLength(1_000);
    expect(cleaned.list).toHaveLength(50);
    expect(Object.keys(cleaned.object as object)).toHaveLength(50);
    expect(cleaned.deep).toEqual({ shallow: 1 });
  });

  it('limits the total to 16 KiB and keeps the entries that fit', () => {
    const cleaned = cleanMetadata({
      ...Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`k${i}`, 'ü'.repeat(1_000)])),
      last: 1,
    });
    expect(Buffer.byteLength(JSON.stringify(cleaned))).toBeLessThanOrEqual(16 * 1024);
    expect(Object.keys(cleaned)).toHaveLength(9);
    expect(cleaned.last).toBe(1);
  });
});
