import { ByteReader, broken, PickleError } from './pickle-bytes';
import { type Charge, MAX_LINE_BYTES, NOT_A_CONSTANT, readConstant } from './pickle-constants';
import { PickleStack } from './pickle-stack';

export { PickleError } from './pickle-bytes';

/**
 * A name that a pickle may mention. Python would import it and call it; here it means exactly what is written in this
 * program, and a name that is not listed ends the reading.
 */
export interface PickleGlobal {
  /**
   * What a call of it makes of the arguments. Without it the name may be mentioned (a storage type) but not called.
   * An object with a `setState(state)` method is given the state that the pickle stores for it. Work that grows with the
   * arguments must be charged first, else a small file could ask for it a million times.
   */
  construct?(args: readonly unknown[], charge: Charge): unknown;
}

/** A listed name as it stands in the data: `name` is the module and the name with a space between. */
export interface NamedGlobal extends PickleGlobal {
  readonly name: string;
}

export interface PickleLimits {
  /** Bytes of pickle that are looked at. */
  maxBytes: number;
  /** Roughly what all values made on the way would hold together; it bounds the time as well. */
  maxMemoryBytes: number;
  /** Values that wait on the stack at once. */
  maxStack: number;
}

export interface PickleOptions {
  /** Keys are the module and the name with a space between, such as `collections OrderedDict`. */
  globals?: Readonly<Record<string, PickleGlobal>>;
  /** Resolves what the pickle keeps outside itself (torch: tensor storages). */
  persistentLoad?(id: unknown): unknown;
  limits?: Partial<PickleLimits>;
  /** Byte at which the pickle starts. */
  start?: number;
}

const MiB = 1 << 20;
const DEFAULT_LIMITS: PickleLimits = { maxBytes: 64 * MiB, maxMemoryBytes: 64 * MiB, maxStack: 1 << 20 };

/** What a value costs, about as V8 keeps it: an empty Map alone is near 200 bytes, and one opcode makes one. */
const COST = { item: 48, list: 64, map: 256, call: 256 } as const;

/**
 * Reads one pickle of protocols 2 to 5 as data: `None`, booleans, numbers (`bigint` past 2^53), strings, bytes, lists and
 * tuples (both arrays), dicts (Map, in order), sets, and what the listed globals make. It runs nothing that the file names.
 * Every length is checked against the bytes that are there before anything is made of it, and time is linear in the file
 * plus `maxMemoryBytes`.
 *
 * Lists and dicts may contain themselves, and one value may stand in many places: walk the result with a known shape, never
 * by blind recursion.
 *
 * @returns the value, and the byte after the pickle's end
 * @throws PickleError with what is wrong; `PickleError.truncated` when the bytes end too early
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions = {}): { value: unknown; end: number } {
  return new PickleReader(bytes, options).read();
}

/** A stack machine: an opcode pushes a value or gathers what was pushed before. */
class PickleReader {
  private readonly input: ByteReader;
  private readonly limits: PickleLimits;
  private readonly stack: PickleStack;
  private readonly memo = new Map<number, unknown>();
  private readonly named = new Map<string, NamedGlobal>();
  private charged = 0;

  constructor(
    bytes: Uint8Array,
    private readonly options: PickleOptions,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.stack = new PickleStack(this.limits.maxStack, this.charge);
    this.input = new ByteReader(bytes, options.start ?? 0, this.limits.maxBytes);
  }

  read(): { value: unknown; end: number } {
    for (;;) {
      const at = this.input.at;
      const opcode = this.input.uint8();
      if (opcode === 0x2e /* . STOP */) return { value: this.stack.pop(), end: this.input.at };
      const constant = readConstant(opcode, this.input, this.charge);
      if (constant !== NOT_A_CONSTANT) this.push(constant);
      else if (!(this.readContainer(opcode) || this.readReference(opcode))) {
        const shown = opcode.toString(16).padStart(2, '0');
        throw new PickleError(`is not a pickle that can be read: unknown opcode 0x${shown} at byte ${at}`);
      }
    }
  }

  private readContainer(opcode: number): boolean {
    switch (opcode) {
      case 0x28: // ( MARK
        this.stack.mark();
        return true;
      case 0x5d: // ] EMPTY_LIST
      case 0x29: // ) EMPTY_TUPLE
        return this.list([]);
      case 0x7d: // } EMPTY_DICT
        return this.map();
      case 0x8f: // EMPTY_SET
        this.charge(COST.map);
        return this.push(new Set());
      case 0x85: // TUPLE1
        return this.list(this.stack.popMany(1));
      case 0x86: // TUPLE2
        return this.list(this.stack.popMany(2));
      case 0x87: // TUPLE3
        return this.list(this.stack.popMany(3));
      case 0x74: // t TUPLE
      case 0x6c: // l LIST
        return this.list(this.stack.popToMark());
      case 0x64: {
        // d DICT
        const items = this.stack.popToMark();
        this.map();
        return this.setItems(items);
      }
      case 0x91: {
        // FROZENSET
        const items = this.stack.popToMark();
        this.charge(COST.map + items.length * COST.item);
        return this.push(new Set(items));
      }
      case 0x61: // a APPEND
        return this.append(this.stack.popMany(1));
      case 0x65: // e APPENDS
        return this.append(this.stack.popToMark());
      case 0x73: // s SETITEM
        return this.setItems(this.stack.popMany(2));
      case 0x75: // u SETITEMS
        return this.setItems(this.stack.popToMark());
      case 0x90: {
        // ADDITEMS
        const items = this.stack.popToMark();
        const set = this.stack.top();
        if (!(set instanceof Set)) throw broken('items for a set that is none');
        this.charge(items.length * COST.item);
        for (const item of items) set.add(item);
        return true;
      }
      default:
        return false;
    }
  }

