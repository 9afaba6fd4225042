import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/diagnostics/report.js';
import type { HostTensor } from '../../../src/program/program.js';
import { Stream } from '../../../src/random/streams.js';
import { readSafetensors, writeSafetensors } from '../../../src/runtime/weights/safetensors.js';

const tensors: Record<string, HostTensor> = {
  'fc1.kernel': { shape: [2, 3], data: Float32Array.of(1, -2, 0.5, Number.MIN_VALUE, 3e38, -0) },
  'fc1.units': { shape: [3], data: Int32Array.of(5, -1, 2 ** 31 - 1) },
  mask: { shape: [5], data: Uint8Array.of(0, 1, 255, 3, 4) },
  scalar: { shape: [], data: Float32Array.of(7) },
  none: { shape: [0, 4], data: new Float32Array(0) },
};
const metadata = { format: 'dnc', 'a "name"': 'line\nbreak, ü, 𝄞' };

/** A file of any header text and data. */
function fileOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function problemOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, 'x.safetensors');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.exit).toBe(4);
    return error.message;
  }
  throw new Error('it was read');
}

test('what is written is read again', () => {
  const read = readSafetensors(writeSafetensors(tensors, metadata), 'x.safetensors');
  expect({ ...read.metadata }).toEqual(metadata);
  expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, tensor] of Object.entries(tensors)) expect(read.tensors[name]).toEqual(tensor);
  // Bytes in the middle of a larger buffer, at an odd place.
  const bytes = writeSafetensors(tensors);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(readSafetensors(shifted.subarray(3), 'x').tensors['fc1.kernel']).toEqual(tensors['fc1.kernel']);
});

test('equal contents give equal bytes, whatever the order; data are aligned', () => {
  const backwards = Object.fromEntries(Object.entries(tensors).reverse());
  const bytes = writeSafetensors(tensors, metadata);
  expect(writeSafetensors(backwards, Object.fromEntries(Object.entries(metadata).reverse()))).toEqual(bytes);
  expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
});

test('the bytes are those of the format', () => {
  const bytes = writeSafetensors({
    b: { shape: [1], data: Float32Array.of(1) },
    a: { shape: [], data: Int32Array.of(2) },
  });
  const header =
    '{"a":{"dtype":"I32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  expect(Buffer.from(bytes.subarray(8, 8 + padded.length)).toString()).toBe(padded);
  expect([...bytes.subarray(8 + padded.length)]).toEqual([2, 0, 0, 0, 0, 0, 0x80, 0x3f]);
});

test('names that are traps stay names', () => {
  const trap = writeSafetensors(
    Object.fromEntries([['__proto__', { shape: [1], data: Float32Array.of(1) }]]) as Record<string, HostTensor>,
  );
  const { tensors: read } = readSafetensors(trap, 'x');
  expect(Object.keys(read)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>).shape).toBeUndefined();
});

test('mistakes of the writer', () => {
  expect(() => writeSafetensors({ x: { shape: [2], data: Float32Array.of(1) } })).toThrow('x: shape 2, 1 elements');
  expect(() => writeSafetensors({ __metadata__: { shape: [], data: Float32Array.of(1) } })).toThrow('__metadata__');
});

