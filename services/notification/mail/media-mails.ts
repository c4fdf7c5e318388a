import { Injectable } from '@nestjs/common';
import type { AnalysedEvent, MediaEvent } from '#media';
import { PreferencesRepository } from '../preferences/preferences.repository';
import { CollectedMails, type CollectedMedium } from './collected-mails';
import { MailBook } from './mail-book';
import { MediaLetters } from './media-letters';

/** When digests are sent, in UTC. */
const DIGEST_HOUR = 7;

/** The collection of the next digest after `now`. */
function nextDigest(now: Date): string {
  const at = new Date(now);
  at.setUTCHours(DIGEST_HOUR, 0, 0, 0);
  if (at <= now) at.setUTCDate(at.getUTCDate() + 1);
  return `digest#${at.toISOString()}`;
}

const dropOf = (batchId: string) => `drop#${batchId}`;

/** Sends mails about media as their owner has chosen: one for each, one about a drop, or one about a day. */
@Injectable()
export class MediaMails {
  constructor(
    private readonly preferences: PreferencesRepository,
    private readonly collected: CollectedMails,
    private readonly book: MailBook,
    private readonly letters: MediaLetters,
  ) {}

  async deliver(event: MediaEvent | AnalysedEvent): Promise<void> {
    if (event.type !== 'media.completed' && event.type !== 'media.failed') return;
    const { userId, title, failure } = event;
    const status = event.type === 'media.completed' ? 'completed' : 'failed';
    const medium: CollectedMedium = { status, title, ...(failure && { failure }) };
    const collection = await this.collectionOf(event);
    if (collection) await this.collected.add(userId, collection, event.id, medium);
    else if (collection === null) await this.letters.sendOne(event, medium);
  }

  /** @returns null for a mail of its own, undefined for none */
  private async collectionOf(event: MediaEvent): Promise<string | null | undefined> {
    const { userId, batchId, type } = event;
    const preferences = await this.preferences.recent(userId);
    const aboutDrop = batchId ? preferences['drop.finished'].email : 'off';
    if (aboutDrop === 'daily') return nextDigest(new Date());
    // a medium that is processed after the mail about its drop, for example by a retry, is treated as a single one
    if (aboutDrop === 'immediately' && !(await this.book.wasSent(userId, dropOf(batchId!)))) return dropOf(batchId!);
    const mode = preferences[type as 'media.completed' | 'media.failed'].email;
    if (mode === 'daily') return nextDigest(new Date());
    return mode === 'off' ? undefined : null;
  }
}
