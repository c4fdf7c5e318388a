import type { Webhook, WebhookDelivery, WebhookEventType } from '#contracts';
import { integrationsApi } from '../../network/integrations-api';
import { messageOf } from '../../network/problem';
import { confirmDialog } from '../../ui/confirm-dialog';
import { fragment, h } from '../../ui/dom';
import { formatAgo } from '../../ui/format';
import { integrationTexts as t } from '../../ui/integration-texts';
import { toast } from '../../ui/toasts';
import { field } from '../base/field';
import { form } from '../base/form';
import { choices, chosen } from './choices';
import { outcomeOf, showDeliveries } from './deliveries-dialog';
import { liveList } from './live-list';
import { showOnce } from './shown-once';

const events = Object.keys(t.eventNames) as WebhookEventType[];
const usual = new Set<WebhookEventType>(['media.completed', 'media.failed']);

/** Builds the list of the user's webhooks, and the form that creates one. */
export function webhooks(signal: AbortSignal): DocumentFragment {
  const list = liveList(integrationsApi.webhooks, row, { empty: t.noWebhooks, signal });
  const create = form(
    {
      submit: t.createWebhook,
      action: async (values, element) => {
        const request = { url: values['url'] ?? '', events: chosen(values, events) };
        const { secret } = await integrationsApi.createWebhook(request);
        element.reset();
        showOnce(t.secretTitle, t.secretOnce, secret);
        await list.refresh();
      },
    },
    field({ label: t.url, name: 'url', hint: t.urlHint, required: true, maxLength: 2_048, autocomplete: 'off' }),
    choices(
      t.events,
      events.map((name) => ({ name, label: t.eventNames[name], checked: usual.has(name) })),
    ),
  );
  return fragment(list.element, create);

  function row(webhook: Webhook): HTMLElement {
    const { id, url } = webhook;
    const { host } = new URL(url);
    const remove = async (): Promise<void> => {
      const question = { title: t.removeTitle(host), lead: t.removeLead, confirm: t.remove };
      if (await confirmDialog(question)) await list.change(() => integrationsApi.removeWebhook(id), t.removed);
    };
    const test = async (): Promise<void> => {
      await integrationsApi.testWebhook(id).then(showOutcome, (error: unknown) => toast(messageOf(error), 'bad'));
      await list.refresh();
    };
    const enable = (): void => void list.change(() => integrationsApi.updateWebhook(id, { enabled: true }), t.enabled);
    return h(
      'li',
      { class: 'session integration' },
      h('div', {}, h('p', { class: 'session-device' }, url), h('p', { class: 'session-meta' }, metaOf(webhook))),
      h(
        'div',
        { class: 'button-row' },
        webhook.enabled ? null : button(t.enable, t.enableOf(host), enable),
        button(t.test, t.testOf(host), () => void test()),
        button(t.deliveries, t.deliveriesOf(host), () => void showDeliveries(webhook)),
        button(t.remove, t.removeOf(host), () => void remove()),
      ),
    );
  }
}

const button = (text: string, label: string, onclick: () => void): HTMLElement =>
  h('button', { type: 'button', class: 'button small', 'aria-label': label, onclick }, text);

function showOutcome(delivery: WebhookDelivery): void {
  toast(outcomeOf(delivery), delivery.status === 'succeeded' ? undefined : 'bad');
}

function metaOf({ events: received, enabled, disabledReason, failingSince }: Webhook): string {
  const state = enabled ? failingSince && t.failing(formatAgo(failingSince)) : t.states[disabledReason ?? 'off'];
  return [received.join(', '), state].filter(Boolean).join(' · ');
}
