import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const web = join(__dirname, '..', '..', 'dist', 'web');
const kB = 1_000;
if (!existsSync(web)) throw new Error(`Expected the build at ${web}: run \`npm run build\` first (npm test does)`);

const shell = readFileSync(join(web, 'index.html'), 'utf8');
const read = (address: string) => readFileSync(join(web, address), 'utf8');
const zipped = (addresses: Iterable<string>) =>
  [...addresses].reduce((sum, address) => sum + gzipSync(read(address)).length, 0);
const named = (pattern: RegExp) => [...shell.matchAll(pattern)].map(([, address]) => address!);

/** Scripts of the shell and their static imports. */
function firstScripts(): Set<string> {
  const found = new Set(named(/<script[^>]* src="([^"]+)"/g));
  for (const address of found) {
    for (const [, name] of read(address).matchAll(/\b(?:import|from)\s*"\.\/([^"]+)"/g)) found.add(`/assets/${name}`);
  }
  return found;
}

describe('the built front end', () => {
  it('loads less than 60 kB of script and 25 kB of style before it shows a page', () => {
    expect(firstScripts().size).toBeGreaterThan(1);
    expect(zipped(firstScripts())).toBeLessThan(60 * kB);
    expect(zipped(named(/rel="stylesheet" href="([^"]+)"/g))).toBeLessThan(25 * kB);
  });

  it('loads nothing from other origins', () => {
    const files = globSync(['index.html', 'assets/*.{js,css,svg,webmanifest}'], { cwd: web });
    expect(files.length).toBeGreaterThan(5);
    const foreign = files.flatMap((file) =>
      [...read(file).matchAll(/\b(?:https?|wss?):\/\/[\w.-]+/g)].map(([url]) => `${file}: ${url}`),
    );
    // XML namespaces, the address of a licence and links are not loaded
    expect(foreign.filter((line) => !/www\.w3\.org|github\.com|www\.openstreetmap\.org/.test(line))).toEqual([]);
  });

  it('has no inline script, style or event handler', () => {
    expect(named(/<script(?![^>]* src=)([^>]*)>/g)).toEqual([]);
    expect(shell).not.toMatch(/<style|\sstyle=|\son\w+=/i);
  });

  it('has a brotli and a gzip version of each file', () => {
    for (const address of [...firstScripts(), ...named(/rel="stylesheet" href="([^"]+)"/g), '/index.html']) {
      for (const suffix of ['.br', '.gz']) expect(existsSync(join(web, address + suffix))).toBe(true);
    }
  });
});
