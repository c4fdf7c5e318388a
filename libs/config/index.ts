export { childEnv } from './child-env';
export { ConfigError, loadConfig, type Config } from './config';
export { isAlive, processStart } from './process-start';
export { runningFile, runningInstallation, type RunningInstallation } from './running';
export { assumeEmulatorCredentials, emulatorCredentials } from './emulator-credentials';
export { setTempFolder } from './temp-folder';
