import { fail } from '../diagnostics/report.js';
import { sizeOf } from '../program/program.js';
import type { InputFile } from './files.js';

/**
 * NPY, the format of numpy.save, versions 1.0 to 3.0 (R. Kern, NEP 1; numpy.lib.format): a magic number, the length of the header, the header as the
 * text of a Python dictionary with the keys `descr`, `fortran_order` and `shape`, then the elements. The dictionary is read by a grammar of its own:
 * nothing of a file is ever run.
 */
export interface NpyHeader {
  /** Extents; the first is the number of rows. */
  readonly shape: readonly number[];
  readonly type: NpyType;
  /** Column-major: the first index changes fastest. */
  readonly fortran: boolean;
  /** Bytes before the first element. */
  readonly offset: number;
}

/** The type of an element, as numpy writes it: `<f4`. */
export interface NpyType {
  readonly name: string;
  readonly size: number;
  readonly whole: boolean;
  /** An element as a number; undefined for an integer that no number holds exactly. */
  readonly read: (view: DataView, at: number) => number | undefined;
}

/** What is read of a file is at most one chunk, and this much of a header; those of numpy are 128 bytes. */
const LONGEST_HEADER = 2 ** 16;
const MOST_DIMENSIONS = 8;
/** Numbers in one table: 1 GiB. */
export const MOST_NUMBERS = 2 ** 28;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const refuse = (file: InputFile, problem: string, help: readonly string[] = []): never =>
  fail('npy-header', { file: file.name, problem }, { at: file.at, help });

/** The header of an array, from the first bytes of its file; undefined where these are too few to hold it. @throws Failure npy-header */
export function readNpyHeader(bytes: Uint8Array, file: InputFile, most = MOST_NUMBERS): NpyHeader | undefined {
  const wrong = MAGIC.findIndex((byte, k) => k < bytes.length && bytes[k] !== byte);
  if (wrong >= 0) {
    const found = [...bytes.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    refuse(file, `at byte 0 expected 93 4e 55 4d 50 59 (\\x93NUMPY), found ${found}`, [
      'a file for this source is written by `numpy.save("x.npy", x)`',
    ]);
  }
  if (bytes.length < 12) return undefined;
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3) refuse(file, `its version is ${major}.${minor}; versions 1.0, 2.0 and 3.0 are known`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) refuse(file, `its header claims ${length.toLocaleString('en-US')} bytes`);
  if (bytes.length < start + length) return undefined;
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  const { descr, fortran_order: fortran, shape } = readDictionary(text, file);
  if (descr === undefined || fortran === undefined || shape === undefined) {
    const missing = ['descr', 'fortran_order', 'shape'].find((key) => !text.includes(`'${key}'`)) ?? 'a key';
    return refuse(file, `its header has no ${missing}`);
  }
  const extents = shape;
  if (extents.length > MOST_DIMENSIONS)
    refuse(file, `it has ${extents.length} dimensions; dnc reads at most ${MOST_DIMENSIONS}`);
  let count = 1;
  for (const extent of extents) {
    count *= extent;
    if (count > most) {
      const limit = most.toLocaleString('en-US');
      refuse(file, `it claims the extents ${extents.join('×')}; dnc reads at most ${limit} numbers of one file`);
    }
  }
  return { shape: extents, type: typeOf(descr, file), fortran, offset: start + length };
}

