// Loader for services that tests start from source. Like `run-typescript.cjs`, but compiles each file separately and
// with decorator metadata, which Nest needs for injection.
const { existsSync, readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { join } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { transformSync } = require('@swc/core');
const { transform } = require('../../jest.config.js');

const [, options] = Object.values(transform)[0];
const libs = join(__dirname, '..');

registerHooks({
  resolve(specifier, context, next) {
    const found = specifier.startsWith('#')
      ? join(libs, specifier.slice(1), 'index.ts')
      : resolveRelative(specifier, context.parentURL);
    return found
      ? { url: pathToFileURL(found).href, format: 'commonjs', shortCircuit: true }
      : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...options,
      filename,
      swcrc: false,
      configFile: false,
      sourceMaps: 'inline',
    });
    return { format: 'commonjs', source: code, shortCircuit: true };
  },
});

/** Resolves our relative imports, which have no extension. */
function resolveRelative(specifier, parentUrl) {
  if (!specifier.startsWith('.') || !parentUrl?.endsWith('.ts')) return null;
  const path = fileURLToPath(new URL(specifier, parentUrl));
  return [`${path}.ts`, join(path, 'index.ts')].find((candidate) => existsSync(candidate)) ?? null;
}
