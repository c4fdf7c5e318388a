import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/**
 * The folder of a package, for its models.
 * @throws when it is not installed
 */
export function packageFolder(name: string): string {
  const path = findPackageJSON(name, __filename); // require.resolve finds only what a package exports
  if (!path) throw new Error(`the package ${name} is not installed: run npm ci`);
  return dirname(path);
}
