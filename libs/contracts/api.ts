import { z } from 'zod';
import {
  adminMediaListResponse,
  adminMediaQuery,
  adminOverviewSchema,
  adminQueueListResponse,
  adminQueueSchema,
  adminRetryRequest,
  adminRetryResponse,
  adminUserChange,
  adminUserListResponse,
  adminUserSchema,
  adminUsersQuery,
  auditListResponse,
  canarySchema,
} from './admin';
import {
  analyseRequest,
  analysersField,
  analysisEstimateSchema,
  analysisListResponse,
  analysisSettingsSchema,
  estimateRequest,
  updateAnalysisRequest,
} from './analysis-api';
import { completeDirectUploadRequest, directUploadRequest, directUploadSchema } from './direct-uploads';
import type { ProblemCode } from './errors';
import { mediaKinds, mediaSchema, mediaStatuses } from './media';
import { page } from './page';
import { mailboxSchema, preferencesRequest, preferencesSchema } from './preferences';
import { cleanLine, cleanText } from './text';
import {
  createWebhookRequest,
  newWebhookSchema,
  updateWebhookRequest,
  webhookDeliveryListResponse,
  webhookDeliverySchema,
  webhookSchema,
} from './webhooks';

const username = z.string().regex(/^[A-Za-z0-9_.-]{3,32}$/, 'Use 3 to 32 letters, digits or the characters _ - .');
/** RFC 5321 limits an address to 254 characters; uniqueness is checked on the lower-case form. */
const email = z.string().trim().max(254).pipe(z.email('Enter a valid e-mail address.'));
/** Counted in code points, so that an emoji is one character. The auth service checks the strength. */
const newPassword = z
  .string()
  .refine((value) => [...value].length >= 8, 'Use at least 8 characters.')
  .refine((value) => [...value].length <= 128, 'Use at most 128 characters.');
/** A password to verify: limited in length but not in strength, so that stricter rules never lock out old accounts. */
const passwordAttempt = z.string().min(1, 'Enter your password.').max(1024);

export const userSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    role: z.enum(['user', 'admin']),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

export const registerRequest = z.strictObject({ username, email, password: newPassword });
export const loginRequest = z.strictObject({
  email: z.string().trim().min(1, 'Enter your e-mail.').max(254),
  password: passwordAttempt,
});
export const updateMeRequest = z.strictObject({ username });
export const changePasswordRequest = z.strictObject({ currentPassword: passwordAttempt, newPassword });
export const deleteMeRequest = z.strictObject({ password: passwordAttempt });
/** A token of a link in a mail. */
const token = z.string().min(1, 'Enter the token of the link.').max(256);
export const passwordResetRequest = z.strictObject({ email });
export const confirmPasswordResetRequest = z.strictObject({ token, password: newPassword });
export const verifyEmailRequest = z.strictObject({ token });
export const changeEmailRequest = z.strictObject({ email, password: passwordAttempt });
export type PasswordResetRequest = z.infer<typeof passwordResetRequest>;
export type ConfirmPasswordResetRequest = z.infer<typeof confirmPasswordResetRequest>;
export type VerifyEmailRequest = z.infer<typeof verifyEmailRequest>;
export type ChangeEmailRequest = z.infer<typeof changeEmailRequest>;
export type RegisterRequest = z.infer<typeof registerRequest>;
export type LoginRequest = z.infer<typeof loginRequest>;
export type UpdateMeRequest = z.infer<typeof updateMeRequest>;
export type ChangePasswordRequest = z.infer<typeof changePasswordRequest>;
export type DeleteMeRequest = z.infer<typeof deleteMeRequest>;

export const emailStateSchema = z
  .object({
    email: z.string(),
    /** Whether the address was confirmed from its mailbox. */
    verified: z.boolean(),
    /** The address that replaces it once it is confirmed. */
    pending: z.object({ email: z.string(), expiresAt: z.iso.datetime() }).nullable(),
  })
  .meta({ id: 'EmailState' });
export type EmailState = z.infer<typeof emailStateSchema>;

