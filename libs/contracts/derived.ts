import { z } from 'zod';

/**
 * The kinds of files derived from an original. Storing, serving, counting of bytes and the checks of the doctor iterate
 * over this list. It is a contract between the analysis process, the worker and the media service.
 */
export const derivedKinds = ['thumbnail', 'preview', 'waveform'] as const;
export type DerivedKind = (typeof derivedKinds)[number];

/** A file in the folder of the delivery that created it; the name is never a path. */
const derivedFileSchema = z.object({ name: z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/), contentType: z.string() });
export type DerivedFile = z.infer<typeof derivedFileSchema>;

/** For each kind a file, `'original'` where the original itself is served, or null where there is none. */
export const derivedSchema = z.record(
  z.enum(derivedKinds),
  z.union([derivedFileSchema, z.literal('original')]).nullable(),
);
export type Derived = z.infer<typeof derivedSchema>;

/** Returns the entries that are files of their own. */
export const derivedFiles = (derived: Derived): DerivedFile[] =>
  derivedKinds.flatMap((kind) => {
    const file = derived[kind];
    return file && file !== 'original' ? [file] : [];
  });
