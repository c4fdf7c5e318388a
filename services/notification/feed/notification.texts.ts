import type { MediaEvent } from '#media';
import type { Notification } from '#contracts';

type Words = Pick<Notification, 'type' | 'title' | 'body' | 'retryable'>;

const KIND = { image: 'image', audio: 'sound', video: 'video' } as const;

/** What an owner is told of the end of a round; null for the steps on the way. */
export function wordsOfMedia(event: MediaEvent): Words | null {
  if (event.type === 'media.completed') {
    return { type: 'media.completed', title: `“${event.title}” is ready`, body: `Your ${KIND[event.kind]} was processed and can be viewed now.`, retryable: false };
  }
  if (event.type === 'media.failed') {
    const retryable = event.failure?.retryable ?? false;
    return { type: 'media.failed', title: `“${event.title}” could not be processed`, body: event.failure?.message ?? 'Something went wrong.', retryable };
  }
  return null;
}

export const welcomeWords: Words = {
  type: 'account.welcome',
  title: 'Welcome to SnapStream',
  body: 'Upload images, audio and video. You are told here when each of them is ready.',
  retryable: false,
};
