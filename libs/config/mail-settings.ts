import { z } from 'zod';

/** The settings of mails, as the environment has them. */
export const mailVariables = {
  MAIL_URL: z
    .url({ protocol: /^smtps?$/ })
    .nullable()
    .default(null),
  MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>@]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, 'an address, or a name and <address>')
    .optional(),
  MAIL_DKIM_KEY: z
    .string()
    .transform((pem) => pem.replaceAll(String.raw`\n`, '\n'))
    .refine((pem) => pem.includes('PRIVATE KEY'), 'a private key in PEM')
    .optional(),
  MAIL_DKIM_SELECTOR: z.string().min(1).default('snapstream'),
};

type MailVariables = z.infer<z.ZodObject<typeof mailVariables>>;

/** The address of the sender is at the host that people use, unless MAIL_FROM names another. */
export function toMailSettings(variables: MailVariables, publicUrl: string | null) {
  const { MAIL_URL: url, MAIL_FROM: from, MAIL_DKIM_KEY: privateKey, MAIL_DKIM_SELECTOR: keySelector } = variables;
  const host = publicUrl ? new URL(publicUrl).hostname : 'localhost';
  return {
    /** null: mails are written to DATA_DIR/mail. */
    url,
    from: from ?? `SnapStream <snapstream@${host}>`,
    dkim: privateKey ? { keySelector, privateKey } : null,
  };
}
