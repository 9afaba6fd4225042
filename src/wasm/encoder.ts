/**
 * The WebAssembly binary format (core specification 2.0, chapter 5), as far as dnc needs it: one imported memory,
 * imported functions on float64, exported functions without operands, fixed-width SIMD, and memory that threads share
 * (the threads proposal, in every engine since 2020). Nothing here knows what is computed.
 */

/** Value types. */
export const I32 = 0x7f;
const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof F64 | typeof V128;

/** Instructions without immediates: their opcode, in the SIMD space (prefix 0xfd) where a pair. */
const SIMD = 0xfd;
const plain = {
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'f64.add': [0xa0],
  'f64.min': [0xa4],
  'f64.max': [0xa5],
  'f32.demote_f64': [0xb6],
  'f64.promote_f32': [0xbb],
  'i32x4.splat': [SIMD, 0x11],
  'i32x4.eq': [SIMD, 0x37],
  'i32x4.lt_s': [SIMD, 0x39],
  'i32x4.gt_s': [SIMD, 0x3b],
  'f32x4.eq': [SIMD, 0x41],
  'f32x4.ne': [SIMD, 0x42],
  'f32x4.lt': [SIMD, 0x43],
  'f32x4.gt': [SIMD, 0x44],
  'f32x4.le': [SIMD, 0x45],
  'f32x4.ge': [SIMD, 0x46],
  'f64x2.gt': [SIMD, 0x4a],
  'v128.not': [SIMD, 0x4d],
  'v128.and': [SIMD, 0x4e],
  'v128.andnot': [SIMD, 0x4f],
  'v128.or': [SIMD, 0x50],
  'v128.xor': [SIMD, 0x51],
  'v128.bitselect': [SIMD, 0x52],
  'f32x4.demote_f64x2_zero': [SIMD, 0x5e],
  'f64x2.promote_low_f32x4': [SIMD, 0x5f],
  'i32x4.shl': [SIMD, 0xab],
  'i32x4.shr_u': [SIMD, 0xad],
  'i32x4.add': [SIMD, 0xae],
  'i32x4.sub': [SIMD, 0xb1],
  'i64x2.extend_low_i32x4_s': [SIMD, 0xc7],
  'i64x2.extend_high_i32x4_s': [SIMD, 0xc8],
  'i64x2.shr_u': [SIMD, 0xcd],
  'f32x4.abs': [SIMD, 0xe0],
  'f32x4.neg': [SIMD, 0xe1],
  'f32x4.sqrt': [SIMD, 0xe3],
  'f32x4.add': [SIMD, 0xe4],
  'f32x4.sub': [SIMD, 0xe5],
  'f32x4.mul': [SIMD, 0xe6],
  'f32x4.div': [SIMD, 0xe7],
  'f32x4.min': [SIMD, 0xe8],
  'f32x4.max': [SIMD, 0xe9],
  'f32x4.pmin': [SIMD, 0xea],
  'f32x4.pmax': [SIMD, 0xeb],
  'f64x2.sqrt': [SIMD, 0xef],
  'f64x2.add': [SIMD, 0xf0],
  'f64x2.sub': [SIMD, 0xf1],
  'f64x2.mul': [SIMD, 0xf2],
  'f64x2.div': [SIMD, 0xf3],
  'f64x2.min': [SIMD, 0xf4],
  'f64x2.max': [SIMD, 0xf5],
  'f32x4.convert_i32x4_s': [SIMD, 0xfa],
  'f64x2.convert_low_i32x4_u': [SIMD, 0xff],
} as const;
export type Plain = keyof typeof plain;

/** Instructions with an address on the stack and a constant offset. The alignment is only a hint and given as none. */
const memory = {
  'i32.load': [0x28],
  'f32.store': [0x38],
  'f64.load': [0x2b],
  'f64.store': [0x39],
  'v128.load': [SIMD, 0x00],
  'v128.load32_splat': [SIMD, 0x09],
  'v128.store': [SIMD, 0x0b],
} as const;
export type MemoryAccess = keyof typeof memory;

