import type { AnalyserName, EventType, Notification } from '#contracts';
import type { DomainEvent, EventOf } from './channel';

type NotificationText = Pick<Notification, 'type' | 'title' | 'body' | 'retryable'>;

const ANALYSER = {
  labels: 'labels',
  moderation: 'sensitive content',
  text: 'text',
  speech: 'speech',
  sentiment: 'its mood',
} as const satisfies Record<AnalyserName, string>;
const KIND = { image: 'image', audio: 'sound', video: 'video' } as const;

/** The notification for each type of event; null: none. A type without an entry does not compile. */
const texts: { [T in EventType]: ((event: EventOf<T>) => NotificationText | null) | null } = {
  'user.registered': () => ({
    type: 'account.welcome',
    title: 'Welcome to SnapStream',
    body: 'Upload images, audio and video. You are notified here when each of them is ready.',
    retryable: false,
  }),
  'user.logged_in': null,
  'user.new_device': null,
  'user.password_reset_requested': null,
  'user.password_changed': null,
  'user.email_confirmation_requested': null,
  'user.email_change_requested': null,
  'user.email_changed': null,
  'user.deleted': null,
  'media.uploaded': null,
  'media.processing': null,
  'media.completed': ({ title, kind }) => ({
    type: 'media.completed',
    title: `“${title}” is ready`,
    body: `Your ${KIND[kind]} was processed and can be viewed now.`,
    retryable: false,
  }),
  'media.failed': ({ title, failure }) => ({
    type: 'media.failed',
    title: `“${title}” could not be processed`,
    body: failure?.message ?? 'Something went wrong.',
    retryable: failure?.retryable ?? false,
  }),
  'media.analysed': ({ title, analyser, requestedBy, failure }) =>
    requestedBy === 'owner' && failure
      ? {
          type: 'media.analysis_failed',
          title: `“${title}” could not be analysed for ${ANALYSER[analyser]}`,
          body: failure.message,
          retryable: false,
        }
      : null,
  'media.deleted': null,
};

/** Returns the text of the notification for an event, or null when there is none. */
export const notificationText = (event: DomainEvent): NotificationText | null =>
  (texts[event.type] as ((event: DomainEvent) => NotificationText | null) | null)?.(event) ?? null;
