import type {
  AnalyseRequest,
  AnalysisEstimate,
  AnalysisList,
  AnalysisSettings,
  BatchRequest,
  BatchResponse,
  ChangeEmailRequest,
  ChangePasswordRequest,
  ConfirmPasswordResetRequest,
  EmailState,
  EstimateRequest,
  LoginRequest,
  Mailbox,
  Media,
  MediaActivity,
  MediaList,
  MediaStats,
  NotificationBatchRequest,
  NotificationList,
  Preferences,
  PreferencesRequest,
  RegisterRequest,
  SessionInfo,
  UpdateAnalysisRequest,
  UpdateMediaRequest,
  User,
  Waveform,
} from '#contracts';
import { Topic } from '../ui/store';
import { connection, type Part } from './connection';
import { NetworkProblem, isTemporary, parseProblem } from './problem';

/** Emitted when the server answers 401 to a request that needs a session. */
export const sessionLost = new Topic<void>();

export interface MediaQuery {
  status?: string;
  kind?: string;
  q?: string;
  sha256?: string;
  label?: string;
  flagged?: string;
  cursor?: string;
  limit?: number;
}

/** Every route of the HTTP contract that pages use. All of them throw ApiProblem or NetworkProblem. */
export const api = {
  register: (body: RegisterRequest) => call<User>('POST', '/api/auth/register', { body, guest: true }),
  login: (body: LoginRequest) => call<User>('POST', '/api/auth/login', { body, guest: true }),
  logout: () => call<void>('POST', '/api/auth/logout', { guest: true }),
  me: (signal?: AbortSignal) => call<User>('GET', '/api/auth/me', { signal, guest: true }),
  rename: (username: string) => call<User>('PATCH', '/api/auth/me', { body: { username } }),
  changePassword: (body: ChangePasswordRequest) => call<void>('PUT', '/api/auth/me/password', { body }),
  deleteAccount: (password: string) => call<void>('DELETE', '/api/auth/me', { body: { password } }),
  requestPasswordReset: (email: string) =>
    call<void>('POST', '/api/auth/password-reset', { body: { email }, guest: true }),
  confirmPasswordReset: (body: ConfirmPasswordResetRequest) =>
    call<void>('POST', '/api/auth/password-reset/confirm', { body, guest: true }),
  verifyEmail: (token: string) => call<void>('POST', '/api/auth/email/verify', { body: { token }, guest: true }),
  email: (signal?: AbortSignal) => call<EmailState>('GET', '/api/auth/me/email', { signal }),
  changeEmail: (body: ChangeEmailRequest) => call<void>('PUT', '/api/auth/me/email', { body }),
  sessions: (signal?: AbortSignal) => call<{ items: SessionInfo[] }>('GET', '/api/auth/sessions', { signal }),
  endOtherSessions: () => call<void>('DELETE', '/api/auth/sessions'),
  endSession: (id: string) => call<void>('DELETE', `/api/auth/sessions/${encodeURIComponent(id)}`),

  media: (query: MediaQuery, signal?: AbortSignal) =>
    call<MediaList>('GET', `/api/media${queryString({ ...query })}`, { signal }),
  stats: (signal?: AbortSignal) => call<MediaStats>('GET', '/api/media/stats', { signal }),
  activity: (signal?: AbortSignal) => call<MediaActivity>('GET', '/api/media/activity', { signal }),
  medium: (id: string, signal?: AbortSignal) => call<Media>('GET', mediaPath(id), { signal }),
  updateMedium: (id: string, body: UpdateMediaRequest) => call<Media>('PATCH', mediaPath(id), { body }),
  retryMedium: (id: string) => call<Media>('POST', `${mediaPath(id)}/retry`),
  batch: (body: BatchRequest) => call<BatchResponse>('POST', '/api/media/batch', { body }),
  waveform: (id: string, signal?: AbortSignal) => call<Waveform>('GET', `${mediaPath(id)}/waveform`, { signal }),

  analysis: (id: string, signal?: AbortSignal) => call<AnalysisList>('GET', `${mediaPath(id)}/analysis`, { signal }),
  analyse: (id: string, body: AnalyseRequest) => call<AnalysisList>('POST', `${mediaPath(id)}/analysis`, { body }),
  analysisSettings: (signal?: AbortSignal) => call<AnalysisSettings>('GET', '/api/analysis', { signal }),
  updateAnalysis: (body: UpdateAnalysisRequest) => call<AnalysisSettings>('PUT', '/api/analysis', { body }),
  estimateAnalysis: (body: EstimateRequest, signal?: AbortSignal) =>
    call<AnalysisEstimate>('POST', '/api/analysis/estimate', { body, signal }),

  notifications: (query: { cursor?: string; limit?: number }, signal?: AbortSignal) =>
    call<NotificationList>('GET', `/api/notifications${queryString(query)}`, { signal }),
  readAllNotifications: () => call<void>('POST', '/api/notifications/read-all'),
  batchNotifications: (body: NotificationBatchRequest) => call<void>('POST', '/api/notifications/batch', { body }),
  preferences: (signal?: AbortSignal) => call<Preferences>('GET', '/api/notifications/preferences', { signal }),
  updatePreferences: (body: PreferencesRequest) => call<Preferences>('PUT', '/api/notifications/preferences', { body }),
  mailbox: (signal?: AbortSignal) => call<Mailbox>('GET', '/api/notifications/mailbox', { signal }),
  clearAllNotifications: (until: string) => call<void>('DELETE', `/api/notifications${queryString({ until })}`),
};

/** The address of a zip of all originals, which is streamed. */
export const exportUrl = '/api/media/export';

/** Returns the address of the original; with `?download=1` the server sends it with its uploaded file name. */
export function downloadUrl(media: Media): string {
  return `${media.originalUrl}?download=1`;
}

/** Returns the address of the thumbnail of a medium of which only the id is known. */
export function thumbnailUrl(id: string): string {
  return `${mediaPath(id)}/thumbnail`;
}

function mediaPath(id: string): string {
  return `/api/media/${encodeURIComponent(id)}`;
}

/** Returns the query string of the values that are given, with its question mark. */
export function queryString(query: Record<string, string | number | undefined>): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

interface CallOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** A 401 is an expected response here, not a lost session. */
  guest?: boolean;
}

/**
 * Calls a route of the API and returns its JSON.
 * @throws {ApiProblem | NetworkProblem}
 */
export async function call<T>(method: string, path: string, { body, signal, guest }: CallOptions = {}): Promise<T> {
  // `keepalive`: a change is sent even if the page is left at this moment.
  const keepalive = method !== 'GET';
  const init: RequestInit = {
    method,
    headers: { accept: 'application/json' },
    credentials: 'same-origin',
    signal: signal ?? null,
    keepalive,
  };
  if (body !== undefined) {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const part = partOf(path);
  const { response, text } = await exchange(path, init, part);
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  const problem = parseProblem(response.status, text, response.headers.get('retry-after'));
  if (isTemporary(problem)) connection.markLost('unavailable', part);
  if (response.status === 401 && !guest) sessionLost.emit();
  throw problem;
}

async function exchange(path: string, init: RequestInit, part: Part): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(path, init);
    const text = await response.text();
    if (response.status < 500) connection.markRestored(part);
    return { response, text };
  } catch (error) {
    if (init.signal?.aborted) throw error;
    connection.markLost('unreachable', part);
    throw new NetworkProblem();
  }
}

function partOf(path: string): Part {
  if (/^\/api\/(auth|admin\/(users|audit))\b/.test(path)) return 'auth';
  return path.startsWith('/api/notifications') ? 'notifications' : 'media';
}
