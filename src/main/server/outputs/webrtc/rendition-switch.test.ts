import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_PICTURE } from '../../../../shared/units';
import type { EncodedPacket, Rendition } from '../output';
import { RenditionSwitch } from './rendition-switch';

const packet = (picture: number, keyframe = false): EncodedPacket => ({
  data: new Uint8Array(),
  ptsSamples: picture * SAMPLES_PER_PICTURE,
  durationSamples: SAMPLES_PER_PICTURE,
  keyframe,
});

describe('the way from one rendition to another', () => {
  it('sends nothing more of the program once its network is full, and live from its first keyframe on', () => {
    const way = new RenditionSwitch();
    expect(way.takes('program', packet(0, true))).toBe(true);
    way.goTo('live');
    expect(way.takes('program', packet(1))).toBe(false);
    expect(way.takes('live', packet(1))).toBe(false);
    expect(way.takes('live', packet(2, true))).toBe(true);
    expect(way.takes('program', packet(3))).toBe(false);
    expect(way.takes('live', packet(3))).toBe(true);
    expect(way.waiting).toBe(false);
  });

  it('goes on with live up to the keyframe of the program, though live is encoded sooner', () => {
    const way = new RenditionSwitch();
    way.goTo('live');
    way.takes('live', packet(0, true));
    way.goTo('program');
    expect(way.takes('live', packet(1))).toBe(true);
    way.keyframeAt('program', packet(2).ptsSamples);
    expect(way.takes('program', packet(1))).toBe(false);
    expect(way.takes('live', packet(2))).toBe(false);
    expect(way.takes('program', packet(2, true))).toBe(true);
    expect(way.takes('program', packet(3))).toBe(true);
  });

  it('goes on with what there is when the other rendition does not come', () => {
    const way = new RenditionSwitch();
    way.takes('program', packet(0, true));
    way.goTo('live');
    expect(way.takes('program', packet(24))).toBe(false);
    expect(way.takes('program', packet(26))).toBe(true);
    expect(way.takes('live', packet(27, true))).toBe(true);
    way.goTo('program');
    way.keyframeAt('program', packet(28).ptsSamples);
    expect(way.takes('live', packet(28))).toBe(false);
    expect(way.takes('live', packet(54))).toBe(true);
  });

  it('never sends a picture twice or an older one, and enters each rendition at a keyframe', () => {
    const step = fc.record({
      goal: fc.option(fc.constantFrom<Rendition>('program', 'live'), { nil: undefined }),
      keyframes: fc.record({ program: fc.boolean(), live: fc.boolean() }),
      liveFirst: fc.boolean(),
      dropped: fc.option(fc.constantFrom<Rendition>('program', 'live'), { nil: undefined }),
      lagPictures: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const way = new RenditionSwitch();
        const sent: { rendition: Rendition; packet: EncodedPacket }[] = [];
        for (const [picture, { goal, keyframes, liveFirst, dropped, lagPictures }] of steps.entries()) {
          if (goal && goal !== way.goal) way.goTo(goal);
          for (const rendition of ['program', 'live'] as const) {
            if (keyframes[rendition]) way.keyframeAt(rendition, packet(picture).ptsSamples);
          }
          for (const rendition of liveFirst ? (['live', 'program'] as const) : (['program', 'live'] as const)) {
            // One of the two encoders may be late.
            const at = rendition === 'live' ? Math.max(0, picture - lagPictures) : picture;
            const one = packet(at, keyframes[rendition]);
            if (rendition !== dropped && way.takes(rendition, one)) sent.push({ rendition, packet: one });
          }
        }
        for (const [i, { rendition, packet }] of sent.entries()) {
          const before = sent[i - 1];
          if (before && packet.ptsSamples <= before.packet.ptsSamples) return false;
          if (before && before.rendition !== rendition && !packet.keyframe) return false;
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});
