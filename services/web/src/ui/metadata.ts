const limit = 40;

/** Returns at most 40 rows of name and value: nested names joined, names made readable, empty values omitted. */
export function flattenMetadata(metadata: Record<string, unknown>): [string, string][] {
  return entriesOf(metadata, '').slice(0, limit);
}

function entriesOf(value: object, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const label = prefix ? `${prefix}: ${toLabel(name)}` : toLabel(name);
    if (inner === null || inner === undefined || inner === '') return [];
    if (Array.isArray(inner)) return inner.length > 0 && inner.every(isPlain) ? [[label, inner.join(', ')]] : [];
    if (typeof inner === 'object') return entriesOf(inner, label);
    return [[label, String(inner)]];
  });
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** `sampleRate` -> `Sample rate`, `LensModel` -> `Lens model`, `ISO` stays. */
function toLabel(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .split(' ');
  const text = words.map((word) => (/^[A-Z\d]+$/.test(word) && word.length > 1 ? word : word.toLowerCase())).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
