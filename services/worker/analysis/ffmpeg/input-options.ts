import { formatOf } from '#contracts';
import { MediaFailure } from '../media-failure';

/** Decoders for the accepted formats; the other 500 of ffmpeg would only add attack surface. */
const decoders = [
  'h264 hevc vp8 vp9 av1 libdav1d libaom-av1 mpeg1video mpeg2video mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4 h263 h263p flv',
  'vc1 wmv1 wmv2 wmv3 theora dirac jpeg2000 mjpeg png dvvideo dnxhd prores cfhd hap qtrle rpza smc 8bps svq1 svq3',
  'cinepak indeo3 indeo5 msrle msvideo1 ffv1 huffyuv ffvhuff utvideo magicyuv rawvideo v210 v410 r210',
  'aac mp3float mp3 mp2float mp2 mp1float mp1 flac vorbis libvorbis opus libopus speex libspeex alac als',
  'ac3 eac3 dca truehd mlp wavpack tta',
  'amrnb amrwb qdm2 qdmc mace3 mace6 wmav1 wmav2 wmapro gsm gsm_ms truespeech g722 g726 g723_1',
  'pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_s64le pcm_f32le pcm_f32be pcm_f64le',
  'pcm_f64be pcm_f16le pcm_f24le pcm_alaw pcm_mulaw',
  'adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_yamaha adpcm_swf',
];

/** Slightly more than 8K. */
const MAX_FRAME_PIXELS = 40_000_000;

/**
 * Options of ffmpeg and ffprobe for an untrusted input file: one demuxer, no other files, no network.
 * @throws {MediaFailure} for a content type without a demuxer
 */
export function inputOptions(contentType: string): string[] {
  const reader = formatOf(contentType)?.reader;
  // explicit: when ffmpeg detects the format itself, it opens playlists
  const demuxer = reader && 'demuxer' in reader ? reader.demuxer : null;
  if (!demuxer) throw new MediaFailure('no_media_stream', `no demuxer for ${contentType}`);
  const input = ['-f', demuxer, '-format_whitelist', demuxer, '-protocol_whitelist', 'file'];
  const noReferences = demuxer === 'mov' ? ['-enable_drefs', '0', '-use_absolute_path', '0'] : [];
  const decoding = [
    '-codec_whitelist',
    decoders.join(' ').replaceAll(' ', ','),
    '-max_pixels',
    String(MAX_FRAME_PIXELS),
  ];
  return [...input, ...noReferences, ...decoding];
}
