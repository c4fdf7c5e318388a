import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSound } from './sound-file';

let folder: string;
const notAborted = new AbortController().signal;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sound-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** 6 s: a tone, 2 s of silence with the offset of a bad sound card, a tone. */
function makeSound(): string {
  const path = join(folder, 'sound.flac');
  const expression = '0.02+if(between(t,2,4),0,0.5*sin(2*PI*440*t))';
  const source = ['-f', 'lavfi', '-i', `aevalsrc='${expression}':d=6:s=16000`];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...source, '-ac', '1', path]);
  return path;
}

describe('a sound', () => {
  it('is cut in its pause, and the pieces are what was between the cuts', async () => {
    const sound = await openSound(makeSound(), folder, notAborted);
    expect(sound.durationSeconds).toBeCloseTo(6, 1);
    expect(sound.isSilent({ startSeconds: 2.2, endSeconds: 3.8 })).toBe(true);
    expect(sound.isSilent({ startSeconds: 1, endSeconds: 3 })).toBe(false);

    const [first, second] = sound.pieces({ shortestSeconds: 1, longestSeconds: 5 });
    expect(first!.endSeconds).toBeGreaterThan(2);
    expect(first!.endSeconds).toBeLessThan(4);
    const path = await sound.extract(second!, 'flac', notAborted);
    expect(readFileSync(path).toString('latin1', 0, 4)).toBe('fLaC');
    const piece = await openSound(path, folder, notAborted);
    expect(piece.durationSeconds).toBeCloseTo(6 - second!.startSeconds, 1);
    const tone = { startSeconds: 4 - second!.startSeconds + 0.2, endSeconds: piece.durationSeconds };
    expect(piece.isSilent(tone)).toBe(false);
    expect(piece.isSilent({ startSeconds: 0, endSeconds: tone.startSeconds - 0.4 })).toBe(true);
  });

  it('that is damaged is an error, and an aborted one ends with the reason', async () => {
    const path = join(folder, 'damaged.flac');
    writeFileSync(path, 'no sound');
    await expect(openSound(path, folder, notAborted)).rejects.toThrow(/ffmpeg/);
    await expect(openSound(makeSound(), folder, AbortSignal.abort(new Error('shutdown')))).rejects.toThrow('shutdown');
  });
});
