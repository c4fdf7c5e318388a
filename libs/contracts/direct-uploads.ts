import { z } from 'zod';

/** `sha256`: where it is given, the bucket or the server verifies the bytes against it. `batch`: groups one drop. */
export const directUploadRequest = z.strictObject({
  filename: z.string().max(4_096, 'Use at most 4096 characters.'),
  sizeBytes: z.int('Give the size of the file in bytes.').nonnegative(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'Use 64 lower-case hexadecimal digits.')
    .optional(),
  batch: z
    .string()
    .trim()
    .regex(/^[\x20-\x7e]{0,100}$/, 'Use at most 100 printable ASCII characters.')
    .optional(),
});
export type DirectUploadRequest = z.infer<typeof directUploadRequest>;

/**
 * How to send the bytes: the n-th `partBytes` of the file by PUT to the n-th of `urls`, with `headers`, before
 * `expiresAt`. `put` has one address, `multipart` one for each part.
 */
export const directUploadSchema = z
  .object({
    id: z.string(),
    method: z.enum(['put', 'multipart']),
    urls: z.array(z.string()),
    headers: z.record(z.string(), z.string()),
    partBytes: z.int().positive(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'DirectUpload' });
export type DirectUpload = z.infer<typeof directUploadSchema>;

/** `parts`: the ETags that the bucket answered with, to be compared with what it has; without them it is not asked. */
export const completeDirectUploadRequest = z.strictObject({
  parts: z
    .array(z.strictObject({ partNumber: z.int().min(1).max(10_000), etag: z.string().min(1).max(100) }))
    .max(10_000)
    .optional(),
});
export type CompleteDirectUploadRequest = z.infer<typeof completeDirectUploadRequest>;