/** What stands in the header's dictionary, by a grammar that knows texts, True and False, and tuples of whole numbers. */
function readDictionary(
  text: string,
  file: InputFile,
): { readonly descr?: string; readonly fortran_order?: boolean; readonly shape?: readonly number[] } {
  const found: { descr?: string; fortran_order?: boolean; shape?: readonly number[] } = {};
  let at = 0;
  const wrong = (): never =>
    refuse(file, `its header cannot be understood at character ${at + 1}: ${JSON.stringify(text.slice(at, at + 24))}`);
  const take = (pattern: RegExp): string | undefined => {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (!match) return undefined;
    at += match[0].length;
    return match[0];
  };
  const need = (pattern: RegExp): string => take(pattern) ?? wrong();
  const quoted = /'[^'\\\n]*'|"[^"\\\n]*"/;
  need(/\{/);
  while (take(/\}/) === undefined) {
    const key = need(quoted).slice(1, -1);
    need(/:/);
    if (Object.hasOwn(found, key)) refuse(file, `its header has the key ${key} twice`);
    if (key === 'descr') {
      if (take(/(?=\[|\()/) !== undefined)
        refuse(file, 'its elements are records of several fields', ['save every field as an array of its own']);
      found.descr = need(quoted).slice(1, -1);
    } else if (key === 'fortran_order') {
      found.fortran_order = need(/True|False/) === 'True';
    } else if (key === 'shape') {
      const extents: number[] = [];
      need(/\(/);
      while (take(/\)/) === undefined) {
        // Python 2 wrote long integers with an L.
        extents.push(Number.parseInt(need(/\d{1,15}L?/), 10));
        if (take(/,/) === undefined) {
          need(/\)/);
          break;
        }
      }
      found.shape = extents;
    } else {
      refuse(file, `its header has a key ${JSON.stringify(key)}, which the format does not have`);
    }
    if (take(/,/) === undefined) {
      need(/\}/);
      break;
    }
  }
  if (take(/\S/) !== undefined) refuse(file, 'its header goes on after its end');
  return found;
}

/** 2³², what one step of the upper half of a 64-bit integer is worth. */
const HALF = 2 ** 32;

const integer = (high: number, low: number): number | undefined => {
  const value = high * HALF + low;
  return Number.isSafeInteger(value) ? value : undefined;
};

