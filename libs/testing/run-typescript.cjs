// Loader for processes that tests start from source: bundles the started module with its internal imports on load.
const { registerHooks } = require('node:module');
const { join } = require('node:path');
const { fileURLToPath } = require('node:url');
const { buildSync } = require('esbuild');

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const { outputFiles } = buildSync({
      entryPoints: [fileURLToPath(url)],
      tsconfig: join(__dirname, '../../tsconfig.json'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node24',
      sourcemap: 'inline',
      write: false,
    });
    return { format: 'commonjs', source: outputFiles[0].text, shortCircuit: true };
  },
});
