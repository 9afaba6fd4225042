import { errorFunction } from '../../../../program/ops/erf.js';
import type { Code } from '../../../../wasm/encoder.js';
import { V128 } from '../../../../wasm/encoder.js';

/**
 * The elementwise operations of the update pass on four lanes: floats, and masks (all ones or all zeros) for bools. This set is
 * smaller than the program's: graph.ts writes `square` as a product and so on. Operations without a SIMD instruction call a
 * function of the host lane by lane, in float64.
 */
export interface Elementwise {
  /** About how much it costs against an addition. */
  readonly cost: number;
  /** Takes its operands from the locals `operands` and leaves the result on the stack. */
  emit(code: Code, operands: readonly number[], host: HostCall): void;
}

/** Emits a call of a function of the host, which is imported when it is first called. */
export type HostCall = (code: Code, name: HostFunction) => void;

/** The functions of the host. They are V8's own, the same on every processor. */
export const hostFunctions = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  power: (x: number, y: number) => x ** y,
  erf: errorFunction,
} as const satisfies Record<string, (x: number, y: number) => number>;
export type HostFunction = keyof typeof hostFunctions;

/** How many operands a function of the host is called with. */
export function hostOperands(name: HostFunction): number {
  return name === 'power' ? 2 : 1;
}

function simd(name: Parameters<Code['op']>[0], cost = 1): Elementwise {
  return {
    cost,
    emit(code, operands) {
      for (const one of operands) code.get(one);
      code.op(name);
    },
  };
}

function host(name: HostFunction): Elementwise {
  return {
    cost: 100,
    emit(code, operands, call) {
      const result = code.local(V128);
      for (let index = 0; index < 4; index++) {
        code.get(index === 0 ? operands[0]! : result);
        for (const one of operands) code.get(one).lane('f32x4.extract_lane', index).op('f64.promote_f32');
        call(code, name);
        code.op('f32.demote_f64').lane('f32x4.replace_lane', index).set(result);
      }
      code.get(result);
    },
  };
}

const signBits = Uint32Array.of(0x80000000, 0x80000000, 0x80000000, 0x80000000);
/** The four lanes of one float. */
export function lanes(value: number): Float32Array {
  return Float32Array.of(value, value, value, value);
}

const table = {
  /** Its operand, stretched to the shape of the result. */
  copy: { cost: 0, emit: (code, [x]) => code.get(x!) },
  negate: simd('f32x4.neg'),
  abs: simd('f32x4.abs'),
  // ±1 with the sign of x where |x| > 0, else x itself: 0 and NaN stay.
  sign: {
    cost: 5,
    emit(code, [x]) {
      code.get(x!).v128(signBits).op('v128.and').v128(lanes(1)).op('v128.or');
      code.get(x!);
      code.get(x!).op('f32x4.abs').v128(lanes(0)).op('f32x4.gt').op('v128.bitselect');
    },
  },
  sqrt: simd('f32x4.sqrt', 6),
  exp: host('exp'),
  log: host('log'),
  log1p: host('log1p'),
  tanh: host('tanh'),
  erf: host('erf'),
  power: host('power'),
  add: simd('f32x4.add'),
  subtract: simd('f32x4.sub'),
  multiply: simd('f32x4.mul'),
  divide: simd('f32x4.div', 6),
  maximum: simd('f32x4.max', 3),
  minimum: simd('f32x4.min', 3),
  // One x86 instruction each; NaN of the first operand stays, the second must not be NaN: graph.ts puts a constant there.
  maximum_constant: simd('f32x4.pmax'),
  minimum_constant: simd('f32x4.pmin'),
  greater: simd('f32x4.gt'),
  greater_equal: simd('f32x4.ge'),
  less: simd('f32x4.lt'),
  less_equal: simd('f32x4.le'),
  equal: simd('f32x4.eq'),
  not_equal: simd('f32x4.ne'),
  equal_bool: simd('i32x4.eq'),
  and: simd('v128.and'),
  or: simd('v128.or'),
  not: simd('v128.not'),
  float_of_bool: { cost: 1, emit: (code, [x]) => code.get(x!).v128(lanes(1)).op('v128.and') },
  select: { cost: 1, emit: (code, [c, x, y]) => code.get(x!).get(y!).get(c!).op('v128.bitselect') },
} as const satisfies Record<string, Elementwise>;

export type ElementwiseName = keyof typeof table;
export const elementwise: Readonly<Record<ElementwiseName, Elementwise>> = table;
