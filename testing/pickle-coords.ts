/** A face box as LiveTalking writes it: y1, y2, x1, x2. */
export type Coords = [y1: number, y2: number, x1: number, x2: number];

export type CoordsKind = 'plain' | 'numpy';

const short = (text: string) => Buffer.concat([Buffer.from([0x8c, text.length]), Buffer.from(text, 'latin1')]);
const global = (module: string, name: string) => Buffer.concat([short(module), short(name), Buffer.from([0x93])]); // STACK_GLOBAL

/** Pickles a list of coordinates (protocol 4) byte for byte in the forms that Python's `pickle.dump` gives them. */
export function pickleCoords(boxes: readonly Coords[], kind: CoordsKind = 'plain'): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x80, 4, 0x5d, 0x28])]; // PROTO 4, EMPTY_LIST, MARK
  for (const box of boxes) {
    const values = box.map(kind === 'numpy' ? numpyInt32 : binInt);
    parts.push(Buffer.from('('), ...values, Buffer.from('t')); // MARK, four values, TUPLE
  }
  parts.push(Buffer.from('e.')); // APPENDS, STOP
  return Buffer.concat(parts);
}

/** What a hostile file would hold: a call of `os.system`. */
export function pickleOfSystemCall(command: string): Buffer {
  const argument = Buffer.concat([short(command), Buffer.from([0x85])]); // TUPLE1
  return Buffer.concat([Buffer.from([0x80, 4]), global('os', 'system'), argument, Buffer.from('R.')]); // REDUCE, STOP
}

function binInt(value: number): Buffer {
  const out = Buffer.alloc(5, 'J');
  out.writeInt32LE(value, 1);
  return out;
}

/** `numpy.core.multiarray.scalar(dtype('i4'), bytes)`, as `np.int32(value)` is pickled. */
function numpyInt32(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.set([0x43, 4]); // SHORT_BINBYTES
  bytes.writeInt32LE(value, 2);
  return Buffer.concat([
    global('numpy.core.multiarray', 'scalar'),
    global('numpy', 'dtype'),
    short('i4'),
    Buffer.from([0x89, 0x88, 0x87, 0x52]), // False, True, TUPLE3, REDUCE
    // BUILD with the state (3, '<', None, None, None, -1, -1, 0)
    Buffer.from('(K\x03', 'latin1'),
    short('<'),
    Buffer.from('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb', 'latin1'),
    bytes,
    Buffer.from([0x86, 0x52]), // TUPLE2, REDUCE
  ]);
}
