/** What is wrong with a pickle, as the end of a sentence that starts with the file's name. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
  constructor(
    message: string,
    /** The bytes end before the pickle does. */
    readonly truncated = false,
  ) {
    super(message);
  }
}

/** For bytes that Python could not read either. */
export const broken = (what: string): PickleError =>
  new PickleError(`is not a pickle that can be read: it has ${what}`);

/** Reads numbers and runs of bytes; none of them past the end. */
export class ByteReader {
  private readonly view: DataView;
  private readonly end: number;
  private readonly cut: boolean;

  constructor(
    private readonly data: Uint8Array,
    public at: number,
    maxBytes: number,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.cut = data.length - at > maxBytes;
    this.end = this.cut ? at + maxBytes : data.length;
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  /** Exact up to 2^53; anything larger is past the end of every file and stays so when rounded. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  /** Big-endian, unlike the integers. */
  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Uint8Array {
    if (length < 0) throw broken('a negative length');
    const from = this.take(length);
    return this.data.subarray(from, from + length);
  }

  /** Up to the next newline, without it. */
  line(maxBytes: number): string {
    const from = this.at;
    const limit = Math.min(this.end, from + maxBytes);
    let to = from;
    while (to < limit && this.data[to] !== 0x0a) to++;
    if (to === from + maxBytes) throw broken('an endless line');
    if (to === limit) this.take(maxBytes); // throws
    this.at = to + 1;
    return Buffer.from(this.data.buffer, this.data.byteOffset + from, to - from).toString('utf8');
  }

  private take(length: number): number {
    const from = this.at;
    if (length > this.end - from) {
      if (this.cut) throw new PickleError('holds a pickle that is too large to be opened');
      throw new PickleError('ends in the middle: it is cut off or damaged', true);
    }
    this.at = from + length;
    return from;
  }
}
