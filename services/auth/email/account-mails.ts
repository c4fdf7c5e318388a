import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { UserEvent } from '#contracts';
import {
  all,
  CONFIG,
  Dynamo,
  equals,
  hashLinkToken,
  linkExpiry,
  linkToken,
  missing,
  Outbox,
  parseLinkToken,
  userKey,
  type Condition,
} from '#platform';
import { parseUser, unlessChanged, type AccountLink, type UserItem } from '../user.item';

/** The link of the first mail proves the address and permits nothing, so it may be followed days later. */
const FIRST_LINK_MS = 3 * 24 * 3_600_000;
/** Valid links of one purpose per account, so that requests cannot flood a mailbox. */
const MAX_LINKS = 5;

/** A link that was found by its token. */
export interface FoundLink {
  user: UserItem;
  /** The hash of the token: the key of the link on the account. */
  hash: string;
  link: AccountLink;
}

/**
 * Links in mails about an account: each is stored on the account in the write that adds the event of its mail, as the
 * hash of its token, and removed by the write that uses it. So it works once, and ends with the account.
 */
@Injectable()
export class AccountMails {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Queues the mails and other deliveries of events that are stored. Never rejects. */
  async announce(...events: UserEvent[]): Promise<void> {
    await Promise.all(
      events.map((event) => this.outbox.announce({ table: 'users', key: userKey(event.userId) }, event)),
    );
  }

  /** Returns the link of the mail that welcomes a new account, by which its address is confirmed. */
  firstLink(event: UserEvent, email: string): Required<Pick<UserItem, 'links' | 'linksAt'>> {
    const expiresAt = new Date(Date.parse(event.occurredAt) + FIRST_LINK_MS).toISOString();
    return { links: { [this.hashOf(event)]: { purpose: 'email', email, expiresAt } }, linksAt: event.occurredAt };
  }

  /**
   * Stores a link for the mail of the first event, and the events.
   * @returns false when the account was changed meanwhile
   */
  async sendLink(
    user: UserItem,
    link: Omit<AccountLink, 'expiresAt'>,
    events: [UserEvent, ...UserEvent[]],
  ): Promise<boolean> {
    const [event] = events;
    const links = { ...validLinks(user), [this.hashOf(event)]: { ...link, expiresAt: linkExpiry(event) } };
    const isAsRead: Condition = user.linksAt === undefined ? missing('linksAt') : equals('linksAt', user.linksAt);
    const row = await this.dynamo.update('users', userKey(user.id), {
      set: [...Outbox.addEvents(user.id, events), ['links', links], ['linksAt', event.occurredAt]],
      when: unlessChanged(all(isAsRead, equals('emailLower', user.emailLower))),
    });
    if (!row && !(await this.has(user.id, this.hashOf(event)))) return false;
    await this.announce(...events);
    return true;
  }

  /** Returns a valid link of this purpose, or null: unknown, used, expired, or of a deleted account. */
  async findLink(token: string, purpose: AccountLink['purpose']): Promise<FoundLink | null> {
    const parsed = parseLinkToken(token);
    const row = parsed && (await this.dynamo.get('users', userKey(parsed.userId)));
    if (!row) return null;
    const user = parseUser(row);
    const link = validLinks(user)[parsed.hash];
    return link?.purpose === purpose && !user.deletedAt ? { user, hash: parsed.hash, link } : null;
  }

  private async has(userId: string, hash: string): Promise<boolean> {
    const row = await this.dynamo.get<UserItem>('users', userKey(userId));
    return row?.links?.[hash] !== undefined;
  }

  private hashOf(event: UserEvent): string {
    return hashLinkToken(linkToken(this.config.sessionSecret(), event.userId, event.mail?.nonce ?? ''));
  }
}

/** Returns the links that have not expired. */
export function validLinks({ links = {} }: Pick<UserItem, 'links'>): Record<string, AccountLink> {
  const now = new Date().toISOString();
  return Object.fromEntries(Object.entries(links).filter(([, { expiresAt }]) => expiresAt > now));
}

/** Returns when the account may get another link of this purpose: null for now, else ISO 8601. */
export function nextLinkAt(user: UserItem, purpose: AccountLink['purpose']): string | null {
  const times = Object.values(validLinks(user)).flatMap((link) => (link.purpose === purpose ? link.expiresAt : []));
  return times.length < MAX_LINKS ? null : times.toSorted()[0]!;
}
