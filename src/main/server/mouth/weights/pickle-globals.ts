import { PickleError, type PickleGlobal } from './pickle';
import { broken } from './pickle-bytes';
import { shortest } from './pickle-constants';

/** `_codecs.encode('...', 'latin1')`: how Python 3 writes bytes in a pickle of protocol 2. */
const encode: PickleGlobal = {
  construct([text, encoding], charge) {
    if (typeof text !== 'string' || !/^(latin-?1|iso-?8859-1)$/i.test(String(encoding))) {
      throw broken('bytes in an encoding other than latin-1');
    }
    charge(128 + text.length);
    return latin1Bytes(text);
  },
};

/** `numpy.dtype('i4', ...)`; its byte order arrives as state. */
class NumpyType {
  littleEndian = true;

  constructor(readonly code: string) {}

  setState(state: unknown): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    this.littleEndian = order !== '>';
  }
}

const SCALARS: Record<
  string,
  { bytes: number; read(view: DataView, littleEndian: boolean): number | bigint | boolean }
> = {
  b1: { bytes: 1, read: (view) => view.getUint8(0) !== 0 },
  i1: { bytes: 1, read: (view) => view.getInt8(0) },
  u1: { bytes: 1, read: (view) => view.getUint8(0) },
  i2: { bytes: 2, read: (view, little) => view.getInt16(0, little) },
  u2: { bytes: 2, read: (view, little) => view.getUint16(0, little) },
  i4: { bytes: 4, read: (view, little) => view.getInt32(0, little) },
  u4: { bytes: 4, read: (view, little) => view.getUint32(0, little) },
  i8: { bytes: 8, read: (view, little) => shortest(view.getBigInt64(0, little)) },
  u8: { bytes: 8, read: (view, little) => shortest(view.getBigUint64(0, little)) },
  f4: { bytes: 4, read: (view, little) => view.getFloat32(0, little) },
  f8: { bytes: 8, read: (view, little) => view.getFloat64(0, little) },
};

const dtype: PickleGlobal = {
  construct([code]) {
    if (typeof code !== 'string' || !Object.hasOwn(SCALARS, code)) {
      throw new PickleError('contains a numpy type that is not a plain number; save it as Python numbers');
    }
    return new NumpyType(code);
  },
};

const scalar: PickleGlobal = {
  construct([type, raw]) {
    const bytes = typeof raw === 'string' && raw.length <= 8 ? latin1Bytes(raw) : raw; // Python 2 writes a str
    const kind = type instanceof NumpyType ? SCALARS[type.code] : undefined;
    if (!kind || !(type instanceof NumpyType) || !(bytes instanceof Uint8Array) || bytes.length !== kind.bytes) {
      throw broken('a numpy number without its bytes');
    }
    return kind.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), type.littleEndian);
  },
};

/** Single numpy numbers, which become plain numbers (`numpy._core` since numpy 2). */
export const NUMPY_SCALARS: Readonly<Record<string, PickleGlobal>> = {
  'numpy.core.multiarray scalar': scalar,
  'numpy._core.multiarray scalar': scalar,
  'numpy dtype': dtype,
  '_codecs encode': encode,
};

function latin1Bytes(text: string): Uint8Array {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) throw broken('bytes over 255');
  }
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
