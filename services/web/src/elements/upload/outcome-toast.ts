import { texts } from '../../ui/texts';
import { toast, type Toast } from '../../ui/toasts';
import type { SettledBatch } from '../../upload/queue/batches';

/** Shows the outcome of a drop. */
export function showOutcome(batch: SettledBatch): void {
  const isGood = batch.failed + batch.missing === 0;
  toast(texts.upload.batchSettled(batch), isGood ? 'ok' : 'bad', linkTo(batch));
}

/** Leads to what failed, in the library or else the tray of the upload page; to the library when all is well. */
function linkTo({ ready, failed, missing, failedMedia }: SettledBatch): Toast['link'] {
  const label = texts.upload.seeThem;
  if (failedMedia > 0) return { href: '/media?status=failed', label };
  if (failed + missing > 0) return location.pathname === '/upload' ? undefined : { href: '/upload', label };
  return ready > 0 ? { href: '/media', label } : undefined;
}