const storeLane = { 'v128.store32_lane': 0x5a, 'v128.store64_lane': 0x5b } as const;
const lane = {
  'f32x4.extract_lane': 0x1f,
  'f32x4.replace_lane': 0x20,
  'f64x2.extract_lane': 0x21,
} as const;

/** A growing array of bytes. */
class Bytes {
  private buffer = new Uint8Array(256);
  private length = 0;

  byte(...bytes: readonly number[]): this {
    for (const one of bytes) {
      if (this.length === this.buffer.length) {
        const larger = new Uint8Array(2 * this.length);
        larger.set(this.buffer);
        this.buffer = larger;
      }
      this.buffer[this.length++] = one;
    }
    return this;
  }

  /** LEB128 without sign, up to 2³² − 1. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    do {
      const low = rest & 0x7f;
      rest >>>= 7;
      this.byte(rest === 0 ? low : low | 0x80);
    } while (rest !== 0);
    return this;
  }

  /** LEB128 with sign, 32 bits. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.unsigned(bytes.length).byte(...bytes);
  }

  append(other: Bytes): this {
    for (let i = 0; i < other.length; i++) this.byte(other.buffer[i]!);
    return this;
  }

  /** With its length before it. */
  block(other: Bytes): this {
    return this.unsigned(other.length).append(other);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }
}

/** The body of one function; its methods append instructions. */
export class Code {
  private readonly bytes = new Bytes();
  private readonly locals: ValueType[] = [];
  /** What comes before everything else: constants into their locals. */
  private readonly prologue = new Bytes();
  private readonly constants = new Map<string, number>();

  /** A new local, by index. Functions have no parameters. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.locals.length - 1;
  }

  get(local: number): this {
    this.bytes.byte(0x20).unsigned(local);
    return this;
  }
  set(local: number): this {
    this.bytes.byte(0x21).unsigned(local);
    return this;
  }
  tee(local: number): this {
    this.bytes.byte(0x22).unsigned(local);
    return this;
  }

  op(name: Plain): this {
    const [first, second] = plain[name] as readonly [number, number?];
    this.bytes.byte(first);
    if (second !== undefined) this.bytes.unsigned(second);
    return this;
  }

  access(name: MemoryAccess, offset: number): this {
    const [first, second] = memory[name] as readonly [number, number?];
    this.bytes.byte(first);
    if (second !== undefined) this.bytes.unsigned(second);
    this.bytes.unsigned(0).unsigned(offset);
    return this;
  }

  storeLane(name: keyof typeof storeLane, offset: number, index: number): this {
    this.bytes.byte(SIMD).unsigned(storeLane[name]).unsigned(0).unsigned(offset).byte(index);
    return this;
  }

  lane(name: keyof typeof lane, index: number): this {
    this.bytes.byte(SIMD).unsigned(lane[name]).byte(index);
    return this;
  }

  /** Of the two vectors on the stack the lanes of 32 bits that are named: 0 to 3 of the first, 4 to 7 of the second. */
  shuffle(lanes: readonly [number, number, number, number]): this {
    return this.shuffleBytes(lanes.flatMap((at) => [0, 1, 2, 3].map((byte) => 4 * at + byte)));
  }

  /** The same of the 32 bytes of two vectors. */
  shuffleBytes(from: readonly number[]): this {
    this.bytes
      .byte(SIMD)
      .unsigned(0x0d)
      .byte(...from);
    return this;
  }

  i32(value: number): this {
    this.bytes.byte(0x41).signed(value);
    return this;
  }

  /** Gives a local, which holds 0 at first, this value where the function begins. */
  start(local: number, value: number): this {
    this.prologue.byte(0x41).signed(value).byte(0x21).unsigned(local);
    return this;
  }

