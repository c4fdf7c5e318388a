import type { EventType, UserEvent } from '#contracts';
import type { MediaEvent } from '#media';

/** Every event that is delivered, told apart by `type`. */
export type DomainEvent = UserEvent | MediaEvent;

/** The events of one type. */
export type EventOf<T extends EventType> = T extends UserEvent['type'] ? UserEvent : MediaEvent;

/** One way by which events reach somebody. */
export interface DeliveryChannel {
  /**
   * Delivers an event; may be called again with the same one, and then changes nothing or repeats the same id.
   * `isOwnerDeleted`: the account is being deleted, so nothing may be added to what its owner sees.
   * @throws {DependencyUnavailableError} to be called again later
   */
  deliver(event: DomainEvent, context: { isOwnerDeleted: boolean }): Promise<void>;
}

export const isMediaEvent = (event: DomainEvent): event is MediaEvent => event.type.startsWith('media.');