describe('what is refused', () => {
  const four = new Uint8Array(4);
  const entry = (rest: string) => `{"x":{${rest}}}`;
  const f32 = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';

  test.each([
    ['no length', new Uint8Array(7)],
    ['a header longer than the file', fileOf('{}', undefined, 100n)],
    ['a header beyond the limit', fileOf('{}', undefined, 100_000_001n)],
    ['a length near 2^64', fileOf('{}', undefined, 2n ** 64n - 1n)],
    ['no object', fileOf('[]')],
    ['a space first', fileOf(' {}')],
    ['a byte order mark', fileOf('\ufeff{}')],
    ['no UTF-8', fileOf(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['an unclosed object', fileOf('{"x":')],
    ['an unclosed text', fileOf('{"x')],
    ['a control character', fileOf('{"x\n":{}}')],
    ['something behind', fileOf('{}{}')],
    ['a trailing comma', fileOf(`{"x":{${f32}},}`, four)],
    ['a name twice', fileOf(`{"x":{${f32}},"x":{${f32}}}`, four)],
    ['a name twice by escape', fileOf(`{"x":{${f32}},"\\u0078":{${f32}}}`, four)],
    ['a member twice', fileOf(entry(`${f32},"dtype":"F32"`), four)],
    ['nesting', fileOf(`{"x":${'['.repeat(100_000)}`)],
    ['metadata that are no text', fileOf('{"__metadata__":{"a":1}}')],
    ['a tensor that is no object', fileOf('{"x":1}')],
    ['a missing member', fileOf(entry('"dtype":"F32","shape":[1]'), four)],
    ['a member too many', fileOf(entry(`${f32},"y":1`), four)],
    ['an unknown type', fileOf(entry(f32.replace('F32', 'F8')), four)],
    ['a type from the prototype', fileOf(entry(f32.replace('F32', 'constructor')), four)],
    ['a negative extent', fileOf(entry(f32.replace('[1]', '[-1]')), four)],
    ['a fraction', fileOf(entry(f32.replace('[1]', '[1.0]')), four)],
    ['an overflow', fileOf(entry(f32.replace('[1]', '[4294967296,4294967296]')), four)],
    ['a huge extent', fileOf(entry(f32.replace('[1]', '[9007199254740993]')), four)],
    ['many axes', fileOf(entry(f32.replace('[1]', `[${Array(33).fill(1)}]`)), four)],
    ['another size', fileOf(entry(f32.replace('[1]', '[2]')), four)],
    ['offsets backwards', fileOf(entry(f32.replace('[0,4]', '[4,0]')), four)],
    ['three offsets', fileOf(entry(f32.replace('[0,4]', '[0,4,4]')), four)],
    ['an end beyond the file', fileOf(entry(f32), new Uint8Array(3))],
    ['a gap at the front', fileOf(entry(f32.replace('[0,4]', '[4,8]')), new Uint8Array(8))],
    ['an overlap', fileOf(`{"x":{${f32}},"y":{${f32}}}`, four)],
    ['bytes of nobody', fileOf(entry(f32), new Uint8Array(5))],
  ])('%s', (_, bytes) => {
    expect(problemOf(bytes)).toMatch(/^x\.safetensors is no sound weights file: .* \(byte \d[\d,]*\)$/s);
  });

  test('messages', () => {
    expect(problemOf(fileOf(`{"x":{${f32}},"x":{${f32}}}`, four))).toMatchInlineSnapshot(
      `"x.safetensors is no sound weights file: the name "x" stands twice in the header (byte 62)"`,
    );
    expect(problemOf(fileOf(entry(f32.replace('[1]', '[2]')), four))).toMatchInlineSnapshot(
      `"x.safetensors is no sound weights file: "x" of shape 2 takes 8 bytes, found 4 (byte 8)"`,
    );
    expect(problemOf(fileOf(entry(f32), new Uint8Array(5)))).toMatchInlineSnapshot(
      `"x.safetensors is no sound weights file: 1 bytes belong to no tensor (byte 66)"`,
    );
    expect(problemOf(fileOf(entry(f32.replace('F32', 'BF16')), four))).toMatchInlineSnapshot(
      `"x.safetensors is no sound weights file: "x" has elements of type "BF16", dnc reads F32, I32, U8 (byte 8)"`,
    );
  });

  test('cut anywhere', () => {
    const bytes = writeSafetensors(tensors, metadata);
    for (let length = 0; length < bytes.length; length++) problemOf(bytes.slice(0, length));
  });

  test('mutated headers: refused, or read within the file', () => {
    const whole = writeSafetensors(tensors, metadata);
    const end = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const draws = Stream.named('mutated headers', { seed: 1 });
    const signs = new TextEncoder().encode('{}[]",:0123456789-.eE\\u\u0000 F');
    for (let k = 0; k < 5000; k++) {
      const bytes = whole.slice();
      const changes = 1 + draws.below(100 * k, 4);
      for (let c = 1; c <= changes; c++) {
        const at = draws.below(100 * k + 3 * c, end);
        bytes[at] =
          c % 2 ? signs[draws.below(100 * k + 3 * c + 1, signs.length)]! : draws.below(100 * k + 3 * c + 2, 256);
      }
      try {
        const read = readSafetensors(bytes, 'x');
        const size = Object.values(read.tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
        expect(size).toBeLessThanOrEqual(bytes.length - 8);
      } catch (error) {
        if (!(error instanceof Failure)) throw new Error(`case ${k}: ${error}`);
      }
    }
  });
});
