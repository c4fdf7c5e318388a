import { Controller } from '@nestjs/common';
import { api, createApiKeyRequest, type ApiKey, type CreateApiKeyRequest, type NewApiKey } from '#contracts';
import { ApiKeys, CurrentUser, Endpoint, Id, ProblemError, ZodBody, type SessionUser } from '#nest';

@Controller()
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Endpoint(api.auth.createApiKey)
  create(
    @CurrentUser() user: SessionUser,
    @ZodBody(createApiKeyRequest) request: CreateApiKeyRequest,
  ): Promise<NewApiKey> {
    return this.apiKeys.create(user.id, request);
  }

  @Endpoint(api.auth.apiKeys)
  async list(@CurrentUser() user: SessionUser): Promise<{ items: ApiKey[] }> {
    return { items: await this.apiKeys.list(user.id) };
  }

  @Endpoint(api.auth.revokeApiKey)
  async revoke(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    if (!(await this.apiKeys.revoke(user.id, id))) throw new ProblemError('not_found');
  }
}
