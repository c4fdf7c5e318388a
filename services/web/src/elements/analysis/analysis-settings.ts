import type { AnalysisSettings } from '#contracts';
import { api } from '../../network/api';
import { load } from '../../network/load';
import { messageOf } from '../../network/problem';
import { analysisTexts as t } from '../../ui/analysis-texts';
import { fill, h } from '../../ui/dom';
import { toast } from '../../ui/toasts';
import { problemState } from '../base/page-parts';
import { askToAnalyse } from './analyse-dialog';

type Analyser = AnalysisSettings['analysers'][number];

/** Builds the choice of what is analysed by itself, with what it costs, and what was spent. */
export function analysisSettings(signal: AbortSignal): HTMLElement {
  const element = h('div', { class: 'analysis-settings' });
  const read = async (): Promise<void> => {
    try {
      show(element, await load(() => api.analysisSettings(signal), signal));
    } catch (error) {
      if (!signal.aborted)
        fill(
          element,
          problemState(error, () => void read()),
        );
    }
  };
  void read();
  return element;
}

function show(element: HTMLElement, { analysers, budget }: AnalysisSettings): void {
  const possible = analysers.filter(({ provider }) => provider !== 'off');
  const off = analysers.filter((analyser) => !possible.includes(analyser)).map(({ analyser }) => t.names[analyser]);
  fill(
    element,
    h('fieldset', { class: 'choices' }, h('legend', { class: 'visually-hidden' }, t.settings), ...possible.map(row)),
    off.length > 0 && h('p', { class: 'analysis-note' }, t.off(off)),
    possible.some(({ priceUsd }) => priceUsd > 0) &&
      h('p', { class: 'analysis-note' }, t.budget(budget.spentUsd, budget.monthlyUsd, budget.resetsAt)),
    possible.length > 0 &&
      h('button', { type: 'button', class: 'button', onclick: () => void askToAnalyse(null) }, t.analyseAll),
  );
}

function row({ analyser, provider, model, automatic, priceUsd, unit }: Analyser): HTMLElement {
  const box = h('input', {
    type: 'checkbox',
    checked: automatic,
    'aria-label': t.automatic(t.names[analyser]),
  });
  box.addEventListener('change', () => {
    api.updateAnalysis({ automatic: { [analyser]: box.checked } }).then(
      () => toast(t.saved),
      (error: unknown) => {
        box.checked = !box.checked;
        toast(messageOf(error), 'bad');
      },
    );
  });
  const how = provider === 'off' ? '' : t.price(provider, model, priceUsd, unit);
  return h(
    'label',
    { class: 'choice' },
    box,
    h('span', {}, t.names[analyser], h('small', {}, t.leads[analyser], ' ', how)),
  );
}
