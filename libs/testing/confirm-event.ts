import type { EventSource } from '#contracts';
import type { Outbox } from '#platform';

/** Confirms an event for every channel that delivers it. */
export async function confirmEvent(outbox: Outbox, source: EventSource, eventId: string): Promise<void> {
  for (let entry = await outbox.read(source, eventId); entry; entry = await outbox.read(source, eventId))
    await outbox.confirm(source, entry.event, entry.open[0]!);
}
