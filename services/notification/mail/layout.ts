import type { Mail } from '#platform';

/** A part of a mail, from which both of its forms are made. */
export type Block =
  | { paragraph: string }
  | { button: string; url: string }
  | { facts: ReadonlyArray<readonly [label: string, value: string]> }
  | { list: readonly string[] }
  | { small: string };

/** What a template returns. */
export interface Letter {
  subject: string;
  blocks: Block[];
}

/** Returns both forms of a letter. */
export function layOut({ subject, blocks }: Letter): Pick<Mail, 'subject' | 'text' | 'html'> {
  return { subject, text: `${blocks.map(toText).join('\n\n')}\n`, html: toHtml(subject, blocks) };
}

function toText(block: Block): string {
  if ('paragraph' in block) return block.paragraph;
  if ('button' in block) return `${block.button}:\n${block.url}`;
  if ('facts' in block) return block.facts.map(([label, value]) => `${label}: ${value}`).join('\n');
  if ('list' in block) return block.list.map((item) => `- ${item}`).join('\n');
  return block.small;
}

/** Marks up a template literal; interpolated text is escaped unless `html` made it. */
export function html(parts: TemplateStringsArray, ...values: Array<string | Html | Html[]>): Html {
  const texts = values.map((value) =>
    typeof value === 'string' ? escape(value) : [value].flat().reduce((all, one) => all + one.markup, ''),
  );
  return { markup: String.raw({ raw: parts }, ...texts) };
}

interface Html {
  markup: string;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);

const STYLES = {
  body: 'margin:0;padding:24px 12px;background:#f4f4f6;color:#1d1d22;font:16px/1.5 system-ui,sans-serif',
  card: 'max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border-radius:12px',
  title: 'margin:0 0 16px;font-size:20px;line-height:1.3',
  button:
    'display:inline-block;padding:11px 20px;border-radius:8px;background:#4338ca;color:#ffffff;font-weight:600;' +
    'text-decoration:none',
  small: 'margin:16px 0 0;color:#5b5b66;font-size:13px',
  address: 'word-break:break-all',
};

/** Styles are inline, because mail programs drop style sheets. */
function toHtml(subject: string, blocks: Block[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light" />
        <title>${subject}</title>
      </head>
      <body style="${STYLES.body}">
        <div style="${STYLES.card}">
          <h1 style="${STYLES.title}">${subject}</h1>
          ${blocks.map(toMarkup)}
        </div>
      </body>
    </html> `.markup;
}

function toMarkup(block: Block): Html {
  if ('paragraph' in block) return html`<p>${block.paragraph}</p>`;
  if ('button' in block)
    return html`<p><a href="${block.url}" style="${STYLES.button}">${block.button}</a></p>
      <p style="${STYLES.small} ${STYLES.address}">${block.url}</p>`;
  if ('facts' in block)
    return html`<p>${block.facts.map(([label, value]) => html`${label}: <strong>${value}</strong><br />`)}</p>`;
  if ('list' in block)
    return html`<ul>
      ${block.list.map((item) => html`<li>${item}</li>`)}
    </ul>`;
  return html`<p style="${STYLES.small}">${block.small}</p>`;
}
