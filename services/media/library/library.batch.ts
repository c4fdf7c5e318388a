import { Injectable } from '@nestjs/common';
import type { BatchRequest, BatchResponse } from '#contracts';
import type { MediaKey } from '#media';
import { ProblemError, toProblem } from '#nest';
import { isId } from '#platform';
import { AnalysisActions } from '../analysis/analysis.actions';
import { LibraryActions } from './library.actions';

/** Actions on several media at once. */
@Injectable()
export class LibraryBatch {
  constructor(
    private readonly library: LibraryActions,
    private readonly analyses: AnalysisActions,
  ) {}

  /** Applies the action to each id independently and reports the outcome for each. */
  async apply(userId: string, request: BatchRequest): Promise<BatchResponse> {
    const items: BatchResponse['items'] = [];
    for (const id of new Set(request.ids)) {
      try {
        if (!isId(id)) throw new ProblemError('not_found');
        await this.applyTo({ userId, id }, request);
        items.push({ id, ok: true });
      } catch (error) {
        items.push({ id, ok: false, code: toProblem(error).code });
      }
    }
    return { items };
  }

  private async applyTo(key: MediaKey, { action, analysers }: BatchRequest): Promise<void> {
    if (action === 'delete') await this.library.remove(key);
    if (action === 'retry') await this.library.retry(key);
    if (action === 'analyse') await this.analyses.start(key, { analysers: analysers! });
  }
}
