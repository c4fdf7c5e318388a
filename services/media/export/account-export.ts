import { Injectable } from '@nestjs/common';
import type { ApiKey, User, Webhook } from '#contracts';
import { ApiKeys } from '#nest';
import { Dynamo, equals, userKey } from '#platform';

/** An account without its secrets: no password, no key, no secret of a webhook. */
export interface ExportedAccount extends Pick<User, 'id' | 'username' | 'email' | 'createdAt'> {
  apiKeys: ApiKey[];
  webhooks: Array<Pick<Webhook, 'id' | 'url' | 'events' | 'enabled' | 'createdAt'>>;
}

/** Reads what the export says about the account itself. */
@Injectable()
export class AccountExport {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly apiKeys: ApiKeys,
  ) {}

  /** Returns null for an account that was deleted meanwhile. */
  async of(userId: string): Promise<ExportedAccount | null> {
    const account = await this.dynamo.get<User>('users', userKey(userId));
    if (!account) return null;
    const { id, username, email, createdAt } = account;
    const webhooks: ExportedAccount['webhooks'] = [];
    for await (const row of this.dynamo.queryAll<Webhook>('webhooks', { where: equals('userId', userId) }))
      webhooks.push({ id: row.id, url: row.url, events: row.events, enabled: row.enabled, createdAt: row.createdAt });
    return { id, username, email, createdAt, apiKeys: await this.apiKeys.list(userId), webhooks };
  }
}