export const sessionSchema = z
  .object({
    id: z.string(),
    current: z.boolean(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    userAgent: z.string(),
  })
  .meta({ id: 'Session' });
export type SessionInfo = z.infer<typeof sessionSchema>;

/** What an API key may do. Each route that keys may call names its scopes in the route table. */
export const apiKeyScopes = ['media:read', 'media:write', 'uploads:write', 'notifications:read'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export const createApiKeyRequest = z.strictObject({
  name: z.string().overwrite(cleanLine).min(1, 'Enter a name.').max(100),
  scopes: z
    .array(z.enum(apiKeyScopes))
    .min(1, 'Choose at least one scope.')
    .transform((scopes) => [...new Set(scopes)]),
  /** Absent or null: the key is valid until it is revoked. */
  expiresAt: z.iso
    .datetime({ offset: true })
    .refine((time) => Date.parse(time) > Date.now(), 'Choose a time in the future.')
    .transform((time) => new Date(time).toISOString())
    .nullable()
    .default(null),
});
export type CreateApiKeyRequest = z.infer<typeof createApiKeyRequest>;

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(apiKeyScopes)),
    expiresAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    /** With a precision of some minutes. */
    lastUsedAt: z.iso.datetime().nullable(),
    /** The last characters of the key, by which its owner recognises it. */
    ending: z.string(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKeySchema>;
/** `key` is part of the response of its creation only: the server stores a hash of it. */
export const newApiKeySchema = apiKeySchema.extend({ key: z.string() }).meta({ id: 'NewApiKey' });
export type NewApiKey = z.infer<typeof newApiKeySchema>;

const notificationTypes = [
  'account.welcome',
  'media.completed',
  'media.failed',
  'media.analysis_failed',
  'webhook.disabled',
] as const;
export const notificationSchema = z
  .object({
    id: z.string(),
    type: z.enum(notificationTypes),
    title: z.string(),
    body: z.string(),
    mediaId: z.string().nullable(),
    batchId: z.string().nullable(),
    /** A failure that a retry may fix. */
    retryable: z.boolean(),
    read: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' });
export type Notification = z.infer<typeof notificationSchema>;

/** Unknown query parameters are ignored (unknown body fields are rejected): caches and links add their own. */
export const pageQuery = z.object(page);
export const mediaListQuery = z.object({
  ...page,
  order: z.enum(['desc', 'asc']).default('desc'),
  status: z.enum(mediaStatuses).optional(),
  kind: z.enum(mediaKinds).optional(),
  /** Words that each begin a word of the medium; those in double quotes stand together. */
  q: z.string().trim().max(200).optional(),
  /** Media with exactly this label, whatever its case. */
  label: z.string().trim().min(1).max(100).optional(),
  /** Media that moderation has flagged. */
  flagged: z.enum(['true']).optional(),
  /** Media with exactly these bytes, regardless of `kind` and `status`: to find duplicates before an upload. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'Use 64 lower-case hexadecimal digits.')
    .optional(),
});
/** `reuse`: where the user has the same bytes already, the existing medium is returned, with 200. */
export const uploadQuery = z.object({ onDuplicate: z.enum(['keep', 'reuse']).default('keep') });
export type UploadQuery = z.infer<typeof uploadQuery>;
/** The version of a derived file, as its address in a medium names it: its response may be cached. */
export const versionQuery = z.object({ v: z.string().optional() });
export type VersionQuery = z.infer<typeof versionQuery>;
export type PageQuery = z.infer<typeof pageQuery>;
export type MediaListQuery = z.infer<typeof mediaListQuery>;

const line = z.string().overwrite(cleanLine);
const tag = line.min(1).max(64);
export const updateMediaRequest = z.strictObject({
  title: line.min(1).max(200).optional(),
  description: z.string().overwrite(cleanText).max(5_000).optional(),
  tags: z
    .array(tag)
    .max(50)
    .transform((tags) => [...new Set(tags)])
    .optional(),
});
export type UpdateMediaRequest = z.infer<typeof updateMediaRequest>;

export const batchRequest = z
  .strictObject({
    action: z.enum(['delete', 'retry', 'analyse']),
    ids: z.array(z.string().max(64)).min(1).max(100),
    /** With `analyse`. */
    analysers: analysersField.optional(),
  })
  .refine(({ action, analysers }) => (action === 'analyse') === (analysers !== undefined), {
    path: ['analysers'],
    message: 'Name the analysers with the action `analyse`, and with no other.',
  });
export type BatchRequest = z.infer<typeof batchRequest>;
export const batchResponse = z.object({
  items: z.array(z.object({ id: z.string(), ok: z.boolean(), code: z.string().optional() })),
});
export type BatchResponse = z.infer<typeof batchResponse>;

export const mediaListResponse = z
  .object({ items: z.array(mediaSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'MediaList' });
export type MediaList = z.infer<typeof mediaListResponse>;

const count = z.int().nonnegative();
export const mediaStatsSchema = z
  .object({
    total: count,
    uploaded: count,
    processing: count,
    completed: count,
    failed: count,
    bytes: count,
    originalBytes: count,
    quotaBytes: count.nullable(),
    maxUploadBytes: count,
    /** Whether uploads of HEIC are accepted: operators may switch them off. */
    acceptsHeic: z.boolean(),
    /** Whether `POST /api/uploads/direct` is available. */
    directUploads: z.boolean(),
  })
  .meta({ id: 'MediaStats' });
export type MediaStats = z.infer<typeof mediaStatsSchema>;

export const mediaActivitySchema = z
  .object({ days: z.array(z.object({ date: z.iso.date(), uploaded: count, completed: count, failed: count })) })
  .meta({ id: 'MediaActivity' });
export type MediaActivity = z.infer<typeof mediaActivitySchema>;

export const waveformSchema = z
  .object({ peaks: z.array(z.number().min(0).max(1)), durationSeconds: z.number() })
  .meta({ id: 'Waveform' });
export type Waveform = z.infer<typeof waveformSchema>;

export const notificationListResponse = z
  .object({ items: z.array(notificationSchema), nextCursor: z.string().nullable(), unread: count })
  .meta({ id: 'NotificationList' });
export const notificationBatchRequest = z.strictObject({
  action: z.enum(['read', 'clear']),
  ids: z.array(z.string().min(1).max(64)).min(1).max(100),
});
export type NotificationBatchRequest = z.infer<typeof notificationBatchRequest>;
/** `until`: the newest notification on the page; later ones, which the user has not seen, are not cleared. */
export const clearAllQuery = z.object({ until: z.string().max(64).optional() });
export type ClearAllQuery = z.infer<typeof clearAllQuery>;
export type NotificationList = z.infer<typeof notificationListResponse>;

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

export interface Endpoint {
  method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express path, parameters as `:name`. */
  path: string;
  summary: string;
  /** Reachable without a session. */
  public?: true;
  /** An API key with one of these scopes may call it; without scopes it needs a session. */
  scopes?: readonly ApiKeyScope[];
  /** For admins only: anyone else gets 404. */
  admin?: true;
  body?: z.ZodType;
  query?: z.ZodType;
  /** Success status. */
  status: number;
  /** JSON response; absent: no body, or bytes of the `produces` type. */
  response?: z.ZodType;
  produces?: string;
  consumes?: 'multipart/form-data' | 'application/offset+octet-stream';
  /** In addition to those that every call can return (see openapi). */
  errors: readonly ProblemCode[];
}

const id = '/api/media/:id';
const readsMedia = { scopes: ['media:read'] } as const;
const writesMedia = { scopes: ['media:write'] } as const;
const uploads = { scopes: ['uploads:write'] } as const;
const readsNotifications = { scopes: ['notifications:read'] } as const;
const uploadErrors = [
  'file_too_large',
  'unsupported_media_type',
  'empty_file',
  'malformed_upload',
  'quota_exceeded',
  'storage_full',
  'upload_stalled',
  'too_many_uploads',
] as const;
const resumableErrors = [
  'offset_mismatch',
  'upload_expired',
  'upload_locked',
  'checksum_mismatch',
  'unsupported_tus_version',
] as const;

/** The route table: controllers, the OpenAPI document and the tests read paths, methods and schemas from here. */
export const api = {
  auth: {
    register: {
      method: 'POST',
      path: '/api/auth/register',
      summary: 'Create an account and log in',
      public: true,
      body: registerRequest,
      status: 201,
      response: userSchema,
      errors: ['email_taken', 'username_taken', 'too_many_attempts'],
    },
    login: {
      method: 'POST',
      path: '/api/auth/login',
      summary: 'Log in',
      public: true,
      body: loginRequest,
      status: 200,
      response: userSchema,
      errors: ['invalid_credentials', 'account_disabled', 'too_many_attempts'],
    },
    logout: { method: 'POST', path: '/api/auth/logout', summary: 'End this session', status: 204, errors: [] },
    me: {
      method: 'GET',
      path: '/api/auth/me',
      summary: 'The current user',
      status: 200,
      response: userSchema,
      errors: [],
    },
    updateMe: {
      method: 'PATCH',
      path: '/api/auth/me',
      summary: 'Change the username',
      body: updateMeRequest,
      status: 200,
      response: userSchema,
      errors: ['username_taken'],
    },
    changePassword: {
      method: 'PUT',
      path: '/api/auth/me/password',
      summary: 'Change the password and end all other sessions',
      body: changePasswordRequest,
      status: 204,
      errors: ['wrong_password', 'too_many_attempts'],
    },
    requestPasswordReset: {
      method: 'POST',
      path: '/api/auth/password-reset',
      summary: 'Ask for a link to set a new password, by e-mail; the response is the same without an account',
      public: true,
      body: passwordResetRequest,
      status: 202,
      errors: ['too_many_attempts'],
    },
    confirmPasswordReset: {
      method: 'POST',
      path: '/api/auth/password-reset/confirm',
      summary: 'Set a new password with the token of the link, and end all sessions',
      public: true,
      body: confirmPasswordResetRequest,
      status: 204,
      errors: ['token_invalid', 'too_many_attempts'],
    },
    verifyEmail: {
      method: 'POST',
      path: '/api/auth/email/verify',
      summary: 'Confirm an e-mail address with the token of the link',
      public: true,
      body: verifyEmailRequest,
      status: 204,
      errors: ['token_invalid', 'email_taken'],
    },
    email: {
      method: 'GET',
      path: '/api/auth/me/email',
      summary: 'The e-mail address, whether it is confirmed, and the one that is to replace it',
      status: 200,
      response: emailStateSchema,
      errors: [],
    },
    changeEmail: {
      method: 'PUT',
      path: '/api/auth/me/email',
      summary: 'Change the e-mail address once the new one is confirmed; with the current one: send its link again',
      body: changeEmailRequest,
      status: 204,
      errors: ['wrong_password', 'email_taken', 'too_many_attempts'],
    },
    deleteMe: {
      method: 'DELETE',
      path: '/api/auth/me',
      summary: 'Delete the account and everything it owns',
      body: deleteMeRequest,
      status: 202,
      errors: ['wrong_password', 'too_many_attempts'],
    },
    sessions: {
      method: 'GET',
      path: '/api/auth/sessions',
      summary: 'Active sessions',
      status: 200,
      response: z.object({ items: z.array(sessionSchema) }),
      errors: [],
    },
    endOtherSessions: {
      method: 'DELETE',
      path: '/api/auth/sessions',
      summary: 'End all other sessions',
      status: 204,
      errors: [],
    },
    endSession: {
      method: 'DELETE',
      path: '/api/auth/sessions/:id',
      summary: 'End a session',
      status: 204,
      errors: ['not_found'],
    },
    createApiKey: {
      method: 'POST',
      path: '/api/auth/keys',
      summary: 'Create an API key; its response is the only one that contains the key',
      body: createApiKeyRequest,
      status: 201,
      response: newApiKeySchema,
      errors: ['too_many_api_keys'],
    },
    apiKeys: {
      method: 'GET',
      path: '/api/auth/keys',
      summary: 'API keys, newest first',
      status: 200,
      response: z.object({ items: z.array(apiKeySchema) }),
      errors: [],
    },
    revokeApiKey: {
      method: 'DELETE',
      path: '/api/auth/keys/:id',
      summary: 'Revoke an API key and end its event streams',
      status: 204,
      errors: ['not_found'],
    },
  },
  media: {
    upload: {
      scopes: ['uploads:write', 'media:write'],
      method: 'POST',
      path: '/api/media',
      summary: 'Upload one file (part `file`, optional text part `title`)',
      consumes: 'multipart/form-data',
      query: uploadQuery,
      status: 201,
      response: mediaSchema,
      errors: [...uploadErrors, 'idempotency_in_progress', 'idempotency_key_reused'],
    },
    list: {
      ...readsMedia,
      method: 'GET',
      path: '/api/media',
      summary: 'The library, newest first (`order=asc`: oldest first)',
      query: mediaListQuery,
      status: 200,
      response: mediaListResponse,
      errors: [],
    },
    stats: {
      ...readsMedia,
      method: 'GET',
      path: '/api/media/stats',
      summary: 'Counts and bytes',
      status: 200,
      response: mediaStatsSchema,
      errors: [],
    },
    activity: {
      ...readsMedia,
      method: 'GET',
      path: '/api/media/activity',
      summary: 'Uploads, completions and failures on each of the last 30 days (UTC), oldest first',
      status: 200,
      response: mediaActivitySchema,
      errors: [],
    },
    export: {
      ...readsMedia,
      method: 'GET',
      path: '/api/media/export',
      summary: 'All originals and their metadata (`library.json`, with the account unless a key reads it) as one zip',
      status: 200,
      produces: 'application/zip',
      errors: [],
    },
    batch: {
      ...writesMedia,
      method: 'POST',
      path: '/api/media/batch',
      summary: 'Delete, retry or analyse up to 100 items',
      body: batchRequest,
      status: 200,
      response: batchResponse,
      errors: [],
    },
    get: {
      ...readsMedia,
      method: 'GET',
      path: id,
      summary: 'One medium',
      status: 200,
      response: mediaSchema,
      errors: ['not_found'],
    },
    update: {
      ...writesMedia,
      method: 'PATCH',
      path: id,
      summary: 'Change title, description or tags',
      body: updateMediaRequest,
      status: 200,
      response: mediaSchema,
      errors: ['not_found'],
    },
    retry: {
      ...writesMedia,
      method: 'POST',
      path: `${id}/retry`,
      summary: 'Process a failed medium again',
      status: 202,
      response: mediaSchema,
      errors: ['not_found', 'not_failed', 'retries_exhausted'],
    },
    remove: {
      ...writesMedia,
      method: 'DELETE',
      path: id,
      summary: 'Delete a medium and its derived files',
      status: 204,
      errors: ['not_found'],
    },
    original: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/original`,
      summary: 'The original bytes; supports Range',
      query: z.object({ download: z.enum(['0', '1']).optional() }),
      status: 200,
      produces: 'application/octet-stream',
      errors: ['not_found', 'range_not_satisfiable'],
    },
    thumbnail: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/thumbnail`,
      summary: 'The thumbnail, longest side at most 480 px',
      query: versionQuery,
      status: 200,
      produces: 'image/webp',
      errors: ['not_found', 'not_ready'],
    },
    preview: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/preview`,
      summary: 'A version that every browser can show or play; supports Range',
      status: 200,
      produces: 'application/octet-stream',
      errors: ['not_found', 'not_ready', 'range_not_satisfiable'],
    },
    waveform: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/waveform`,
      summary: 'The waveform: peaks of the sound',
      status: 200,
      response: waveformSchema,
      errors: ['not_found', 'not_ready'],
    },
  },
  analysis: {
    list: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/analysis`,
      summary: 'The latest analysis of a medium by each analyser, with its result',
      status: 200,
      response: analysisListResponse,
      errors: ['not_found'],
    },
    start: {
      ...writesMedia,
      method: 'POST',
      path: `${id}/analysis`,
      summary: 'Analyse a medium; completed analyses are repeated with `again`',
      body: analyseRequest,
      status: 202,
      response: analysisListResponse,
      errors: ['not_found', 'not_completed', 'analyser_off', 'budget_exceeded'],
    },
    settings: {
      ...readsMedia,
      method: 'GET',
      path: '/api/analysis',
      summary: 'The analysers, their prices, and the budget of this month',
      status: 200,
      response: analysisSettingsSchema,
      errors: [],
    },
    update: {
      ...writesMedia,
      method: 'PUT',
      path: '/api/analysis',
      summary: 'Choose what happens by itself',
      body: updateAnalysisRequest,
      status: 200,
      response: analysisSettingsSchema,
      errors: ['analyser_off'],
    },
    estimate: {
      ...readsMedia,
      method: 'POST',
      path: '/api/analysis/estimate',
      summary: 'What analyses would cost, before anything is spent',
      body: estimateRequest,
      status: 200,
      response: analysisEstimateSchema,
      errors: ['analyser_off'],
    },
    captions: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/captions.vtt`,
      summary: 'What is said, as WebVTT: at most two lines of 42 characters at once',
      status: 200,
      produces: 'text/vtt',
      errors: ['not_found', 'not_ready'],
    },
    transcript: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/transcript.txt`,
      summary: 'What is said, as paragraphs of plain text',
      status: 200,
      produces: 'text/plain',
      errors: ['not_found', 'not_ready'],
    },
    subtitles: {
      ...readsMedia,
      method: 'GET',
      path: `${id}/transcript.srt`,
      summary: 'What is said, as SubRip, for players that do not read WebVTT',
      status: 200,
      produces: 'application/x-subrip',
      errors: ['not_found', 'not_ready'],
    },
  },
  /**
   * tus 1.0.0 (https://tus.io/protocols/resumable-upload). Metadata: `filename`, `title`, `batch`, `onDuplicate`.
   * Responses about a finished upload have the header `Snapstream-Media-Id`.
   */
  uploads: {
    describe: {
      ...uploads,
      method: 'OPTIONS',
      path: '/api/uploads',
      summary: 'The capabilities of this tus server',
      status: 204,
      errors: [],
    },
    create: {
      ...uploads,
      method: 'POST',
      path: '/api/uploads',
      summary: 'Create a resumable upload (tus), optionally with its first bytes',
      consumes: 'application/offset+octet-stream',
      status: 201,
      errors: [...uploadErrors, 'checksum_mismatch', 'unsupported_tus_version'],
    },
    status: {
      ...uploads,
      method: 'HEAD',
      path: '/api/uploads/:id',
      summary: 'The current offset; `Snapstream-Media-Id` when it is finished',
      status: 200,
      errors: ['not_found', 'upload_expired', 'upload_locked', 'unsupported_tus_version'],
    },
    append: {
      ...uploads,
      method: 'PATCH',
      path: '/api/uploads/:id',
      summary: 'Append bytes at an offset',
      consumes: 'application/offset+octet-stream',
      status: 204,
      errors: ['not_found', ...uploadErrors, ...resumableErrors],
    },
    terminate: {
      ...uploads,
      method: 'DELETE',
      path: '/api/uploads/:id',
      summary: 'Cancel an unfinished upload',
      status: 204,
      errors: ['not_found', 'upload_finished', 'upload_locked', 'unsupported_tus_version'],
    },
  },
  /** Bytes go from the client straight to the bucket; available where storage is S3. */
  directUploads: {
    create: {
      ...uploads,
      method: 'POST',
      path: '/api/uploads/direct',
      summary: 'Begin an upload straight to the bucket: signed addresses for its bytes',
      body: directUploadRequest,
      status: 201,
      response: directUploadSchema,
      errors: ['direct_upload_unavailable', 'file_too_large', 'empty_file', 'quota_exceeded', 'too_many_uploads'],
    },
    complete: {
      ...uploads,
      method: 'POST',
      path: '/api/uploads/direct/:id/complete',
      summary: 'All bytes are in the bucket: make the medium. May be repeated',
      body: completeDirectUploadRequest,
      status: 201,
      response: mediaSchema,
      errors: [
        'direct_upload_unavailable',
        'not_found',
        'upload_incomplete',
        'upload_expired',
        'upload_locked',
        'checksum_mismatch',
        ...uploadErrors,
      ],
    },
    remove: {
      ...uploads,
      method: 'DELETE',
      path: '/api/uploads/direct/:id',
      summary: 'Give up an unfinished upload',
      status: 204,
      errors: ['direct_upload_unavailable', 'not_found', 'upload_finished', 'upload_locked'],
    },
  },
  notifications: {
    list: {
      ...readsNotifications,
      method: 'GET',
      path: '/api/notifications',
      summary: 'Notifications, newest first',
      query: pageQuery,
      status: 200,
      response: notificationListResponse,
      errors: [],
    },
    preferences: {
      method: 'GET',
      path: '/api/notifications/preferences',
      summary: 'By which channels each type of notification is delivered',
      status: 200,
      response: preferencesSchema,
      errors: [],
    },
    updatePreferences: {
      method: 'PUT',
      path: '/api/notifications/preferences',
      summary: 'Change some of the preferences',
      body: preferencesRequest,
      status: 200,
      response: preferencesSchema,
      errors: [],
    },
    mailbox: {
      method: 'GET',
      path: '/api/notifications/mailbox',
      summary: 'Whether mails reach the user, or why not',
      status: 200,
      response: mailboxSchema,
      errors: [],
    },
    unsubscribePage: {
      method: 'GET',
      path: '/api/unsubscribe/:token',
      summary: 'A page that asks whether to end mails of this type; it changes nothing',
      public: true,
      status: 200,
      produces: 'text/html',
      errors: ['token_invalid'],
    },
    unsubscribe: {
      method: 'POST',
      path: '/api/unsubscribe/:token',
      summary: 'End mails of this type (RFC 8058), without a session and from any site',
      public: true,
      status: 200,
      produces: 'text/html',
      errors: ['token_invalid'],
    },
    readAll: { method: 'POST', path: '/api/notifications/read-all', summary: 'Mark all read', status: 204, errors: [] },
    batch: {
      method: 'POST',
      path: '/api/notifications/batch',
      summary: 'Mark read or clear up to 100; ids that do not exist count as done',
      body: notificationBatchRequest,
      status: 204,
      errors: [],
    },
    read: {
      method: 'POST',
      path: '/api/notifications/:id/read',
      summary: 'Mark one read',
      status: 204,
      errors: ['not_found'],
    },
    clear: {
      method: 'DELETE',
      path: '/api/notifications/:id',
      summary: 'Clear one',
      status: 204,
      errors: ['not_found'],
    },
    clearAll: {
      method: 'DELETE',
      path: '/api/notifications',
      summary: 'Clear all; with `until` only those up to that id',
      query: clearAllQuery,
      status: 204,
      errors: [],
    },
    events: {
      ...readsNotifications,
      method: 'GET',
      path: '/api/events',
      summary: 'Live events (server-sent events): media, media-deleted, notification, reset',
      status: 200,
      produces: 'text/event-stream',
      errors: [],
    },
  },
  /** Anyone but an admin gets 404 for each of these. */
  admin: {
    users: {
      method: 'GET',
      path: '/api/admin/users',
      summary: 'Accounts, newest first',
      admin: true,
      query: adminUsersQuery,
      status: 200,
      response: adminUserListResponse,
      errors: [],
    },
    changeUser: {
      method: 'PATCH',
      path: '/api/admin/users/:id',
      summary: 'Disable or enable an account, set its quota or its role',
      admin: true,
      body: adminUserChange,
      status: 200,
      response: adminUserSchema,
      errors: ['last_admin'],
    },
    deleteUser: {
      method: 'DELETE',
      path: '/api/admin/users/:id',
      summary: 'Delete an account and everything it owns',
      admin: true,
      status: 202,
      errors: ['last_admin'],
    },
    overview: {
      method: 'GET',
      path: '/api/admin/overview',
      summary: 'Accounts, media, storage, queues, failures, spending, workers, channels and health of the installation',
      admin: true,
      status: 200,
      response: adminOverviewSchema,
      errors: [],
    },
    media: {
      method: 'GET',
      path: '/api/admin/media',
      summary: 'Media of all accounts, newest first: metadata only',
      admin: true,
      query: adminMediaQuery,
      status: 200,
      response: adminMediaListResponse,
      errors: [],
    },
    retryMedia: {
      method: 'POST',
      path: '/api/admin/media/retry',
      summary: 'Process failed media again: those of `ids`, or all that match `filter`',
      admin: true,
      body: adminRetryRequest,
      status: 200,
      response: adminRetryResponse,
      errors: [],
    },
    queues: {
      method: 'GET',
      path: '/api/admin/queues',
      summary: 'Queues with depth, oldest wait and whether they are paused',
      admin: true,
      status: 200,
      response: adminQueueListResponse,
      errors: [],
    },
    board: {
      method: 'GET',
      path: '/api/admin/queues/board',
      summary: 'The jobs in the queues, as pages of bull-board: read only, without payloads',
      admin: true,
      status: 200,
      produces: 'text/html',
      errors: [],
    },
    pauseQueue: {
      method: 'POST',
      path: '/api/admin/queues/:name/pause',
      summary: 'Start no more jobs of a queue; running ones are finished',
      admin: true,
      status: 200,
      response: adminQueueSchema,
      errors: [],
    },
    resumeQueue: {
      method: 'POST',
      path: '/api/admin/queues/:name/resume',
      summary: 'Start the jobs of a paused queue again',
      admin: true,
      status: 200,
      response: adminQueueSchema,
      errors: [],
    },
    canary: {
      method: 'POST',
      path: '/api/admin/canary',
      summary: 'Run the canary now; its result is in the overview',
      admin: true,
      status: 202,
      response: canarySchema,
      errors: [],
    },
    audit: {
      method: 'GET',
      path: '/api/admin/audit',
      summary: 'Acts of admins and operators of the last year, newest first',
      admin: true,
      query: pageQuery,
      status: 200,
      response: auditListResponse,
      errors: [],
    },
  },
  webhooks: {
    create: {
      method: 'POST',
      path: '/api/webhooks',
      summary: 'Create a webhook; its response is the only one that contains the secret',
      body: createWebhookRequest,
      status: 201,
      response: newWebhookSchema,
      errors: ['too_many_webhooks'],
    },
    list: {
      method: 'GET',
      path: '/api/webhooks',
      summary: 'Webhooks, newest first',
      status: 200,
      response: z.object({ items: z.array(webhookSchema) }),
      errors: [],
    },
    get: {
      method: 'GET',
      path: '/api/webhooks/:id',
      summary: 'One webhook',
      status: 200,
      response: webhookSchema,
      errors: ['not_found'],
    },
    update: {
      method: 'PATCH',
      path: '/api/webhooks/:id',
      summary: 'Change the address or the events, disable or enable',
      body: updateWebhookRequest,
      status: 200,
      response: webhookSchema,
      errors: ['not_found'],
    },
    remove: {
      method: 'DELETE',
      path: '/api/webhooks/:id',
      summary: 'Delete a webhook and its deliveries',
      status: 204,
      errors: ['not_found'],
    },
    test: {
      method: 'POST',
      path: '/api/webhooks/:id/test',
      summary: 'Send the event `webhook.test` now, once; the response says what the receiver answered',
      status: 200,
      response: webhookDeliverySchema,
      errors: ['not_found', 'too_many_attempts'],
    },
    deliveries: {
      method: 'GET',
      path: '/api/webhooks/:id/deliveries',
      summary: 'Deliveries of the last 7 days, newest first',
      query: pageQuery,
      status: 200,
      response: webhookDeliveryListResponse,
      errors: ['not_found'],
    },
    redeliver: {
      method: 'POST',
      path: '/api/webhooks/:id/deliveries/:deliveryId/redeliver',
      summary: 'Deliver again, with the same `webhook-id`',
      status: 202,
      response: webhookDeliverySchema,
      errors: ['not_found', 'webhook_disabled', 'too_many_attempts'],
    },
  },
} as const satisfies Record<string, Record<string, Endpoint>>;
