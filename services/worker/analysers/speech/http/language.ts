/** The languages of Whisper (`whisper/tokenizer.py`). */
const codes = [
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg',
  'lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so',
  'af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jv su yue',
].flatMap((line) => line.split(' '));

/** Names of Whisper that differ from those of Unicode. */
const otherNames: ReadonlyArray<readonly [string, string]> = [
  ['nynorsk', 'nn'],
  ['myanmar', 'my'],
  ['tagalog', 'tl'],
  ['haitian creole', 'ht'],
];

const names = new Intl.DisplayNames('en', { type: 'language' });
const codeOf = new Map([...codes.map((code) => [names.of(code)!.toLowerCase(), code] as const), ...otherNames]);

/** Returns the BCP 47 code of a language, of which servers send the code ("en") or the name ("english"); else null. */
export function languageCode(language: string): string | null {
  const given = language.trim().toLowerCase();
  if (codes.includes(given)) return given;
  return codeOf.get(given) ?? null;
}
