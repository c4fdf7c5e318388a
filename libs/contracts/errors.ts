import { unsupportedDetail } from './formats';

/**
 * The problems of the API (RFC 9457): stable `code` -> HTTP status, title and default detail, which says what to do.
 * A more precise detail may replace the default; codes come from this table only.
 */
export const problems = {
  malformed_json: [
    400,
    'Malformed JSON',
    'The request body is not valid JSON. Send a JSON object with content type application/json.',
  ],
  malformed_request: [
    400,
    'Malformed request',
    'The request could not be understood. Check its address, headers and body.',
  ],
  validation_failed: [400, 'Validation failed', 'Some fields are missing or not valid. See `errors` for each of them.'],
  malformed_upload: [
    400,
    'Malformed upload',
    'The upload was not a complete multipart/form-data body with exactly one part named `file`. Send the file again.',
  ],
  empty_file: [400, 'Empty file', 'The file has no bytes. Choose another file, or check that it was saved completely.'],
  token_invalid: [
    400,
    'Link not valid',
    'This link was used already, has expired or is incomplete. Ask for a new one.',
  ],
  unauthenticated: [401, 'Not logged in', 'Log in to continue.'],
  invalid_credentials: [
    401,
    'Invalid credentials',
    'The e-mail or the password is not right. Check both and try again.',
  ],
  account_disabled: [
    403,
    'Account disabled',
    'This account has been disabled. Ask the operator of this server to enable it again.',
  ],
  cross_site_request: [
    403,
    'Cross-site request',
    'This request came from another site and was rejected. Use the application itself.',
  ],
  insufficient_scope: [
    403,
    'Insufficient scope',
    'The API key does not have the scope that this address needs. Create a key with that scope.',
  ],
  wrong_password: [403, 'Wrong password', 'The current password is not right. Check it and try again.'],
  not_found: [404, 'Not found', 'There is nothing here, or it is not yours.'],
  not_ready: [404, 'Not ready', 'This file is not available yet. Wait until processing has finished.'],
  not_completed: [
    409,
    'Not completed',
    'Only a medium that is completed can be analysed. Wait until it is processed, then try again.',
  ],
  analyser_off: [409, 'Analyser off', 'This analyser is switched off, or does not analyse this kind of media.'],
  budget_exceeded: [
    402,
    'Budget exceeded',
    'The budget of this month does not cover this analysis. Ask the operator for more, or wait for the next month.',
  ],
  method_not_allowed: [405, 'Method not allowed', 'This address does not support that method.'],
  upload_stalled: [
    408,
    'Upload stalled',
    'No data arrived for too long. Check your connection and send the file again.',
  ],
  email_taken: [409, 'E-mail taken', 'There is an account with this e-mail already. Log in, or use another e-mail.'],
  username_taken: [409, 'Username taken', 'This username is taken. Choose another one.'],
  not_failed: [409, 'Not failed', 'Only a failed item can be retried.'],
  retries_exhausted: [
    409,
    'Retries exhausted',
    'Processing of this file took too long in every round. Upload a shorter or smaller version instead.',
  ],
  too_many_api_keys: [
    409,
    'Too many API keys',
    'You have as many API keys as an account can have. Revoke one that you no longer use, then try again.',
  ],
  too_many_webhooks: [
    409,
    'Too many webhooks',
    'You have as many webhooks as an account can have. Delete one that you no longer use, then try again.',
  ],
  webhook_disabled: [409, 'Webhook disabled', 'This webhook is disabled. Enable it, then deliver again.'],
  idempotency_in_progress: [
    409,
    'Still running',
    'An upload with this Idempotency-Key is still running. Wait until it ends, then send the request again.',
  ],
  offset_mismatch: [
    409,
    'Offset mismatch',
    'The offset is not the number of bytes that the server has. Send HEAD for the current offset and continue there.',
  ],
  upload_finished: [
    409,
    'Upload finished',
    'This upload is finished and has become a medium. Delete the medium instead.',
  ],
  direct_upload_unavailable: [
    409,
    'Direct upload unavailable',
    'This server takes no uploads straight to a bucket. Send the file to /api/media, or by tus to /api/uploads.',
  ],
  upload_incomplete: [
    409,
    'Upload incomplete',
    'The bucket does not have all bytes yet. Send the missing ones to their addresses, then complete the upload again.',
  ],
  last_admin: [409, 'Last admin', 'This is the only admin left. Make another account an admin first.'],
  conflict: [409, 'Conflict', 'It was changed by another request at the same time. Reload it and try again.'],
  upload_expired: [
    410,
    'Upload expired',
    'This upload was not finished in time and has expired. Upload the file again.',
  ],
  unsupported_tus_version: [412, 'Unsupported tus version', 'Send the header Tus-Resumable: 1.0.0.'],
  payload_too_large: [413, 'Body too large', 'The request body is larger than this address accepts.'],
  file_too_large: [413, 'File too large', 'The file is larger than this server accepts. Choose a smaller one.'],
  quota_exceeded: [413, 'Storage quota reached', 'Your storage is full. Delete some files, then upload again.'],
  unsupported_media_type: [415, 'Unsupported media type', unsupportedDetail(true)],
  range_not_satisfiable: [416, 'Range not satisfiable', 'The requested range contains no byte of the file.'],
  unknown_host: [
    421,
    'Unknown host',
    'The name in the address is not configured here. Open it by its IP address, or let the operator set PUBLIC_URL ' +
      'to the address that people use.',
  ],
  idempotency_key_reused: [
    422,
    'Idempotency-Key reused',
    'This Idempotency-Key was used for another file. Use a new key for each file.',
  ],
  upload_locked: [423, 'Upload busy', 'Another request is sending bytes of this upload. Wait a moment, then continue.'],
  too_many_attempts: [
    429,
    'Too many attempts',
    'There were too many attempts. Wait for the time in Retry-After, then try again.',
  ],
  too_many_uploads: [
    429,
    'Too many uploads',
    'Too many of your uploads are unfinished. Finish or cancel some, or wait until they expire, then try again.',
  ],
  checksum_mismatch: [
    460,
    'Checksum mismatch',
    'The received bytes do not match their checksum and were discarded. Send them again.',
  ],
  internal_error: [
    500,
    'Internal error',
    'Something went wrong on our side. Try again; if it persists, give the operator the request id.',
  ],
  temporarily_unavailable: [
    503,
    'Temporarily unavailable',
    'A part of the service is not reachable. Nothing was lost; try again in a few seconds.',
  ],
  storage_full: [
    507,
    'Storage full',
    'The server has no space left for this file. Contact the operator, or try again later.',
  ],
} as const satisfies Record<string, readonly [number, string, string]>;

