import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '#config';
import { residentBytes } from '../sandbox/resident-memory';
import { drawnClock, drawnText, drawPicture } from '../vision/drawings.testing';
import { LocalVision, visionOf } from '../vision/local-vision';
import type { AnalysisSubject } from './analyser';
import { aSubject, describeAnalyser } from './analyser.contract';
import { LocalLabels } from './labels/local';
import { LocalModeration } from './moderation/local';
import { toResult } from './moderation/local';
import { LocalText } from './text/local';

const MEMORY_LIMIT_BYTES = 700 * 1024 ** 2;
const wall = (colour: string) => `<rect width="100%" height="100%" fill="${colour}"/>`;
const noSignal = new AbortController().signal;

const showing = (...paths: string[]): AnalysisSubject =>
  aSubject({ pictures: async () => paths.map((path) => ({ path, atSeconds: null })) });
const film = (...paths: string[]): AnalysisSubject =>
  aSubject({ kind: 'video', pictures: async () => paths.map((path, at) => ({ path, atSeconds: at * 10 })) });
const rows = (count: number, step: number, size: number, words: string) =>
  Array.from({ length: count }, (_, row) => drawnText(words, 50, 60 + row * step, size)).join('');

/** With one process for all: loading the models takes longer than looking. */
describe('the local analysers of pictures', () => {
  let dir: string;
  let config: Config;
  let peakBytes = 0;
  let watch: NodeJS.Timeout;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vision-'));
    config = loadConfig({ DATA_DIR: dir });
    watch = setInterval(async () => {
      const others = (await residentBytes(process.pid)) - process.memoryUsage.rss();
      peakBytes = Math.max(peakBytes, others);
    }, 50);
  });
  afterAll(async () => {
    clearInterval(watch);
    await visionOf(config).close();
    await rm(dir, { recursive: true });
  });

  const clock = () => drawPicture(dir, 'clock', 640, 480, drawnClock(640, 480));
  const board = () => {
    const lines = [drawnText('MENTA', 60, 80, 60, '#fff'), drawnText('CAFE LATTE 47', 60, 240, 40, '#fff')];
    const sign = `<g transform="rotate(12 500 480)">${drawnText('HOT TEA', 420, 420, 50, '#ffe')}</g>`;
    return drawPicture(dir, 'board', 800, 600, `${wall('#234a3a')}${lines.join('')}${sign}`);
  };

  const labels = () => new LocalLabels(visionOf(config));
  const text = () => new LocalText(visionOf(config));
  const labelsOf = (subject: AnalysisSubject) => labels().analyse(subject, noSignal, () => {});
  const namesOf = async (path: string) => (await labelsOf(showing(path))).labels.map(({ name }) => name);
  const linesOf = async (subject: AnalysisSubject) => (await text().analyse(subject, noSignal, () => {})).lines;
  const moderation = () => new LocalModeration(visionOf(config));
  describeAnalyser('labels', { analyser: labels, subjectOf: async () => showing(await clock()) });
  describeAnalyser('text', { analyser: text, subjectOf: async () => showing(await board()) });
  describeAnalyser('moderation', { analyser: moderation, subjectOf: async () => showing(await clock()) });

  describe('labels', () => {
    it('name an object and where it is', async () => {
      const found = await labelsOf(showing(await clock()));
      expect(found).toMatchObject({ labels: [{ name: 'clock', boxes: [expect.anything()], atSeconds: [] }], faces: 0 });
      const { x, y, width, height } = found.labels[0]!.boxes[0]!;
      // the dial is two thirds as high as the picture
      expect([x + width / 2, y + height / 2, width, height].map((value) => value.toFixed(1))).toEqual([
        '0.5',
        '0.5',
        '0.5',
        '0.7',
      ]);
    });

    it('of a film say at which seconds, without boxes, and nothing of an empty frame', async () => {
      const nothing = await drawPicture(dir, 'nothing', 640, 480, wall('#446688'));
      const { labels: found } = await labelsOf(film(nothing, await clock()));
      expect(found).toMatchObject([{ name: 'clock', boxes: [], atSeconds: [10] }]);
    });

    it('tell a screen from a page', async () => {
      const screen = wall('#fff') + rows(6, 180, 40, 'CHAT TO ALICE');
      const page = wall('#fff') + rows(24, 45, 22, 'THE FERN ON THE TRAIL TO FRANCE');
      expect(await namesOf(await drawPicture(dir, 'screen', 720, 1_280, screen))).toEqual(['screenshot']);
      expect(await namesOf(await drawPicture(dir, 'page', 850, 1_202, page))).toEqual(['document']);
    });
  });

  describe('text', () => {
    it('is read in order, also where it is not level', async () => {
      const lines = await linesOf(showing(await board()));
      expect(lines.map((line) => line.text).join(' ')).toBe('MENTA CAFE LATTE 47 HOT TEA');
      const { x, y, height } = lines[0]!.box!;
      expect(Math.abs(x - 60 / 800) + Math.abs(y - 80 / 600) + Math.abs(height - 60 / 600)).toBeLessThan(0.1);
    });

    it('of a film is listed once, where it is first seen', async () => {
      const lines = await linesOf(film(await board(), await board()));
      expect(lines.map(({ text: line, atSeconds }) => [line, atSeconds])).toContainEqual(['MENTA', 0]);
      expect(lines.filter((line) => line.text === 'MENTA')).toHaveLength(1);
    });
  });

  describe('moderation', () => {
    it('finds nothing in a harmless picture', async () => {
      const result = await moderation().analyse(showing(await clock()), noSignal, () => {});
      expect(result).toEqual({ flagged: false, categories: [] });
    });

    it('can ask the larger model, which agrees about a harmless picture', async () => {
      const scores = await visionOf(config).look('secondOpinion', await clock(), noSignal);
      expect(toResult([scores]).flagged).toBe(false);
    });
  });

  it('report a file that is no picture as an error of ours', async () => {
    await expect(labels().analyse(showing(__filename), noSignal, () => {})).rejects.toThrow('unsupported image format');
  });

  it('end their process when it is idle or its work is aborted, and leave no file', async () => {
    const vision = new LocalVision(join(dir, 'idle'), 200);
    const path = await clock();
    const abort = new AbortController();
    const aborted = expect(vision.look('moderation', path, abort.signal)).rejects.toThrow('the lease is lost');
    setTimeout(() => abort.abort(new Error('the lease is lost')), 300);
    await aborted;
    await vision.look('moderation', path, noSignal);
    const [tools] = await readdir(join(dir, 'idle'));
    expect(await readdir(join(dir, 'idle', tools!, 'input'))).toEqual([]);
    await vision.close();
  });

  it('need less than 700 MB', () => {
    expect(peakBytes).toBeGreaterThan(0);
    expect(peakBytes).toBeLessThan(MEMORY_LIMIT_BYTES);
  });
});
