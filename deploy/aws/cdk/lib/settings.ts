import { sizes, type Size } from './sizes';

/** What an installation decides; `-c name=value` of the CDK, or `context` in cdk.json. */
export interface Settings {
  size: Size;
  /** Tag of the images `snapstream/{api,worker,web}` in ECR. */
  version: string;
  /** The name that people use, such as `media.example.org`. */
  domain: string;
  /** Certificates of that name in the region of the stack, and in us-east-1, where CloudFront reads them. */
  certificateArn: string;
  cdnCertificateArn: string;
  /** Receives alarms and the warning of the budget. */
  email: string;
  /** Name of a secret in Secrets Manager with the URL of the mail server, if mails are sent. */
  mailSecret: string | null;
  /** More settings of the README for all programs, such as ANALYSE_LABELS. */
  environment: Record<string, string>;
}

const required = {
  version: 'the tag of the images in ECR',
  domain: 'the name that people use, such as media.example.org',
  certificateArn: 'the ARN of its certificate in the region of the stack',
  email: 'the address that receives alarms',
};

/**
 * Reads the settings from the context of the CDK.
 * @throws {Error} that names everything that is missing or wrong
 */
export function settingsOf(context: (name: string) => unknown): Settings {
  const text = (name: string) => (context(name) === undefined ? '' : String(context(name)));
  const missing = Object.entries(required)
    .filter(([name]) => text(name) === '')
    .map(([name, meaning]) => `-c ${name}=…: ${meaning}`);
  const size = sizes[(text('size') || 'small') as keyof typeof sizes] as Size | undefined;
  if (!size) missing.push(`-c size=…: one of ${Object.keys(sizes).join(', ')}`);
  const inVirginia = /^arn:[\w-]+:acm:us-east-1:/;
  const cdnCertificateArn = text('cdnCertificateArn') || text('certificateArn');
  if (cdnCertificateArn && !inVirginia.test(cdnCertificateArn))
    missing.push('-c cdnCertificateArn=…: the ARN of a certificate in us-east-1, which CloudFront requires');
  if (missing.length > 0 || !size) throw new Error(`The context lacks settings:\n${missing.join('\n')}`);
  return {
    size,
    version: text('version'),
    domain: text('domain'),
    certificateArn: text('certificateArn'),
    cdnCertificateArn,
    email: text('email'),
    mailSecret: text('mailSecret') || null,
    environment: environmentOf(context('environment')),
  };
}

/** An object in cdk.context.json, or JSON on the command line. */
function environmentOf(value: unknown): Record<string, string> {
  try {
    const entries: unknown = typeof value === 'string' ? JSON.parse(value) : (value ?? {});
    return Object.fromEntries(Object.entries(entries as object).map(([name, setting]) => [name, String(setting)]));
  } catch {
    throw new Error('-c environment=…: an object of settings as JSON, such as {"ANALYSE_LABELS":"aws"}');
  }
}
