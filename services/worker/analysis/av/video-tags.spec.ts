import type { Probe, Stream } from '../ffmpeg/probe';
import { displayedSize } from './av-input';
import { videoTags } from './video-tags';

const stream = (facts: Partial<Stream> = {}): Stream => ({
  index: 0,
  codec_type: 'video',
  codec_name: 'h264',
  codec_tag_string: 'avc1',
  profile: 'High',
  pix_fmt: 'yuv420p',
  color_transfer: '',
  width: 720,
  height: 576,
  sample_aspect_ratio: '1:1',
  avg_frame_rate: '30000/1001',
  sample_rate: 0,
  channels: 0,
  duration: 1,
  nb_frames: 25,
  disposition: {},
  tags: {},
  side_data_list: [],
  ...facts,
});
const withTags = (tags: Record<string, string>): Probe => ({
  streams: [stream()],
  format: { duration: 1, tags },
  chapters: [],
});

describe('displayedSize', () => {
  it.each<[string, Partial<Stream>, { width: number; height: number }]>([
    ['unchanged', {}, { width: 720, height: 576 }],
    ['with square pixels', { sample_aspect_ratio: '64:45' }, { width: 1024, height: 576 }],
    ['rotated', { side_data_list: [{}, { rotation: -90 }] }, { width: 576, height: 720 }],
    ['upside down', { side_data_list: [{ rotation: 180 }] }, { width: 720, height: 576 }],
    [
      'with square pixels, rotated',
      { sample_aspect_ratio: '64:45', side_data_list: [{ rotation: 270 }] },
      { width: 576, height: 1024 },
    ],
    ['with an invalid aspect ratio', { sample_aspect_ratio: '0:1' }, { width: 720, height: 576 }],
  ])('returns the size %s', (_how, facts, size) => {
    expect(displayedSize(stream(facts))).toEqual(size);
  });
});

describe('videoTags', () => {
  it('reads the tags of a phone', () => {
    const tags = {
      'com.apple.quicktime.make': 'Acme',
      'com.apple.quicktime.location.ISO6709': '+48.8577-002.2950+035.1/',
      'com.apple.quicktime.creationdate': '2024-05-04T10:20:30+0200',
    };
    expect(videoTags(withTags(tags), stream())).toMatchObject({
      cameraMake: 'Acme',
      gps: { latitude: 48.8577, longitude: -2.295 },
      takenAt: '2024-05-04T10:20:30+02:00',
      framesPerSecond: 29.97,
    });
  });

  it.each<Record<string, string>>([
    { location: '+98.0+002.0/', creation_time: '1904-01-01T00:00:00.000000Z' },
    { location: 'here', creation_time: 'now' },
    { location: '+9999', creation_time: '2024-99-99T99:99:99Z' },
  ])('omits impossible values: %j', (tags) => {
    const { gps, takenAt } = videoTags(withTags(tags), stream({ avg_frame_rate: '0/0' }));
    expect({ gps, takenAt }).toEqual({});
  });
});
