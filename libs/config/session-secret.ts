import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the secret of a local installation, kept under DATA_DIR so that sessions survive a restart. */
export function loadOrCreateSessionSecret(dataDir: string): string {
  const path = join(dataDir, 'session-secret');
  mkdirSync(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, randomBytes(32).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, path); // atomic: one of several processes that start together creates it, and all read that one
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}

/** Replaces the secret of a local installation, so that what another one has signed stays valid. */
export function writeSessionSecret(dataDir: string, secret: string): void {
  const path = join(dataDir, 'session-secret');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${path}.restored`, secret, { mode: 0o600 });
  renameSync(`${path}.restored`, path);
}
