import type { FileChecks } from './admission';
import { forget, keepBytes, type KeptFile } from './pending-files';
import type { UploadQueue } from './queue/queue';

export type ChosenFile = KeptFile & { file: File };

/** Files examined at once: few, so that the first file is sent long before the last one is examined. */
const examinedAtOnce = 25;

/** Admits or refuses files in groups, and calls `examined` after each of them, so that sending begins meanwhile. */
export async function examine(
  queue: UploadQueue,
  files: readonly ChosenFile[],
  checks: FileChecks,
  examined: () => void,
): Promise<void> {
  for (let at = 0; at < files.length; at += examinedAtOnce) {
    const group = files.slice(at, at + examinedAtOnce);
    const refused: string[] = [];
    await Promise.all(
      group.map(async ({ id, file, sizeBytes }) => {
        const refusal = (await checks.content(file)) ?? checks.size(sizeBytes);
        if (!refusal) return admit(queue, id, checks.quota(sizeBytes, queue.tally.all.admittedBytes));
        refused.push(id);
        queue.refuse(id, refusal);
      }),
    );
    if (refused.length > 0) void forget(refused);
    void keepBytes(group);
    examined();
  }
}

function admit(queue: UploadQueue, id: string, quotaRefusal: string | null): void {
  queue.admit(id);
  if (quotaRefusal) queue.fail(id, quotaRefusal);
}