/** By kind and size; `little` is the order of the bytes. */
const READERS: Readonly<Record<string, (little: boolean) => NpyType['read']>> = {
  b1: () => (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  u1: () => (view, at) => view.getUint8(at),
  i1: () => (view, at) => view.getInt8(at),
  u2: (little) => (view, at) => view.getUint16(at, little),
  i2: (little) => (view, at) => view.getInt16(at, little),
  u4: (little) => (view, at) => view.getUint32(at, little),
  i4: (little) => (view, at) => view.getInt32(at, little),
  u8: (little) => (view, at) =>
    integer(view.getUint32(little ? at + 4 : at, little), view.getUint32(little ? at : at + 4, little)),
  i8: (little) => (view, at) =>
    integer(view.getInt32(little ? at + 4 : at, little), view.getUint32(little ? at : at + 4, little)),
  f2: (little) => (view, at) => halfFloat(view.getUint16(at, little)),
  f4: (little) => (view, at) => view.getFloat32(at, little),
  f8: (little) => (view, at) => view.getFloat64(at, little),
};

/** A 16-bit float (IEEE 754, binary16). */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** What other types are, and what can be done about them. */
const OTHERS: readonly (readonly [RegExp, string, string])[] = [
  [/^[|]?O/, 'Python objects, which dnc never loads', 'save an array of numbers: `x.astype("float32")`'],
  [/^[<>|=]?[SUa]/, 'texts', 'save numbers for them, or use csv for a table with texts'],
  [/^[<>|=]?c/, 'complex numbers', 'save real and imaginary parts as two columns'],
  [/^[<>|=]?[mM]/, 'dates or durations', 'save them as numbers: `x.astype("float64")`'],
];

function typeOf(descr: string, file: InputFile): NpyType {
  const [, order = '', kind = '', digits = ''] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  if (!READERS[`${kind}${digits}`] || (order === '|' && Number(digits) > 1)) {
    const [, what = `elements of the type ${JSON.stringify(descr)}`, help] =
      OTHERS.find(([form]) => form.test(descr)) ?? [];
    return refuse(
      file,
      `it holds ${what}; dnc reads booleans, integers of 8 to 64 bits and floats of 16 to 64 bits`,
      help ? [help] : [],
    );
  }
  return elementReader(descr);
}

/** How elements of a type are read that dnc reads, by the type's name. */
export function elementReader(name: string): NpyType {
  const [, order = '', kind = '', digits = ''] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(name) ?? [];
  const make = READERS[`${kind}${digits}`];
  if (!make) throw new Error(`no reader of ${name}`);
  return { name, size: Number(digits), whole: kind !== 'f', read: make(order !== '>') };
}

/** Where the elements of an array go: every element once, by its row-major index in the array. */
export type NpyTarget = (index: number, value: number) => void;

/**
 * Takes the bytes of an array as they come and gives its elements to a target, so that no more of the file is held than one chunk of it.
 */
export class NpyElements {
  private readonly count: number;
  private taken = 0;
  private skip: number;
  private readonly rest: Uint8Array;
  private held = 0;
  private readonly order: FortranOrder | undefined;

  constructor(
    private readonly header: NpyHeader,
    private readonly file: InputFile,
    private readonly target: NpyTarget,
  ) {
    this.count = sizeOf(header.shape);
    this.skip = header.offset;
    this.rest = new Uint8Array(header.type.size);
    this.order = header.fortran && header.shape.length > 1 ? new FortranOrder(header.shape) : undefined;
  }

  /** Bytes of the whole file. */
  get expected(): number {
    return this.header.offset + this.count * this.header.type.size;
  }

  /** @throws Failure array-value */
  push(chunk: Uint8Array): void {
    const { size } = this.header.type;
    let at = Math.min(this.skip, chunk.length);
    this.skip -= at;
    if (this.held > 0) {
      const more = Math.min(size - this.held, chunk.length - at);
      this.rest.set(chunk.subarray(at, at + more), this.held);
      this.held += more;
      at += more;
      if (this.held < size) return;
      this.held = 0;
      this.take(this.rest, 0, 1);
    }
    const whole = Math.min(Math.floor((chunk.length - at) / size), this.count - this.taken);
    this.take(chunk, at, whole);
    at += whole * size;
    if (this.taken < this.count && at < chunk.length) {
      this.rest.set(chunk.subarray(at));
      this.held = chunk.length - at;
    }
  }

  private take(bytes: Uint8Array, from: number, count: number): void {
    const { size, read } = this.header.type;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let k = 0, at = from; k < count; k++, at += size) {
      const place = this.taken++;
      const index = this.order ? this.order.next() : place;
      const value = read(view, at);
      if (value === undefined || !Number.isFinite(Math.fround(value)))
        this.refuse(index, value, bytes.subarray(at, at + size));
      this.target(index, value);
    }
  }

  private refuse(index: number, value: number | undefined, bytes: Uint8Array): never {
    const { shape, type } = this.header;
    const place: number[] = [];
    let rest = index;
    for (const extent of [...shape].reverse()) {
      place.unshift(rest % extent);
      rest = Math.floor(rest / extent);
    }
    const found =
      value === undefined
        ? wholeText(bytes, type)
        : Number.isNaN(value)
          ? 'NaN'
          : Number.isFinite(value)
            ? String(value)
            : 'infinity';
    fail(
      'array-value',
      { file: this.file.name, place: `[${place.join(', ')}]`, found },
      {
        at: this.file.at,
        help:
          value === undefined
            ? ['save the array as floats if rounding does no harm: `x.astype("float32")`']
            : ['drop such rows, or fill them: `numpy.nan_to_num(x)`'],
      },
    );
  }
}

/** A 64-bit integer in decimal. */
function wholeText(bytes: Uint8Array, { name }: NpyType): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !name.startsWith('>');
  return String(name.endsWith('u8') ? view.getBigUint64(0, little) : view.getBigInt64(0, little));
}

/** Counts through an array with the first index fastest, and tells the row-major index of each element. */
class FortranOrder {
  private readonly strides: readonly number[];
  private readonly place: number[];
  private index = -1;

  constructor(private readonly shape: readonly number[]) {
    const strides = new Array<number>(shape.length).fill(1);
    for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
    this.strides = strides;
    this.place = new Array<number>(shape.length).fill(0);
  }

  next(): number {
    if (this.index < 0) {
      this.index = 0;
      return 0;
    }
    for (let axis = 0; axis < this.shape.length; axis++) {
      this.index += this.strides[axis]!;
      if (++this.place[axis]! < this.shape[axis]!) break;
      this.index -= this.strides[axis]! * this.shape[axis]!;
      this.place[axis] = 0;
    }
    return this.index;
  }
}