export type ProblemCode = keyof typeof problems;

/**
 * Why processing of a medium failed: a message (what happened, whose fault it is, what to do next) and whether it is
 * retryable, that is, whether the same bytes could succeed another time.
 */
export const failures = {
  invalid_media: [
    'The file is damaged or is not what it seems to be. Check that it opens on your device, then upload it again.',
    false,
  ],
  truncated_media: ['The file ends too early: part of it is missing. Upload the complete file again.', false],
  no_media_stream: ['There is no picture, video or sound in the file that could be used. Choose another file.', false],
  unsupported_codec: [
    'The codec of the picture or sound in the file is not supported. ' +
      'Convert it, for example to MP4 with H.264 and AAC, then upload it again.',
    false,
  ],
  encrypted_media: [
    'The file is encrypted (copy protection), so it cannot be played here. Upload a copy without encryption.',
    false,
  ],
  too_complex: [
    'The file needs more pixels, memory, output or time than this server allows. Upload a shorter or smaller version.',
    false,
  ],
  processing_timeout: [
    'Processing took longer than this server allows: it was busy, or the file is too much for it. ' +
      'Try again; if it fails again, upload a shorter or smaller version.',
    true,
  ],
  crashed_worker: [
    'Processing crashed several times: something in this file may be more than our programs can handle. ' +
      'Try again; if it fails again, convert the file to another format first.',
    true,
  ],
  original_missing: [
    'The uploaded file cannot be found in our storage. This is our fault. ' +
      'Try again later; if it fails again, upload the file again.',
    true,
  ],
  processing_error: ['Something went wrong on our side while processing. The file is safe; try again.', true],
} as const satisfies Record<string, readonly [string, boolean]>;

export type FailureCode = keyof typeof failures;
