import { z } from 'zod';

/** The query of every list: `limit` items after `cursor`, which is opaque. */
export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(2048).optional(),
};
