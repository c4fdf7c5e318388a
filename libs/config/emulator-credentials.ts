/** The AWS SDK signs every request, so it needs credentials; the emulators accept any. */
export const emulatorCredentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Sets credentials where none are set, for processes that connect to emulators only (tests, tools). */
export function assumeEmulatorCredentials(env: NodeJS.ProcessEnv = process.env): void {
  Object.assign(env, { ...emulatorCredentials, ...env });
}
