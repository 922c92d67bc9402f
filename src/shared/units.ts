/**
 * Time in Herald is an integer count of 48 kHz samples; everything else is derived from it, never added up in floats.
 * One audio frame is 20 ms, one picture 40 ms, and one picture is 3,600 ticks of the 90 kHz RTP video clock.
 */
export const SAMPLE_RATE_HZ = 48_000;
export const SAMPLES_PER_FRAME = 960;
export const SAMPLES_PER_PICTURE = 1_920;
export const FRAMES_PER_PICTURE = SAMPLES_PER_PICTURE / SAMPLES_PER_FRAME;
export const PICTURES_PER_SECOND = SAMPLE_RATE_HZ / SAMPLES_PER_PICTURE;
export const FRAME_MS = 20;
export const PICTURE_MS = 40;
export const VIDEO_CLOCK_HZ = 90_000;
export const VIDEO_TICKS_PER_PICTURE = VIDEO_CLOCK_HZ / PICTURES_PER_SECOND;
/** Sample rate of the copy that mouth features are computed on (Wav2Lip's mel). */
export const FEATURE_RATE_HZ = 16_000;

export const samplesToMs = (samples: number): number => samples / (SAMPLE_RATE_HZ / 1_000);
export const msToSamples = (ms: number): number => Math.round(ms * (SAMPLE_RATE_HZ / 1_000));
/** 48 kHz samples -> 90 kHz RTP video ticks (exact for whole pictures). */
export const samplesToVideoTicks = (samples: number): number => (samples * 15) / 8;
