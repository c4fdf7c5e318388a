import type { AnalyserName, AnalysisSettings, Media, MediaList } from '#contracts';
import { inBatches } from '../../actions/id-batches';
import { api } from '../../network/api';
import { messageOf } from '../../network/problem';
import { analysisTexts as t } from '../../ui/analysis-texts';
import { openDialog } from '../../ui/confirm-dialog';
import { fill, h, setText } from '../../ui/dom';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';

/** The most ids of one estimate; a larger selection is estimated by its first ones. */
const estimatedCount = 100;

/** Asks what to look for in some media, or in the whole library (null), with the estimate, and starts it. */
export async function askToAnalyse(media: readonly Media[] | null): Promise<void> {
  try {
    new AnalyseDialog(media, await api.analysisSettings()).open();
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

class AnalyseDialog {
  readonly #ids: string[] | null;
  readonly #choices: HTMLElement[];
  readonly #estimate = h('p', { class: 'analysis-note', role: 'status' });
  readonly #again = h('input', { type: 'checkbox', name: 'again' });
  readonly #form: HTMLFormElement;
  #estimating = new AbortController();
  #dialog: HTMLDialogElement | undefined;

  constructor(media: readonly Media[] | null, { analysers }: AnalysisSettings) {
    this.#ids = media?.map(({ id }) => id) ?? null;
    const possible = analysers.filter(({ provider }) => provider !== 'off');
    this.#choices = possible.map(({ analyser }) => choice(analyser));
    const isSingle = media?.length === 1;
    this.#form = h(
      'form',
      { method: 'dialog', class: 'form' },
      h('fieldset', { class: 'choices' }, h('legend', { class: 'visually-hidden' }, t.choose), ...this.#choices),
      isSingle && h('label', { class: 'choice' }, this.#again, h('span', {}, t.again)),
      this.#estimate,
      h(
        'div',
        { class: 'dialog-actions' },
        h('button', { type: 'button', class: 'button', onclick: () => this.#dialog?.close() }, texts.cancel),
        h('button', { type: 'submit', class: 'button primary' }, t.start),
      ),
    );
    if (possible.length === 0) fill(this.#form, h('p', {}, t.allOff));
    this.#form.addEventListener('change', () => void this.#showEstimate());
    this.#form.addEventListener('submit', () => void this.#start());
  }

  open(): void {
    this.#dialog = openDialog(t.dialogTitle(this.#ids?.length ?? null), this.#form);
    this.#dialog.addEventListener('close', () => this.#estimating.abort());
    void this.#showEstimate();
  }

  get #chosen(): AnalyserName[] {
    return new FormData(this.#form).getAll('analyser') as AnalyserName[];
  }

  async #showEstimate(): Promise<void> {
    this.#estimating.abort();
    const { signal } = (this.#estimating = new AbortController());
    const analysers = this.#chosen;
    if (analysers.length === 0 || this.#again.checked) return setText(this.#estimate, '');
    setText(this.#estimate, t.estimating);
    const scope = this.#ids ? { ids: this.#ids.slice(0, estimatedCount) } : { all: true as const };
    try {
      const { items, costUsd, seconds } = await api.estimateAnalysis({ analysers, ...scope }, signal);
      if (!signal.aborted) setText(this.#estimate, t.estimate(items, costUsd, seconds));
    } catch (error) {
      if (!signal.aborted) setText(this.#estimate, messageOf(error));
    }
  }

  async #start(): Promise<void> {
    const analysers = this.#chosen;
    const again = this.#again.checked;
    if (analysers.length === 0) return;
    try {
      const ids = this.#ids ?? (await allIds());
      if (ids.length === 1 && this.#ids) {
        await api.analyse(ids[0] as string, { analysers, again });
        return toast(t.started(1));
      }
      let count = 0;
      await inBatches(ids, async (batch) => {
        const { items } = await api.batch({ action: 'analyse', analysers, ids: batch });
        count += items.filter(({ ok }) => ok).length;
      });
      toast(t.started(count));
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
  }
}

function choice(analyser: AnalyserName): HTMLElement {
  return h(
    'label',
    { class: 'choice' },
    h('input', { type: 'checkbox', name: 'analyser', value: analyser, checked: true }),
    h('span', {}, t.names[analyser], h('small', {}, t.leads[analyser])),
  );
}

async function allIds(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: MediaList = await api.media({ status: 'completed', limit: 100, ...(cursor && { cursor }) });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  return ids;
}
