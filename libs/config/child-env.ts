/**
 * The environment for a child process: ours, over `defaults` (used where nothing is set), under `overrides`.
 * An empty value counts as not set, as in `loadConfig`.
 */
export function childEnv(
  overrides: Record<string, string>,
  defaults: Record<string, string> = {},
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const given = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return { ...defaults, ...Object.fromEntries(given), ...overrides };
}
