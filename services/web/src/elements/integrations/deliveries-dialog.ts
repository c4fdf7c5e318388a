import type { Webhook, WebhookDelivery } from '#contracts';
import { integrationsApi } from '../../network/integrations-api';
import { messageOf } from '../../network/problem';
import { openDialog } from '../../ui/confirm-dialog';
import { fill, h } from '../../ui/dom';
import { formatDateTime } from '../../ui/format';
import { integrationTexts as t } from '../../ui/integration-texts';
import { toast } from '../../ui/toasts';

/** Returns what came of the latest attempt, as a sentence. */
export function outcomeOf({ status, failure, responseStatus, durationMs }: WebhookDelivery): string {
  const answer = responseStatus === null ? null : t.answered(responseStatus, durationMs ?? 0);
  return [t.statuses[status], answer, failure?.message].filter(Boolean).join(' · ');
}

/** Shows the latest deliveries to a webhook, each with a button that starts it again. */
export async function showDeliveries({ id, url }: Webhook): Promise<void> {
  const list = h('ul', { class: 'sessions', role: 'list' });
  const refresh = async (): Promise<void> => {
    const { items } = await integrationsApi.deliveries(id);
    fill(list, ...(items.length > 0 ? items.map(row) : [h('li', {}, t.noDeliveries)]));
  };
  const redeliver = async (delivery: WebhookDelivery): Promise<void> => {
    try {
      await integrationsApi.redeliver(id, delivery.id);
      toast(t.redelivering);
      await refresh();
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
  };
  const row = (delivery: WebhookDelivery): HTMLElement =>
    h(
      'li',
      { class: 'session integration' },
      h(
        'div',
        {},
        h('p', { class: 'session-device' }, `${delivery.type}, ${formatDateTime(delivery.createdAt)}`),
        h('p', { class: 'session-meta' }, outcomeOf(delivery)),
      ),
      h('button', { type: 'button', class: 'button small', onclick: () => void redeliver(delivery) }, t.redeliver),
    );
  try {
    await refresh();
  } catch (error) {
    toast(messageOf(error), 'bad');
    return;
  }
  const dialog = openDialog(
    t.deliveriesOf(new URL(url).host),
    list,
    h(
      'div',
      { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => dialog.close() }, t.done),
    ),
  );
}
