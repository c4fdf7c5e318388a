/** The AWS SDK signs every request, so it needs credentials; the emulators accept any. */
export const emulatorCredentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** For a process (a test) that reaches emulators alone: where no credentials are set, any will do. */
export function assumeEmulatorCredentials(env: NodeJS.ProcessEnv = process.env): void {
  Object.assign(env, { ...emulatorCredentials, ...env });
}
