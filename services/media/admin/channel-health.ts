import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { ChannelHealthView } from '#contracts';
import { ALERTS, CONFIG, Directory, Dynamo, MAILER, type Alerts, type FailingWebhook, type Mailer } from '#platform';

type Health = Omit<ChannelHealthView, 'name'>;

/** Whether events reach people and other services by each channel. */
@Injectable()
export class ChannelHealth {
  private readonly failingWebhooks: Directory<FailingWebhook>;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ALERTS) private readonly alerts: Alerts,
    @Inject(MAILER) private readonly mailer: Mailer,
    private readonly dynamo: Dynamo,
  ) {
    this.failingWebhooks = new Directory(dynamo, 'failingWebhooks');
  }

  /**
   * Never rejects because of a topic or mail server: a channel that cannot be reached is `down`.
   * @throws {DependencyUnavailableError} the tables
   */
  async read(): Promise<ChannelHealthView[]> {
    const [alerts, mail, webhooks] = await Promise.all([this.alertsHealth(), this.mailHealth(), this.webhooksHealth()]);
    return [
      { name: 'alerts', ...alerts },
      { name: 'mail', ...mail },
      { name: 'webhooks', ...webhooks },
    ];
  }

  private alertsHealth(): Promise<Health> {
    const detail = 'The topic cannot be reached. Alerts are kept and delivered when it is available again.';
    return this.alerts.health().catch(() => ({ state: 'down', detail }));
  }

  private async mailHealth(): Promise<Health> {
    const { url } = this.config.mail;
    const place = url ? `The mail server ${new URL(url).host}` : `The folder ${this.config.dataDir}/mail`;
    try {
      await this.mailer.check();
    } catch {
      return { state: 'down', detail: `${place} takes no mails. They are kept and sent when it does again.` };
    }
    if (url) return { state: 'ok', detail: `${place} takes mails.` };
    return { state: 'off', detail: `${place} gets every mail, and none is sent. Set MAIL_URL to send them.` };
  }

  private async webhooksHealth(): Promise<Health> {
    const count = await this.countFailingWebhooks();
    if (count === 0) return { state: 'ok', detail: 'No receiver refuses its messages.' };
    const subject = count === 1 ? '1 webhook cannot deliver' : `${count} webhooks cannot deliver`;
    const detail = `${subject}. Messages are retried for a day; owners see the reason in their profiles.`;
    return { state: 'degraded', detail };
  }

  /** Webhooks are entered when they fail and stay until someone looks: those that do not fail any more leave here. */
  private async countFailingWebhooks(): Promise<number> {
    const entries: Array<FailingWebhook & { id: string }> = [];
    for await (const entry of this.failingWebhooks.all()) entries.push(entry);
    const keys = entries.map(({ userId, webhookId }) => ({ userId, id: webhookId }));
    const rows = await this.dynamo.getMany<{ id: string; enabled: boolean; failingSince?: string }>('webhooks', keys);
    const failing = new Set(rows.filter(({ enabled, failingSince }) => enabled && failingSince).map(({ id }) => id));
    const repaired = entries.filter(({ webhookId }) => !failing.has(webhookId));
    await Promise.all(repaired.map(({ id }) => this.failingWebhooks.remove(id)));
    return failing.size;
  }
}
