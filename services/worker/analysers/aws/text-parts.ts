const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Cuts a text at the ends of sentences into parts of at most `maxBytes` in UTF-8; a longer sentence is cut between
 * characters. Returns at most `maxParts`, without the rest of the text.
 */
export function cutAtSentences(text: string, maxBytes: number, maxParts: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const { segment } of sentences.segment(text.trim()))
    for (const piece of Buffer.byteLength(segment) > maxBytes ? charactersOf(segment) : [segment])
      if (part !== '' && Buffer.byteLength(part + piece) > maxBytes) {
        parts.push(part);
        if (parts.length === maxParts) return parts;
        part = piece;
      } else part += piece;
  return part === '' ? parts : [...parts, part];
}

function* charactersOf(text: string): Generator<string> {
  for (const { segment } of characters.segment(text)) yield segment;
}