  private readReference(opcode: number): boolean {
    const { input, memo } = this;
    switch (opcode) {
      case 0x80: {
        // PROTO
        const protocol = input.uint8();
        if (protocol > 5) throw new PickleError(`is a pickle of protocol ${protocol}; 2 to 5 can be read`);
        return true;
      }
      case 0x95: // FRAME: only a hint for readers of streams
        input.uint64();
        return true;
      case 0x30: // 0 POP
        this.stack.drop();
        return true;
      case 0x31: // 1 POP_MARK
        this.stack.popToMark();
        return true;
      case 0x32: // 2 DUP
        return this.push(this.stack.top());
      case 0x94: // MEMOIZE
        return this.remember(memo.size);
      case 0x71: // q BINPUT
        return this.remember(input.uint8());
      case 0x72: // r LONG_BINPUT
        return this.remember(input.uint32());
      case 0x68: // h BINGET
        return this.recall(input.uint8());
      case 0x6a: // j LONG_BINGET
        return this.recall(input.uint32());
      case 0x63: // c GLOBAL
        return this.push(this.global(input.line(MAX_LINE_BYTES), input.line(MAX_LINE_BYTES)));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.stack.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw broken('a name that is no string');
        return this.push(this.global(module, name));
      }
      case 0x52: // R REDUCE
      case 0x81: // NEWOBJ
        return this.call();
      case 0x62: // b BUILD
        return this.build();
      case 0x51: {
        // Q BINPERSID
        const [id] = this.stack.popMany(1);
        if (!this.options.persistentLoad) throw broken('a reference to data outside itself');
        this.charge(COST.call);
        return this.push(this.options.persistentLoad(id));
      }
      case 0x69: // i INST
      case 0x6f: // o OBJ
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
      case 0x92: // NEWOBJ_EX
        throw new PickleError('contains a Python object of an unusual kind: it would run code; it was not opened');
      default:
        return false;
    }
  }

  private readonly charge = (bytes: number): void => {
    this.charged += bytes;
    if (this.charged > this.limits.maxMemoryBytes) {
      throw new PickleError(`describes more data than ${this.limits.maxMemoryBytes / MiB} MiB; it was not opened`);
    }
  };

  private push(value: unknown): true {
    this.stack.push(value);
    return true;
  }

  private list(items: unknown[]): true {
    this.charge(COST.list);
    return this.push(items);
  }

  private map(): true {
    this.charge(COST.map);
    return this.push(new Map());
  }

  private append(items: unknown[]): true {
    const list = this.stack.top();
    if (!Array.isArray(list)) throw broken('items for a list that is none');
    for (const item of items) list.push(item);
    return true;
  }

  private setItems(items: unknown[]): true {
    const map = this.stack.top();
    if (!(map instanceof Map) || items.length % 2 !== 0) throw broken('items for a dict that do not fit');
    this.charge(items.length * COST.item);
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    return true;
  }

  private remember(index: number): true {
    this.charge(COST.item);
    this.memo.set(index, this.stack.top());
    return true;
  }

  private recall(index: number): true {
    if (!this.memo.has(index)) throw broken('a reference to a value that it has not stored');
    return this.push(this.memo.get(index));
  }

  private global(module: string, name: string): NamedGlobal {
    const key = `${module} ${name}`;
    const known = this.named.get(key);
    if (known) return known;
    const { globals = {} } = this.options;
    if (!Object.hasOwn(globals, key)) {
      throw new PickleError(`contains ${shown(`${module}.${name}`)}: this file would run code; it was not opened`);
    }
    const global = { ...globals[key], name: key };
    this.named.set(key, global);
    return global;
  }

  private call(): true {
    const [callee, args] = this.stack.popMany(2);
    if (!this.isGlobal(callee) || !callee.construct || !Array.isArray(args)) {
      throw broken('a call of what cannot be called');
    }
    this.charge(COST.call);
    return this.push(callee.construct(args, this.charge));
  }

  private isGlobal(value: unknown): value is NamedGlobal {
    return typeof value === 'object' && value !== null && this.named.get((value as NamedGlobal).name) === value;
  }

  /** Attributes of a dict (torch's `_metadata`) are of no use here. */
  private build(): true {
    const [state] = this.stack.popMany(1);
    const object = this.stack.top();
    if (object instanceof Map) return true;
    const setState = (object as { setState?: unknown } | null)?.setState;
    if (typeof setState !== 'function') throw broken('state for an object that takes none');
    setState.call(object, state);
    return true;
  }
}

/** A name from a file that nobody vouches for, fit to be printed. */
function shown(name: string): string {
  const clean = name.replaceAll(/[^\x20-\x7e]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 80)}...` : clean;
}
