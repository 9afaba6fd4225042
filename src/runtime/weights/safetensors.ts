import { fail } from '../../diagnostics/report.js';
import { type HostTensor, sizeOf } from '../../program/program.js';
import { JsonProblem, parseStrictJson, type StrictJson } from './json.js';

/**
 * The safetensors format (huggingface/safetensors, README "Format"): eight bytes with the length of the header, the header in JSON, then the tensors'
 * bytes, little-endian and row-major, without gaps. Loading runs no code. dnc writes float32, int32 and bytes, and reads the same.
 */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference implementation. */
const LARGEST_HEADER = 100_000_000;
/** No tensor has more axes. */
const MOST_AXES = 32;

interface ElementType {
  readonly size: number;
  read(bytes: ArrayBuffer): HostTensor['data'];
}

const TYPES: Readonly<Record<string, ElementType>> = {
  F32: { size: 4, read: (bytes) => new Float32Array(bytes) },
  I32: { size: 4, read: (bytes) => new Int32Array(bytes) },
  U8: { size: 1, read: (bytes) => new Uint8Array(bytes) },
};

function typeOf(data: HostTensor['data']): 'F32' | 'I32' | 'U8' {
  return data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U8';
}

/**
 * The bytes of a safetensors file. Equal tensors and metadata give equal bytes, in whatever order they are handed over: tensors lie in the order of
 * the size of their elements, then of their names, as the reference implementation has them, so that each begins at a multiple of its element size.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const order = Object.keys(tensors).sort((a, b) => {
    const sizes = TYPES[typeOf(tensors[b]!.data)]!.size - TYPES[typeOf(tensors[a]!.data)]!.size;
    return sizes !== 0 ? sizes : a < b ? -1 : a > b ? 1 : 0;
  });
  const members: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0)
    members.push(
      `"__metadata__":{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`).join(',')}}`,
    );
  let end = 0;
  for (const name of order) {
    const { shape, data } = tensors[name]!;
    if (name === '__metadata__') throw new Error('a tensor cannot be called __metadata__');
    if (sizeOf(shape) !== data.length) throw new Error(`${name}: shape ${shape.join('×')}, ${data.length} elements`);
    const start = end;
    end += data.byteLength;
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${typeOf(data)}","shape":[${shape.join(',')}],"data_offsets":[${start},${end}]}`,
    );
  }
  const text = new TextEncoder().encode(`{${members.join(',')}}`);
  // Spaces fill the header up, so that the data begin at a multiple of eight.
  const header = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.set(text, 8);
  bytes.fill(0x20, 8 + text.length, 8 + header);
  let at = 8 + header;
  for (const name of order) {
    const { data } = tensors[name]!;
    bytes.set(littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file strictly: a header of at most 100 MB, JSON without double keys, known element types, shapes that agree with the bytes,
 * tensors that cover the data without gaps or overlaps, and nothing behind. The tensors are copies. `file` is its name in messages.
 *
 * @throws Failure weights-damaged
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const bad = (offset: number, problem: string): never => fail('weights-damaged', { file, offset, problem });
  if (bytes.length < 8) bad(0, `expected at least 8 bytes, found ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(LARGEST_HEADER)) bad(0, `a header of ${length} bytes, more than 100 MB`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) bad(0, `a header of ${length} bytes in a file of ${bytes.length}`);
  const entries = readHeader(bytes.subarray(8, dataStart), bad);
  const available = bytes.length - dataStart;

  const tensors: Record<string, HostTensor> = Object.create(null);
  let end = 0;
  // In the order of their bytes; an empty tensor lies before the one that begins at the same place.
  for (const { name, type, shape, start, stop, at } of entries.tensors.sort(
    (a, b) => a.start - b.start || a.stop - b.stop,
  )) {
    if (start !== end) bad(at, `${JSON.stringify(name)} begins at byte ${start} of the data, expected ${end}`);
    if (stop > available) bad(at, `${JSON.stringify(name)} ends at byte ${stop} of ${available}`);
    const own = Uint8Array.from(bytes.subarray(dataStart + start, dataStart + stop));
    tensors[name] = { shape, data: type.read(littleEndian(own, type.size).buffer as ArrayBuffer) };
    end = stop;
  }
  if (end !== available) bad(dataStart + end, `${available - end} bytes belong to no tensor`);
  return { tensors, metadata: entries.metadata };
}

interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly stop: number;
  /** Where its entry stands: the header, in the file. */
  readonly at: number;
}

function readHeader(
  header: Uint8Array,
  bad: (offset: number, problem: string) => never,
): { readonly tensors: Entry[]; readonly metadata: Readonly<Record<string, string>> } {
  let root: StrictJson;
  if (header[0] !== 0x7b) bad(8, 'expected a header that begins with {');
  try {
    root = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header));
  } catch (error) {
    if (error instanceof JsonProblem) return bad(8 + error.at, error.message);
    return bad(8, 'the header is not UTF-8');
  }
  const metadata: Record<string, string> = Object.create(null);
  const tensors: Entry[] = [];
  for (const [name, value] of root.kind === 'object' ? root.members : bad(8, 'the header is no object')) {
    const called = JSON.stringify(name);
    if (value.kind !== 'object') return bad(8, `${called} is no object`);
    if (name === '__metadata__') {
      for (const [key, text] of value.members) {
        if (text.kind !== 'string') return bad(8, `the metadata ${JSON.stringify(key)} are no text`);
        metadata[key] = text.value;
      }
      continue;
    }
    const member = (key: string) => value.members.find(([found]) => found === key)?.[1];
    const [dtype, shape, offsets] = [member('dtype'), member('shape'), member('data_offsets')];
    if (value.members.length !== 3 || dtype?.kind !== 'string')
      return bad(8, `${called} has other entries than dtype, shape and data_offsets`);
    const type = Object.hasOwn(TYPES, dtype.value) ? TYPES[dtype.value]! : undefined;
    if (!type)
      return bad(
        8,
        `${called} has elements of type ${JSON.stringify(dtype.value)}, dnc reads ${Object.keys(TYPES).join(', ')}`,
      );
    const extents = wholeNumbers(shape) ?? bad(8, `${called} has no shape of whole numbers`);
    if (extents.length > MOST_AXES) return bad(8, `${called} has ${extents.length} axes`);
    const [start, stop, ...more] = wholeNumbers(offsets) ?? [];
    if (start === undefined || stop === undefined || more.length > 0 || start > stop)
      return bad(8, `${called} has no two offsets in order`);
    const size = sizeOf(extents) * type.size;
    if (size !== stop - start)
      return bad(
        8,
        `${called} of shape ${extents.join('×') || 'one number'} takes ${size} bytes, found ${stop - start}`,
      );
    tensors.push({ name, type, shape: extents, start, stop, at: 8 });
  }
  return { tensors, metadata };
}

function wholeNumbers(value: StrictJson | undefined): readonly number[] | undefined {
  if (value?.kind !== 'array') return undefined;
  const numbers = value.items.map((item) =>
    item.kind === 'number' && /^\d+$/.test(item.text) ? Number(item.text) : Number.NaN,
  );
  return numbers.every((number) => Number.isSafeInteger(number)) ? numbers : undefined;
}

const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes in the other order where the processor's is not the file's. */
function littleEndian(bytes: Uint8Array, size: number): Uint8Array {
  if (HOST_IS_LITTLE || size === 1) return bytes;
  const swapped = Uint8Array.from(bytes);
  for (let at = 0; at < swapped.length; at += size) swapped.subarray(at, at + size).reverse();
  return swapped;
}
