import type {
  AdminMediaList,
  AdminOverview,
  AdminQueue,
  AdminQueueList,
  AdminRetryRequest,
  AdminRetryResponse,
  AdminUser,
  AdminUserChange,
  AdminUserList,
  AuditList,
  CanaryView,
} from '#contracts';
import { call, queryString } from './api';

type Query = Record<string, string | number | undefined>;

const read = <T>(path: string, query: Query, signal: AbortSignal): Promise<T> =>
  call<T>('GET', `/api/admin/${path}${queryString(query)}`, { signal });
const userPath = (id: string): string => `/api/admin/users/${encodeURIComponent(id)}`;

/** The routes of the admin area. All of them throw as those of `api` do. */
export const adminApi = {
  overview: (signal: AbortSignal) => read<AdminOverview>('overview', {}, signal),
  users: (query: Query, signal: AbortSignal) => read<AdminUserList>('users', query, signal),
  changeUser: (id: string, body: AdminUserChange) => call<AdminUser>('PATCH', userPath(id), { body }),
  deleteUser: (id: string) => call<void>('DELETE', userPath(id)),
  media: (query: Query, signal: AbortSignal) => read<AdminMediaList>('media', query, signal),
  retry: (body: AdminRetryRequest) => call<AdminRetryResponse>('POST', '/api/admin/media/retry', { body }),
  queues: (signal: AbortSignal) => read<AdminQueueList>('queues', {}, signal),
  setPaused: (name: string, paused: boolean) =>
    call<AdminQueue>('POST', `/api/admin/queues/${encodeURIComponent(name)}/${paused ? 'pause' : 'resume'}`),
  runCanary: () => call<CanaryView>('POST', '/api/admin/canary'),
  audit: (query: Query, signal: AbortSignal) => read<AuditList>('audit', query, signal),
};
