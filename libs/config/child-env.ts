/**
 * Returns the environment for a child process: `env` overrides `defaults`, and `overrides` overrides both.
 * An empty value in `env` counts as not set, as in `loadConfig`.
 */
export function childEnv(
  overrides: Record<string, string>,
  defaults: Record<string, string> = {},
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return { ...defaults, ...Object.fromEntries(set), ...overrides };
}
