import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from './process-start';

const runningSchema = z.object({
  pid: z.int(),
  started: z.string(),
  redisUrl: z.string().nullable(),
  dynamodbEndpoint: z.string().nullable(),
  url: z.string(),
});

/** The run file of an installation, read by tools that connect to it. `started` is `processStart(pid)`. */
export type RunningInstallation = z.infer<typeof runningSchema>;

/** The file that the supervisor writes once everything has started and removes when it stops. */
export const runningFile = (dataDir: string): string => join(dataDir, 'run.json');

/** Returns the installation that runs on this folder; null when there is none, also after a crash left its file. */
export function runningInstallation(dataDir: string): RunningInstallation | null {
  const parsed = runningSchema.safeParse(readRunFile(runningFile(dataDir)));
  return parsed.success && isAlive(parsed.data) ? parsed.data : null;
}

function readRunFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // absent, or truncated by a crash: nothing runs here
  }
}
