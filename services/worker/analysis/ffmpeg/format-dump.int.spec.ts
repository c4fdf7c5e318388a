import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeJpeg, makeM4a, makeMp4, type VideoOptions } from '#testing';
import { parseFormatDump } from './format-dump';
import { probeSchema, type Probe, type Stream } from './probe';

const run = promisify(execFile);
const show = ['-loglevel', 'info', '-show_streams', '-show_format', '-show_chapters', '-of', 'json'];

/** Probes one file: the JSON that ffprobe prints, and its log parsed. */
async function probeBothWays(file: Buffer): Promise<{ printed: Probe; logged: Probe }> {
  const folder = await mkdtemp(join(tmpdir(), 'dump-'));
  try {
    const path = join(folder, 'file');
    await writeFile(path, file);
    const { stdout, stderr } = await run('ffprobe', [...show, path]);
    return { printed: probeSchema.parse(JSON.parse(stdout)), logged: probeSchema.parse(parseFormatDump(stderr)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function pickStreamFields(stream: Stream) {
  const {
    tags: _tags,
    duration: _duration,
    nb_frames: _frames,
    avg_frame_rate,
    disposition,
    side_data_list,
    ...facts
  } = stream;
  const [frames = 0, seconds = 0] = avg_frame_rate.split('/').map(Number);
  return {
    ...facts,
    codec_tag_string: facts.codec_tag_string.replace('[0][0][0][0]', ''),
    profile: facts.codec_name === 'h264' ? facts.profile : '',
    isCover: disposition.attached_pic === 1,
    isDefault: disposition.default === 1,
    framesPerSecond: facts.codec_type === 'video' && frames > 0 ? (frames / seconds).toFixed(2) : null,
    rotation: side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation,
  };
}

/** The fields that the product uses, at the precision of the log. */
const pickUsedFields = ({ format, streams, chapters }: Probe) => ({
  seconds: Math.round(format.duration * 50) / 50,
  tags: format.tags,
  chapters,
  streams: streams.map(pickStreamFields),
});

const video = (options: VideoOptions) => makeMp4({ seconds: 0.5, width: 160, height: 90, ...options });
const rotated: VideoOptions = {
  rotation: 90,
  framesPerSecond: 30_000 / 1_001,
  output: ['-vf', 'setsar=16/11', '-ac', '6', '-metadata', 'title=two\nlines: 2', '-metadata', 'location=+48.8+002.2/'],
};
const hdr: VideoOptions = {
  videoCodec: 'libx265',
  pixelFormat: 'yuv420p10le',
  output: ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
};

describe('parseFormatDump', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['a rotated video with tags, 5.1 audio and non-square pixels', () => video(rotated)],
    ['HDR', () => video(hdr)],
    ['QuickTime with a time code', () => video({ container: 'mov', output: ['-timecode', '00:00:00:00'] })],
    [
      'an audio file with cover art',
      async () => makeM4a({ seconds: 0.5, cover: await makeJpeg({ width: 60, height: 50 }) }),
    ],
  ])('returns what ffprobe prints as JSON: %s', async (_what, make) => {
    const { printed, logged } = await probeBothWays(await make());
    expect(pickUsedFields(logged)).toEqual(pickUsedFields(printed));
  });

  it('returns chapters', () => {
    const title = '      Metadata:\n        title           : One: begin\n';
    const log = `  Chapters:\n    Chapter #0:0: start 0.100000, end 0.400000\n${title}`;
    const { chapters } = probeSchema.parse(parseFormatDump(log));
    expect(chapters).toEqual([{ start_time: 0.1, tags: { title: 'One: begin' } }]);
  });
});
