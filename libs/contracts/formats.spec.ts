import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems } from './errors';
import { formats } from './formats';
import { mediaKinds } from './media';

const unique = (values: readonly string[]) => expect(values.toSorted()).toEqual([...new Set(values)].toSorted());

describe('the accepted formats', () => {
  it('are distinguished by content type, by sniffed type and by file name extension', () => {
    unique(formats.map(({ contentType }) => contentType));
    unique(formats.flatMap(({ sniffedAs }) => sniffedAs));
    unique(formats.flatMap(({ extensions }) => extensions));
  });

  it('include every kind', () => {
    expect(new Set(formats.map(({ kind }) => kind))).toEqual(new Set(mediaKinds));
  });

  it.each([
    ['the error for unsupported files', () => problems.unsupported_media_type[2]],
    [
      'the README',
      () => readFileSync(join(__dirname, '../../README.md'), 'utf8').split('- **Media**')[1]!.split('\n- **')[0]!,
    ],
  ])('are all named in %s', (_, text) => {
    const words = new Set(text().toLowerCase().match(/\w+/g));
    expect(formats.filter(({ label }) => !words.has(label.toLowerCase())).map(({ label }) => label)).toEqual([]);
  });
});
