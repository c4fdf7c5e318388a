/** Channel counts of the layouts whose names do not start with a number (channel_layout.c of ffmpeg). */
const layouts: Record<string, number> = {
  mono: 1,
  stereo: 2,
  downmix: 2,
  quad: 4,
  hexagonal: 6,
  octagonal: 8,
  cube: 8,
  hexadecagonal: 16,
};
const STREAM = /^ {2}Stream #0:(\d+).*?: (Video|Audio|Subtitle|Data|Attachment|Unknown): (.*)/;
const CHAPTER = /^ {4}Chapter #\d+:\d+: start (-?[\d.]+)/;
const ROTATION = /^ +display ?matrix: rotation of (-?[\d.]+) degrees/i;
const DURATION = /^ {2}Duration: (\d+):(\d+):([\d.]+),/;
/** The name is missing on continuation lines of a multi-line value. */
const TAG = /^ {4,8}(\S.*?)? *: (.*)/;

/** Bounds the work of the regular expressions; longer values are shortened later anyway. */
const MAX_LINE_LENGTH = 2_000;

interface Entry {
  [field: string]: unknown;
  tags: Record<string, string>;
}

/**
 * Parses the description of an input in the log of ffprobe (av_dump_format in libavformat) into the shape of
 * `ffprobe -of json`. Fields that the log does not contain are omitted; other lines are ignored.
 */
export function parseFormatDump(log: string): { format: Entry; streams: Entry[]; chapters: Entry[] } {
  const format: Entry = { tags: {} };
  const streams: Entry[] = [];
  const chapters: Entry[] = [];
  let entry = format;
  let key = '';
  for (const fullLine of log.split('\n')) {
    const line = fullLine.slice(0, MAX_LINE_LENGTH);
    const [, index, type = '', text = ''] = STREAM.exec(line) ?? [];
    const [, start_time] = CHAPTER.exec(line) ?? [];
    const [, rotation] = ROTATION.exec(line) ?? [];
    const [, hours, minutes, seconds] = DURATION.exec(line) ?? [];
    const [, name, value] = TAG.exec(line) ?? [];
    if (index) streams.push((entry = { index: Number(index), ...streamFields(type, text), tags: {} }));
    else if (start_time) chapters.push((entry = { start_time, tags: {} }));
    else if (rotation) entry.side_data_list = [{ rotation: Math.round(Number(rotation)) }];
    else if (hours) format.duration = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
    else if (name) entry.tags[(key = name)] = value!;
    else if (value !== undefined) entry.tags[key] = `${entry.tags[key] ?? ''}\n${value}`;
  }
  return { format, streams, chapters };
}

/**
 * Parses the text after the type, e.g.
 * `h264 (High) (avc1 / 0x31637661), yuv420p(tv, progressive), 160x90 [SAR 1:1 DAR 16:9], 25 fps (default)`.
 */
function streamFields(type: string, text: string): Record<string, unknown> {
  const [codec = '', first = '', second = ''] = text.split(/, (?![^([]*[)\]])/); // not at commas within parentheses
  const flags = ['default', 'attached pic', 'timed thumbnails', 'still image'].filter((flag) =>
    text.includes(`(${flag})`),
  );
  const named = {
    disposition: Object.fromEntries(flags.map((flag) => [flag.replace(' ', '_'), 1])),
    codec_type: type.toLowerCase(),
    codec_name: /^(?!none\b)\w+/.exec(codec)?.[0],
    codec_tag_string: /\(([^()]+) \/ 0x\w+\)/.exec(codec)?.[1],
    profile: /^\w+ \(([^()/]+)\)/.exec(codec)?.[1],
  };
  if (type === 'Audio') return { ...named, sample_rate: Number.parseInt(first, 10), channels: channelCount(second) };
  if (type !== 'Video') return named;
  const size = /, (\d+)x(\d+)/.exec(text);
  return {
    ...named,
    pix_fmt: /^[a-z]\w+/.exec(first)?.[0],
    color_transfer: /\/(?!unknown)([\w-]+)[,)]/.exec(first)?.[1],
    width: size?.[1],
    height: size?.[2],
    sample_aspect_ratio: /SAR (\d+:\d+)/.exec(text)?.[1],
    avg_frame_rate: `${/([\d.]+) fps/.exec(text)?.[1] ?? 0}/1`,
  };
}

/** Channels of a layout: the sum of `5.1(side)`, `6 channels`, or a name. */
function channelCount(layout: string): number {
  const [, main, low = 0, above = 0] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(layout) ?? [];
  return main ? Number(main) + Number(low) + Number(above) : (layouts[/^\w+/.exec(layout)?.[0] ?? ''] ?? 0);
}
