declare module 'webvtt-parser' {
  export class WebVTTParser {
    /** Times in seconds. Without tags, the nodes of a cue are texts. */
    parse(input: string): {
      cues: Array<{ startTime: number; endTime: number; tree: { children: Array<{ type: string; value: string }> } }>;
      errors: Array<{ message: string; line: number }>;
    };
  }
}
