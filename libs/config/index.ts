export { childEnv } from './child-env';
export { loadConfig, type Config } from './config';
export { OperatorError, textForOperator } from './operator-error';
export { isAlive, processStart } from './process-start';
export { runningFile, runningInstallation, type RunningInstallation } from './running';
export { assumeEmulatorCredentials, emulatorCredentials } from './emulator-credentials';
export { setTempFolder } from './temp-folder';
export { loadSettingsFile, type AwsAccess, type NamedInstallation } from './settings-file';
export { writeSessionSecret } from './session-secret';
