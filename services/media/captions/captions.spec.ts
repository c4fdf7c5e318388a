import { execFileSync } from 'node:child_process';
import { WebVTTParser } from 'webvtt-parser';
import { toSrt, toTranscript, toVtt } from './captions';

const segment = (startSeconds: number, endSeconds: number, text: string) => ({ startSeconds, endSeconds, text });
const lorem = 'The council has decided to build the new school beside the river, where the old mill stood until 1953.';

/** Parses with the validating parser of the W3C's test suite, and fails on whatever it reports. */
function parseVtt(vtt: string) {
  const { cues, errors } = new WebVTTParser().parse(vtt);
  expect(errors).toEqual([]);
  return cues.map(({ startTime, endTime, tree }) => {
    expect(tree.children.every(({ type }) => type === 'text')).toBe(true);
    return {
      startTime,
      endTime,
      lines: tree.children
        .map(({ value }) => value)
        .join('')
        .split('\n'),
    };
  });
}

/** ffmpeg reads the SRT and returns the start, end and text of each event as it understood them. */
function parseSrt(srt: string): string[] {
  const ass = execFileSync('ffmpeg', ['-v', 'error', '-f', 'srt', '-i', '-', '-f', 'ass', '-'], { input: srt });
  return [...ass.toString().matchAll(/^Dialogue: \d+,([^,]+),([^,]+),(?:[^,]*,){6}(.*)$/gm)].map(
    ([, start, end, text]) => `${start} ${end} ${text!.trimEnd()}`,
  );
}

describe('captions', () => {
  it('are WebVTT of at most two lines of 42 characters', () => {
    const vtt = toVtt({ language: 'en', segments: [segment(1, 11, lorem), segment(3_600.0004, 3_602.5, 'Good.')] });
    expect(vtt).toMatch(/^WEBVTT\n\n/);
    const cues = parseVtt(vtt);
    expect(cues.length).toBeGreaterThan(2);
    for (const { lines } of cues) {
      expect(lines.length).toBeLessThanOrEqual(2);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
    }
    expect(
      cues
        .slice(0, -1)
        .flatMap(({ lines }) => lines)
        .join(' '),
    ).toBe(lorem);
    expect(cues.at(-1)).toEqual({ startTime: 3_600, endTime: 3_602.5, lines: ['Good.'] });
  });

  it('divide the time of a long segment by the length of its parts', () => {
    const cues = parseVtt(toVtt({ language: 'en', segments: [segment(1, 11, lorem)] }));
    expect(cues[0]!.startTime).toBe(1);
    expect(cues.at(-1)!.endTime).toBe(11);
    for (const [index, cue] of cues.slice(1).entries()) expect(cue.startTime).toBe(cues[index]!.endTime);
    const [first, second] = cues.map(({ startTime, endTime, lines }) => (endTime - startTime) / lines.join(' ').length);
    expect(first! / second!).toBeCloseTo(1, 1);
  });

  it('show markup and arrows in the speech as text', () => {
    const hostile = '<script>alert(1)</script> AT&T 00:01 --> 00:02\n\nNOTE \u0000x';
    const vtt = toVtt({ language: 'en', segments: [segment(0, 4, hostile)] });
    expect(vtt).toContain('&lt;script&gt;alert(1)&lt;/script&gt; AT&amp;T');
    expect(vtt.match(/-->/g)).toHaveLength(1);
    expect(parseVtt(vtt)).toHaveLength(1);
    expect(parseSrt(toSrt({ language: 'en', segments: [segment(0, 4, 'a --> b'), segment(5, 6, 'c')] }))).toHaveLength(
      2,
    );
  });

  it('wrap scripts without blanks, and words that are too long', () => {
    const chinese = '市议会决定在河边建造一所新学校，那里的老磨坊一直矗立到一九五三年，如今只剩下几块石头。'.repeat(2);
    for (const [language, text] of [
      ['zh', chinese],
      ['en', 'x'.repeat(100)],
      ['th', 'ฉันชอบอ่านหนังสือ'.repeat(9)],
    ] as const) {
      const lines = parseVtt(toVtt({ language, segments: [segment(0, 10, text)] })).flatMap((cue) => cue.lines);
      expect(lines.join('')).toBe(text);
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(42);
        expect(line).not.toMatch(/^[，。]/);
      }
    }
    const family = '👨‍👩‍👧‍👦'.repeat(12);
    const lines = parseVtt(toVtt({ language: null, segments: [segment(0, 9, family)] })).flatMap((cue) => cue.lines);
    expect(lines.every((line) => line.replaceAll('👨‍👩‍👧‍👦', '') === '')).toBe(true);
  });

  it('are in order, do not overlap, and last a moment at least', () => {
    const segments = [
      segment(5, 5, 'no duration'),
      segment(2, 9, 'overlaps'),
      segment(0, 1, '   '),
      segment(-1, 1, 'early'),
    ];
    expect(parseVtt(toVtt({ language: 'en', segments }))).toEqual([
      { startTime: 0, endTime: 1, lines: ['early'] },
      { startTime: 2, endTime: 5, lines: ['overlaps'] },
      { startTime: 5, endTime: 5.5, lines: ['no duration'] },
    ]);
  });

  it('are SRT that players understand', () => {
    const srt = toSrt({
      language: 'en',
      segments: [segment(1.25, 2, 'Bärbel & Søren'), segment(3_725, 3_726, 'Bye.')],
    });
    expect(srt).toBe('1\n00:00:01,250 --> 00:00:02,000\nBärbel & Søren\n\n2\n01:02:05,000 --> 01:02:06,000\nBye.\n\n');
    expect(parseSrt(srt)).toEqual(['0:00:01.25 0:00:02.00 Bärbel & Søren', '1:02:05.00 1:02:06.00 Bye.']);
  });

  it('of silence are valid and empty', () => {
    expect(parseVtt(toVtt({ language: null, segments: [] }))).toEqual([]);
    expect(toSrt({ language: null, segments: [] })).toBe('');
    expect(toTranscript({ language: null, segments: [] })).toBe('');
  });
});

describe('a transcript', () => {
  it('begins a paragraph after a pause', () => {
    const segments = [segment(0, 2, 'One. '), segment(2.5, 4, ' Two.'), segment(9, 10, 'Three.')];
    expect(toTranscript({ language: 'en', segments })).toBe('One. Two.\n\nThree.\n');
  });

  it('has no blanks between sentences of scripts without blanks', () => {
    expect(toTranscript({ language: 'ja', segments: [segment(0, 2, 'はい。'), segment(2, 4, 'そうです。')] })).toBe(
      'はい。そうです。\n',
    );
  });
});
