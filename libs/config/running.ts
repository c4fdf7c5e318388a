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

/** What a supervisor notes about its installation, for tools that join it. `started` is `processStart(pid)`. */
export type RunningInstallation = z.infer<typeof runningSchema>;

/** The file the supervisor writes when all is up and removes when it stops. */
export const runningFile = (dataDir: string): string => join(dataDir, 'run.json');

/** The installation that runs on this folder now; null when none does, also when one died and left its note. */
export function runningInstallation(dataDir: string): RunningInstallation | null {
  const note = readNote(runningFile(dataDir));
  const parsed = runningSchema.safeParse(note);
  return parsed.success && isAlive(parsed.data) ? parsed.data : null;
}

function readNote(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // none, or half of one after a crash: both mean that nothing runs here
  }
}
