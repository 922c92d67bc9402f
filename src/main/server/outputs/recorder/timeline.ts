/**
 * From the session's clock to the time of a recording, in 48 kHz samples. The recording begins with its first picture, and
 * where the session skipped time (the machine slept), nothing was sent, so the recording goes on without a hole.
 */
export class Timeline {
  private readonly cuts: { atSamples: number; removedSamples: number }[] = [];
  private originSamples = 0;
  private passedSamples: number | undefined;

  /** Where the sound that went by ends, on the session's clock. */
  get endSamples(): number | undefined {
    return this.passedSamples;
  }

  /** Sound goes by, in order; a jump of its time becomes a cut. */
  pass(ptsSamples: number, durationSamples: number): void {
    const removedSamples = ptsSamples - (this.passedSamples ?? ptsSamples);
    if (removedSamples > 0) this.cuts.push({ atSamples: ptsSamples, removedSamples });
    this.passedSamples = ptsSamples + durationSamples;
  }

  /** This moment of the session is 0 from now on. */
  begin(ptsSamples: number): void {
    this.originSamples = ptsSamples;
  }

  /** When this moment is in the recording; negative before its beginning. */
  at(ptsSamples: number): number {
    let samples = ptsSamples - this.originSamples;
    for (const { atSamples, removedSamples } of this.cuts) {
      if (atSamples > this.originSamples && atSamples <= ptsSamples) samples -= removedSamples;
    }
    return samples;
  }
}
