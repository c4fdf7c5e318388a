import { OperatorError, runningInstallation, type NamedInstallation } from '#config';
import { connectStorage, Dynamo, type DependencyUnavailableError, type Storage } from '#platform';

/** An installation that is moved from or to. */
export interface Side extends NamedInstallation {
  dynamo: Dynamo;
  storage: Storage;
}

/** Connects, and creates tables that are missing: those of an older version, or all of a new installation. */
export async function connectSide(installation: NamedInstallation): Promise<Side> {
  const { config, access } = installation;
  const dynamo = Dynamo.connect(config, access);
  await dynamo.ensureTables();
  return { ...installation, dynamo, storage: connectStorage(config, undefined, access) };
}

/**
 * Connects to an installation that has to exist already.
 * @throws {OperatorError} when it has no tables, as after a typing error in its settings
 */
export async function connectSource(installation: NamedInstallation): Promise<Side> {
  const dynamo = Dynamo.connect(installation.config, installation.access);
  try {
    await dynamo.check();
  } catch (error) {
    const { name } = ((error as DependencyUnavailableError).cause ?? {}) as { name?: string };
    if (name !== 'ResourceNotFoundException') throw error;
    throw new OperatorError(
      `There is no installation to move: no tables ${installation.places.tables}. ` +
        'Check DATA_DIR, TABLE_PREFIX, AWS_REGION and AWS_PROFILE of the source.',
    );
  } finally {
    dynamo.close();
  }
  return connectSide(installation);
}

/** @throws {OperatorError} when the product runs on the folder of a local installation */
export function assertStopped({ config }: NamedInstallation, advice: string): void {
  const running = config.mode === 'local' ? runningInstallation(config.dataDir) : null;
  if (running) throw new OperatorError(`The product runs on ${config.dataDir} (pid ${running.pid}): ${advice}`);
}

/** Returns the secret that signs sessions and links; null where the settings name none. */
export function secretOf({ config }: NamedInstallation): string | null {
  try {
    return config.sessionSecret();
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}
