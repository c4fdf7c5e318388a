import { cutAtSentences } from './text-parts';

const bytes = (text: string) => Buffer.byteLength(text);

describe('parts of a text', () => {
  it('are whole sentences within the limit of bytes, and together the text', () => {
    const text = 'Schöne Grüße. '.repeat(9);
    const parts = cutAtSentences(text, 60, Infinity);
    expect(parts.join('')).toBe(text.trim());
    for (const part of parts) {
      expect(bytes(part)).toBeLessThanOrEqual(60);
      expect(part.trimEnd()).toMatch(/\.$/);
    }
  });

  it('are cut between characters where a sentence is too long', () => {
    const parts = cutAtSentences('漢👩‍🚀'.repeat(40), 50, Infinity);
    expect(parts.join('')).toBe('漢👩‍🚀'.repeat(40));
    for (const part of parts) {
      expect(bytes(part)).toBeLessThanOrEqual(50);
      expect(part).not.toContain('�');
    }
  });

  it('are as many as are asked for', () => {
    expect(cutAtSentences('One. Two. Three.', 6, 2)).toEqual(['One. ', 'Two. ']);
    expect(cutAtSentences('   ', 6, 2)).toEqual([]);
  });
});
