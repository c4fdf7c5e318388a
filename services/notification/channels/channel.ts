import type { EventType, UserEvent } from '#contracts';
import type { AnalysedEvent, MediaEvent } from '#media';

/** Every event that is delivered, discriminated by `type`. */
export type DomainEvent = UserEvent | MediaEvent | AnalysedEvent;

/** The events of one type. */
export type EventOf<T extends EventType> = T extends UserEvent['type']
  ? UserEvent
  : T extends AnalysedEvent['type']
    ? AnalysedEvent
    : MediaEvent;

/** A channel that delivers events to recipients. */
export interface DeliveryChannel {
  /**
   * Delivers an event. Idempotent: a repeated call changes nothing, or sends the same id again.
   * `isOwnerDeleted`: the account is being deleted, so no data may be added to it. `isPushed`: the open pages have
   * received the medium.
   * @throws {DependencyUnavailableError} to be retried later
   */
  deliver(event: DomainEvent, context: { isOwnerDeleted: boolean; isPushed?: boolean | undefined }): Promise<void>;
}

/** Whether it is an event of a medium, of its status or of one of its analyses. */
export const isMediaEvent = (event: DomainEvent): event is MediaEvent | AnalysedEvent =>
  event.type.startsWith('media.');
