import { Controller, Inject, Param } from '@nestjs/common';
import type { Config } from '#config';
import { api, type PreferencesRequest } from '#contracts';
import { Endpoint, ProblemError } from '#nest';
import { CONFIG } from '#platform';
import { html } from '../mail/layout';
import { english } from '../mail/strings.en';
import { parseUnsubscribeToken } from '../mail/unsubscribe-token';
import { PreferencesRepository } from './preferences.repository';

/** One-click unsubscription (RFC 8058), without a session. A GET changes nothing: programs check links by it. */
@Controller()
export class UnsubscribeController {
  constructor(
    private readonly preferences: PreferencesRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Endpoint(api.notifications.unsubscribePage)
  page(@Param('token') token: string): string {
    const { list } = this.parse(token);
    const t = english.unsubscribe;
    return document(
      t.title,
      html`<p>${t.question(t.lists[list])}</p>
        <form method="post"><button type="submit">${t.submit}</button></form>`.markup,
    );
  }

  @Endpoint(api.notifications.unsubscribe)
  async unsubscribe(@Param('token') token: string): Promise<string> {
    const { userId, list } = this.parse(token);
    const current = await this.preferences.read(userId);
    const isOver = (type: 'media.completed' | 'media.failed' | 'drop.finished') =>
      list === type || (list === 'daily' && current[type].email === 'daily');
    const types = (['media.completed', 'media.failed', 'drop.finished'] as const).filter(isOver);
    const changes: PreferencesRequest = Object.fromEntries(types.map((type) => [type, { email: 'off' as const }]));
    await this.preferences.update(userId, changes);
    const t = english.unsubscribe;
    return document(t.title, html`<p>${t.done(t.lists[list])}</p>`.markup);
  }

  private parse(token: string) {
    const parsed = parseUnsubscribeToken(this.config.sessionSecret(), token);
    if (!parsed) throw new ProblemError('token_invalid');
    return parsed;
  }
}

const document = (title: string, body: string) =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title></head><body><main><h1>${title}</h1>${body}</main></body></html>\n`;
