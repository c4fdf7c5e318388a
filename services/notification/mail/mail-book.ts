import { Injectable } from '@nestjs/common';
import { Dynamo, equals, missing } from '#platform';

/** Longer than any retry of an event: until then a repeated delivery finds that its mail was sent. */
const SENT_SECONDS = 30 * 86_400;

/** Why mails no longer go to an address: the reply with which its server refused one. */
export interface Bounce {
  /** The address. */
  email: string;
  reply: string;
  /** ISO 8601 UTC. */
  at: string;
}

const SETTINGS = 'settings';

/** The partition of the notifications table for all that mails need of a user. */
export const mailPartition = (userId: string) => `${userId}#mail`;

/** The key of the row with the preferences of a user, and the bounce of the address. */
export const mailSettingsKey = (userId: string) => ({ userId: mailPartition(userId), id: SETTINGS });

/** What the channel `mail` stores about a user, in a partition of the notifications table of its own. */
@Injectable()
export class MailBook {
  constructor(private readonly dynamo: Dynamo) {}

  /** Whether the mail of this id was sent. */
  async wasSent(userId: string, mailId: string): Promise<boolean> {
    return (await this.dynamo.get('notifications', { userId: mailPartition(userId), id: `sent#${mailId}` })) !== null;
  }

  /** Records that the mail of this id was sent, or cannot be. */
  async recordSent(userId: string, mailId: string): Promise<void> {
    const expiresAt = Math.floor(Date.now() / 1_000) + SENT_SECONDS;
    const row = { userId: mailPartition(userId), id: `sent#${mailId}`, schemaVersion: 1, expiresAt };
    await this.dynamo.put('notifications', row, missing('id'));
  }

  /** Returns the bounce of an address, or null. */
  async bounceOf(userId: string, email: string): Promise<Bounce | null> {
    const row = await this.dynamo.get<{ bounce?: Bounce }>('notifications', mailSettingsKey(userId));
    return row?.bounce?.email === email ? row.bounce : null;
  }

  async recordBounce(userId: string, bounce: Bounce): Promise<void> {
    await this.dynamo.update('notifications', mailSettingsKey(userId), {
      set: [
        ['bounce', bounce],
        ['schemaVersion', 1],
      ],
    });
  }

  /** Forgets the bounce of an address: it has accepted a mail again. */
  async forgetBounce(userId: string, email: string): Promise<void> {
    await this.dynamo.update('notifications', mailSettingsKey(userId), {
      remove: ['bounce'],
      when: equals(['bounce', 'email'], email),
    });
  }

  /** Erases all that is stored about a user. Idempotent. */
  async erase(userId: string): Promise<void> {
    const where = equals('userId', mailPartition(userId));
    const keys: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const { id } of this.dynamo.queryAll<{ id: string }>('notifications', { where, project: ['id'] }))
      keys.push({ delete: { userId: mailPartition(userId), id } });
    await this.dynamo.writeMany('notifications', keys);
  }
}
