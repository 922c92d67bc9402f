// The package ships JSDoc only; these are the parts used here, read from its sources (1.13.8).
declare module 'sherpa-onnx-node' {
  interface Spoken {
    samples: Float32Array;
    sampleRate: number;
  }
  interface Progress {
    samples: Float32Array;
    progress: number;
  }
  interface Request {
    text: string;
    sid: number;
    speed: number;
    /** Electron forbids buffers that V8 has not allocated. */
    enableExternalBuffer: false;
    generationConfig?: { sid: number; speed: number; numSteps?: number; extra?: Record<string, string> };
    /** Called on this thread, once for each sentence of the text; `false` ends the synthesis before the next one. */
    onProgress?: (progress: Progress) => boolean;
  }
  class OfflineTts {
    /** Rejects for files that are missing or broken; ends the process for a model without the notes that it needs. */
    static createAsync(config: object): Promise<OfflineTts>;
    readonly numSpeakers: number;
    readonly sampleRate: number;
    /** On a thread of libuv's pool. */
    generateAsync(request: Request): Promise<Spoken>;
  }
  const sherpa: { OfflineTts: typeof OfflineTts };
  export default sherpa;
}
