declare module 'sherpa-onnx-node' {
  interface Waveform {
    /** -1..1 */
    samples: Float32Array;
    sampleRate: number;
  }
  class OfflineStream {
    acceptWaveform(waveform: Waveform): void;
  }
  export class OfflineRecognizer {
    constructor(config: { featConfig: Record<string, number>; modelConfig: Record<string, unknown> });
    createStream(): OfflineStream;
    decode(stream: OfflineStream): void;
    getResult(stream: OfflineStream): { text: string; tokens?: string[]; timestamps?: number[]; lang?: string };
  }
  export function readWave(path: string): Waveform;
}