  /**
   * The bits of four 32-bit lanes, or of two 64-bit ones. They are put into a local where the function begins: V8 puts a constant
   * together anew wherever it stands, which in a loop costs more than most instructions.
   */
  v128(lanes: Float32Array | Uint32Array | Float64Array): this {
    const bits = new Uint8Array(lanes.buffer, lanes.byteOffset, 16);
    const key = bits.join();
    let local = this.constants.get(key);
    if (local === undefined) {
      local = this.local(V128);
      this.constants.set(key, local);
      this.prologue
        .byte(SIMD)
        .unsigned(0x0c)
        .byte(...bits)
        .byte(0x21)
        .unsigned(local);
    }
    return this.get(local);
  }

  call(index: number): this {
    this.bytes.byte(0x10).unsigned(index);
    return this;
  }

  /** Does `body` exactly `count` times; nothing for 0, without a loop for 1. */
  times(count: number, body: () => void): this {
    if (count === 1) body();
    if (count <= 1) return this;
    const counter = this.local(I32);
    return this.i32(count).set(counter).countdown(counter, body);
  }

  /** Does `body` as often as the local says, at least once; it is 0 then. */
  countdown(counter: number, body: () => void): this {
    this.bytes.byte(0x03, 0x40);
    body();
    this.get(counter).i32(1).op('i32.sub').tee(counter);
    this.bytes.byte(0x0d).unsigned(0).byte(0x0b);
    return this;
  }

  /** memory.copy: destination, source and length in bytes. */
  copy(to: number, from: number, length: number): this {
    this.i32(to).i32(from).i32(length);
    this.bytes.byte(0xfc, 0x0a, 0x00, 0x00);
    return this;
  }

  /** With its locals and its end, as the code section holds it. */
  finish(into: Bytes): void {
    const whole = new Bytes();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    whole.unsigned(runs.length);
    for (const { type, count } of runs) whole.unsigned(count).byte(type);
    whole.append(this.prologue).append(this.bytes).byte(0x0b);
    into.block(whole);
  }
}

/** A function of float64 numbers that the host provides. */
export interface Import {
  readonly name: string;
  readonly operands: number;
}

export interface ModuleParts {
  /** Pages of 64 KiB: what the imported memory `host.memory` has, no more and no less. */
  readonly pages: number;
  /** Threads share the memory. */
  readonly shared: boolean;
  readonly imports: readonly Import[];
  /** Function indices count the imports first. Functions have neither operands nor results. */
  readonly functions: readonly Code[];
  /** The functions that are exported, by name. */
  readonly exports: Readonly<Record<string, number>>;
}

/** The bytes of a module. */
export function encodeModule({ pages, shared, imports, functions, exports }: ModuleParts): Uint8Array<ArrayBuffer> {
  const module = new Bytes().byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  const section = (id: number, count: number, write: (into: Bytes) => void) => {
    const body = new Bytes().unsigned(count);
    write(body);
    module.byte(id).block(body);
  };

  const operandCounts = [...new Set(imports.map((one) => one.operands))];
  section(1, 1 + operandCounts.length, (into) => {
    into.byte(0x60, 0, 0);
    for (const count of operandCounts) {
      into.byte(0x60).unsigned(count);
      for (let i = 0; i < count; i++) into.byte(F64);
      into.byte(1, F64);
    }
  });
  section(2, 1 + imports.length, (into) => {
    into
      .name('host')
      .name('memory')
      .byte(0x02, shared ? 0x03 : 0x01)
      .unsigned(pages)
      .unsigned(pages);
    for (const { name, operands } of imports) {
      into
        .name('host')
        .name(name)
        .byte(0x00)
        .unsigned(1 + operandCounts.indexOf(operands));
    }
  });
  section(3, functions.length, (into) => {
    for (let i = 0; i < functions.length; i++) into.unsigned(0);
  });
  section(7, Object.keys(exports).length, (into) => {
    for (const [name, index] of Object.entries(exports)) into.name(name).byte(0x00).unsigned(index);
  });
  section(10, functions.length, (into) => {
    for (const one of functions) one.finish(into);
  });
  return module.take();
}
