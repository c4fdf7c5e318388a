import { Controller } from '@nestjs/common';
import {
  api,
  type AnalyseRequest,
  type AnalysisEstimate,
  type AnalysisList,
  type AnalysisSettings,
  type EstimateRequest,
  type UpdateAnalysisRequest,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ZodBody, type SessionUser } from '#nest';
import { AnalysisOffers } from './analysis-offers';
import { AnalysisActions } from './analysis.actions';

@Controller()
export class AnalysisController {
  constructor(
    private readonly actions: AnalysisActions,
    private readonly offers: AnalysisOffers,
  ) {}

  @Endpoint(api.analysis.list)
  list(@CurrentUser() user: SessionUser, @Id() id: string): Promise<AnalysisList> {
    return this.actions.list({ userId: user.id, id });
  }

  @Endpoint(api.analysis.start)
  start(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodBody(api.analysis.start.body) body: AnalyseRequest,
  ): Promise<AnalysisList> {
    return this.actions.start({ userId: user.id, id }, body);
  }

  @Endpoint(api.analysis.settings)
  settings(@CurrentUser() user: SessionUser): Promise<AnalysisSettings> {
    return this.offers.settings(user.id);
  }

  @Endpoint(api.analysis.update)
  update(
    @CurrentUser() user: SessionUser,
    @ZodBody(api.analysis.update.body) body: UpdateAnalysisRequest,
  ): Promise<AnalysisSettings> {
    return this.offers.update(user.id, body);
  }

  @Endpoint(api.analysis.estimate)
  estimate(
    @CurrentUser() user: SessionUser,
    @ZodBody(api.analysis.estimate.body) body: EstimateRequest,
  ): Promise<AnalysisEstimate> {
    return this.offers.estimate(user.id, body);
  }
}
