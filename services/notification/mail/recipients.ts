import { Injectable } from '@nestjs/common';
import { Dynamo, userKey } from '#platform';

/** What mails need of an account. */
export interface Recipient {
  email: string;
  username: string;
  /** Where its owner reaches this server; null before the first login. */
  origin: string | null;
}

/** Reads accounts, which the auth service writes. */
@Injectable()
export class Recipients {
  constructor(private readonly dynamo: Dynamo) {}

  /** Returns null for an account that does not exist or is being deleted. */
  async find(userId: string): Promise<Recipient | null> {
    const row = await this.dynamo.get<Partial<Recipient> & { deletedAt?: string }>('users', userKey(userId));
    if (!row?.email || !row.username || row.deletedAt) return null;
    return { email: row.email, username: row.username, origin: row.origin ?? null };
  }
}
