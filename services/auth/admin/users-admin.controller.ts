import { Controller } from '@nestjs/common';
import {
  api,
  type AdminUser,
  type AdminUserChange,
  type AdminUserList,
  type AdminUsersQuery,
  type AuditList,
  type PageQuery,
} from '#contracts';
import { AuditLog, CurrentAdmin, Endpoint, Id, ZodBody, ZodQuery, type Actor } from '#nest';
import { UsersAdminService } from './users-admin.service';

/** Accounts and the audit log. Only admins reach it: see `requireSession` in libs/nest. */
@Controller()
export class UsersAdminController {
  constructor(
    private readonly users: UsersAdminService,
    private readonly auditLog: AuditLog,
  ) {}

  @Endpoint(api.admin.users)
  list(@ZodQuery(api.admin.users.query) query: AdminUsersQuery): Promise<AdminUserList> {
    return this.users.list(query);
  }

  @Endpoint(api.admin.changeUser)
  change(
    @CurrentAdmin() admin: Actor,
    @Id() id: string,
    @ZodBody(api.admin.changeUser.body) change: AdminUserChange,
  ): Promise<AdminUser> {
    return this.users.change(admin, id, change);
  }

  @Endpoint(api.admin.deleteUser)
  remove(@CurrentAdmin() admin: Actor, @Id() id: string): Promise<void> {
    return this.users.remove(admin, id);
  }

  @Endpoint(api.admin.audit)
  audit(@ZodQuery(api.admin.audit.query) { limit, cursor }: PageQuery): Promise<AuditList> {
    return this.auditLog.page(limit, cursor);
  }
}
