// The package ships no types; these are the parts used here, read from its Emscripten glue (0.3.5).
declare module '@echogarden/espeak-ng-emscripten' {
  export interface EspeakEvent {
    type: string;
    /** Milliseconds from the start of the `synthesize` call. */
    audio_position: number;
    id?: string | number;
  }
  export interface EspeakEngine {
    /** 0 when found. An unknown name leaves the former voice on; an unknown variant is ignored in silence. */
    set_voice(name: string): number;
    set_rate(wordsPerMinute: number): void;
    set_volume(percent: number): void;
    /** 0 to 99; 50 is the voice's own. */
    set_pitch(pitch: number): void;
    get_samplerate(): number;
    list_voices(): { name: string; identifier: string; languages: { name: string }[] }[];
    /** Synchronous. The callback stops the synthesis by returning true. */
    synthesize(text: string, callback: (pcm: Int16Array, events: EspeakEvent[]) => boolean): void;
  }
  export interface EspeakModule {
    eSpeakNGWorker: new () => EspeakEngine;
    FS: { readdir(path: string): string[] };
  }
  export default function load(): Promise<EspeakModule>;
}
