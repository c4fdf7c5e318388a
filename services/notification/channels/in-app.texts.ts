import type { Notification } from '#contracts';
import type { MediaEvent } from '#media';

type NotificationText = Pick<Notification, 'type' | 'title' | 'body' | 'retryable'>;

const KIND = { image: 'image', audio: 'sound', video: 'video' } as const;

/** What an owner is told of the end of a round; null for the steps on the way. */
export function mediaText(event: MediaEvent): NotificationText | null {
  if (event.type === 'media.completed') {
    return {
      type: 'media.completed',
      title: `“${event.title}” is ready`,
      body: `Your ${KIND[event.kind]} was processed and can be viewed now.`,
      retryable: false,
    };
  }
  if (event.type === 'media.failed') {
    const retryable = event.failure?.retryable ?? false;
    return {
      type: 'media.failed',
      title: `“${event.title}” could not be processed`,
      body: event.failure?.message ?? 'Something went wrong.',
      retryable,
    };
  }
  return null;
}

export const welcomeText: NotificationText = {
  type: 'account.welcome',
  title: 'Welcome to SnapStream',
  body: 'Upload images, audio and video. You are told here when each of them is ready.',
  retryable: false,
};
