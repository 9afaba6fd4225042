import { Builder, type ScanInputs, type ScanResult, type ScanStep, type Value } from './builder.js';
import { dependents, pullback, zeros } from './gradient.js';
import type { GradientStep } from './op.js';
import { ops } from './ops/index.js';
import type { Attributes, Instruction, Program, TensorType, ValueId } from './program.js';
import { knownExtent, sameType, showType } from './shapes.js';

/**
 * What belongs to the op scan: writing it, its gradient, and taking off what nothing reads.
 *
 * Inputs: the states before the first step, the sequences, the captures. The body's inputs are in the same order, slices for sequences. The body's
 * outputs are the next states, then what is stacked.
 */
export interface ScanAttributes extends Attributes {
  readonly body: Program;
  readonly states: number;
  readonly sequences: number;
  /** Whether the first step reads the last slice. Stacked outputs are in the order of the sequences either way. */
  readonly reverse: boolean;
}

/** The type of as many slices as there are steps. */
export function stackedType({ dtype, shape }: TensorType, steps: number): TensorType {
  return { dtype, shape: [steps, ...shape] };
}

export function stepsOf(sequence: TensorType): number {
  const steps = knownExtent('scan', sequence.shape, 0);
  if (steps < 1) throw new Error(`scan: ${showType(sequence)} has no step`);
  return steps;
}

/**
 * Writes the body of a scan. Beside what `write` gives, every float that the body computes is stacked, and what the states were before each step: the
 * gradient picks what it reads, and what nobody picks is taken off again (`pruneScan`). Movement is left out: it is done again for less than memory costs.
 */
export function writeScan(
  { states, sequences, captures = [], reverse = false }: ScanInputs,
  write: (body: Builder, step: ScanStep) => ScanResult,
): { readonly inputs: readonly Value[]; readonly attributes: ScanAttributes; readonly outputs: number } {
  const body = new Builder();
  const declare = (name: string, { dtype, shape }: TensorType, at: number) => body.batch(`${name}:${at}`, dtype, shape);
  const step = {
    states: states.map(({ type }, at) => declare('state', type, at)),
    slices: sequences.map(({ type: { dtype, shape } }, at) => declare('slice', { dtype, shape: shape.slice(1) }, at)),
    captures: captures.map(({ type }, at) => declare('capture', type, at)),
  };
  const made = write(body, step);
  if (made.states.length !== states.length)
    throw new Error(`scan: the body gives ${made.states.length} of ${states.length} next states`);
  for (const [at, one] of made.states.entries()) body.result(`state:${at}`, one);
  for (const [at, one] of made.outputs.entries()) body.result(`output:${at}`, one);
  const given = new Set(made.outputs.map((one) => one.id));
  const computed = body.instructions
    .filter(({ op }) => op !== 'constant' && ops[op]!.pattern !== 'movement')
    .flatMap(({ outputs }) => outputs.map((id) => body.value(id)));
  for (const one of [...step.states, ...computed]) {
    if (given.has(one.id) || one.type.dtype !== 'float') continue;
    body.result(`saved:${one.id}`, one);
  }
  return {
    inputs: [...states, ...sequences, ...captures],
    attributes: { body: body.build('body'), states: states.length, sequences: sequences.length, reverse },
    outputs: made.outputs.length,
  };
}

/**
 * Backpropagation through time: a scan in the other direction, whose body is the vector-Jacobian product of the body. It reads what the forward scan
 * stacked. The gradient of a capture is a sum over the steps: where every step adds a product of two values, or a sum of one, these are stacked and
 * it is done at once for all steps, outside; else it is one more state.
 */
export function scanGradient(b: Builder, at: GradientStep<ScanAttributes>): readonly (Value | undefined)[] {
  const { body, states, sequences, reverse } = at.attributes;
  const isCapture = (index: number) => index >= states + sequences;

  // A state carries a gradient where it needs one itself or depends on something that does.
  const wanted = new Set(body.inputs.filter((_, index) => at.needed[index]).map((one) => one.value));
  let depends: ReadonlySet<ValueId>;
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    depends = dependents(body.instructions, wanted, (id) => body.values[id]!);
    for (let state = 0; state < states; state++)
      if (depends.has(body.outputs[state]!.value)) wanted.add(body.inputs[state]!.value);
  }

  // The body's values and the vector-Jacobian product in one program; what of it goes into the reverse scan is found after that.
  const s = new Builder();
  const inner = new Map<ValueId, Value>();
  for (const { name, value } of body.inputs) {
    const { dtype, shape } = body.values[value]!;
    inner.set(value, s.batch(name, dtype, shape));
  }
  replay(s, body.instructions, inner);
  const forward = s.instructions.length;
  const gradientOf = (index: number) =>
    s.batch(`gradient:${index}`, 'float', inner.get(body.outputs[index]!.value)!.type.shape);
  const carried = body.inputs.flatMap(({ value }, index) => (index < states && wanted.has(value) ? [index] : []));
  const stateGradients = new Map(carried.map((state) => [state, gradientOf(state)]));
  /** Gradients of stacked outputs: the value in `s`, and outside. */
  const outputGradients = new Map<ValueId, Value>();
  const seeds: [Value, Value][] = [...stateGradients].map(([state, gradient]) => [
    inner.get(body.outputs[state]!.value)!,
    gradient,
  ]);
  for (const [index, { value }] of body.outputs.entries()) {
    const outside = at.gradients[index];
    if (index < states || !outside || !depends!.has(value)) continue;
    const gradient = gradientOf(index);
    outputGradients.set(gradient.id, outside);
    seeds.push([inner.get(value)!, gradient]);
  }
  const targets = body.inputs.flatMap((one, index) => (wanted.has(one.value) ? [index] : []));
  const pulled = pullback(
    s,
    seeds,
    targets.map((index) => inner.get(body.inputs[index]!.value)!),
  );
  const found = new Map(targets.map((index, k) => [index, pulled[k]]));

  /** What is there for all steps at once, outside: sequences, and what the forward scan stacked. */
  const outside = new Map(outputGradients);
  for (const [index, { value }] of body.inputs.entries())
    if (index >= states && !isCapture(index)) outside.set(inner.get(value)!.id, at.inputs[index]!);
  for (const [index, { value }] of body.outputs.entries()) {
    const { id } = inner.get(value)!;
    if (index >= states && !outside.has(id)) outside.set(id, at.outputs[index]!);
  }
  const captured = new Map(
    body.inputs.flatMap(({ value }, index) =>
      isCapture(index) ? [[inner.get(value)!.id, at.inputs[index]!] as const] : [],
    ),
  );

  // Gradients of captures, term by term.
  const producers = new Map<ValueId, Instruction>();
  for (const one of s.instructions.slice(forward)) for (const id of one.outputs) producers.set(id, one);
  const termsOf = (value: Value): readonly Value[] => {
    const producer = producers.get(value.id);
    const parts = producer?.op === 'add' ? producer.inputs.map((id) => s.value(id)) : [];
    return parts.length > 0 && parts.every(({ type }) => sameType(type, value.type)) ? parts.flatMap(termsOf) : [value];
  };
  const stacked: Value[] = [];
  const slots = new Map<ValueId, number>();
  const stack = (value: Value) => {
    if (!outside.has(value.id) && !slots.has(value.id)) slots.set(value.id, stacked.push(value) - 1);
    return (made: readonly Value[]) => outside.get(value.id) ?? made[slots.get(value.id)!]!;
  };
  type AllAtOnce = (made: readonly Value[]) => Value;
  const allAtOnce = (term: Value): AllAtOnce | undefined => {
    const producer = producers.get(term.id);
    const inputs = producer?.inputs.map((id) => s.value(id)) ?? [];
    const { transposeX, transposeY, axes } = producer?.attributes ?? {};
    const ranks = inputs.map((one) => one.type.shape.length);
    if (
      producer?.op === 'outer_sum' ||
      (producer?.op === 'matmul' && transposeX && !transposeY && ranks.every((rank) => rank === 2))
    ) {
      const [x, y] = inputs.map(stack) as [AllAtOnce, AllAtOnce];
      return (made) => b.outerSum(x(made), y(made));
    }
    if (producer?.op === 'sum') {
      const whole = stack(inputs[0]!);
      const shifted = [0, ...(axes as readonly number[]).map((axis) => axis + 1)];
      return (made) => b.reshape(b.sum(whole(made), shifted), term.type.shape);
    }
    if (producer?.op !== 'reshape') return undefined;
    const before = allAtOnce(inputs[0]!);
    return before && ((made) => b.reshape(before(made), term.type.shape));
  };
  const captures = targets.filter(isCapture).map((index) => {
    const at: AllAtOnce[] = [];
    const added: Value[] = [];
    const gradient = found.get(index);
    for (const term of gradient ? termsOf(gradient) : []) {
      const outer = allAtOnce(term);
      if (outer) at.push(outer);
      else added.push(term);
    }
    return { index, atOnce: at, added };
  });
  const accumulated = captures.filter((one) => one.added.length > 0);
  const slices = targets.filter((index) => index >= states && !isCapture(index) && found.get(index));
  for (const index of slices)
    slots.set(found.get(index)!.id, slots.get(found.get(index)!.id) ?? stacked.push(found.get(index)!) - 1);

  // What the reverse body computes and reads: back from what it gives to what is there outside.
  const reads = { sequences: new Set<ValueId>(), captures: new Set<ValueId>() };
  const seen = new Set<ValueId>();
  const producer = new Map<ValueId, Instruction>();
  for (const one of s.instructions) for (const id of one.outputs) producer.set(id, one);
  const code = new Set<Instruction>();
  const own = new Set([...stateGradients.values()].map((one) => one.id));
  const need = (id: ValueId): void => {
    if (seen.has(id)) return;
    seen.add(id);
    if (own.has(id)) return;
    if (outside.has(id)) reads.sequences.add(id);
    else if (captured.has(id)) reads.captures.add(id);
    else {
      const instruction = producer.get(id);
      if (!instruction) throw new Error('scan: a state that its gradient reads was not stacked');
      code.add(instruction);
      for (const input of instruction.inputs) need(input);
    }
  };
  for (const one of [
    ...carried.map((state) => found.get(state)),
    ...stacked,
    ...accumulated.flatMap((one) => one.added),
  ])
    if (one) need(one.id);
  const sequencesRead = reads.sequences.size > 0 ? [...reads.sequences] : [inner.get(body.inputs[states]!.value)!.id];
  const capturesRead = [...reads.captures];

  const result = b.scan(
    {
      states: [
        ...carried.map((state) => at.gradients[state] ?? zeros(b, at.outputs[state]!.type.shape)),
        ...accumulated.map(({ index }) => zeros(b, at.inputs[index]!.type.shape)),
      ],
      sequences: sequencesRead.map((id) => outside.get(id)!),
      captures: capturesRead.map((id) => captured.get(id)!),
      reverse: !reverse,
    },
    (c, step) => {
      const values = new Map<ValueId, Value>();
      for (const [k, state] of carried.entries()) values.set(stateGradients.get(state)!.id, step.states[k]!);
      for (const [k, id] of sequencesRead.entries()) values.set(id, step.slices[k]!);
      for (const [k, id] of capturesRead.entries()) values.set(id, step.captures[k]!);
      replay(
        c,
        s.instructions.filter((one) => code.has(one)),
        values,
      );
      const of = (value: Value) => values.get(value.id)!;
      return {
        states: [
          ...carried.map((state, k) => {
            const gradient = found.get(state);
            return gradient ? of(gradient) : zeros(c, step.states[k]!.type.shape);
          }),
          ...accumulated.map(({ added }, k) =>
            added.reduce((sum, term) => c.add(sum, of(term)), step.states[carried.length + k]!),
          ),
        ],
        outputs: stacked.map(of),
      };
    },
  );

  const gradients = new Map<number, Value>();
  for (const [k, state] of carried.entries()) gradients.set(state, result.states[k]!);
  for (const index of slices) gradients.set(index, result.outputs[slots.get(found.get(index)!.id)!]!);
  for (const { index, atOnce, added } of captures) {
    const parts = atOnce.map((write) => write(result.outputs));
    if (added.length > 0)
      parts.push(result.states[carried.length + accumulated.findIndex((one) => one.index === index)]!);
    if (parts.length > 0)
      gradients.set(
        index,
        parts.reduce((sum, part) => b.add(sum, part)),
      );
  }
  return at.inputs.map((_, index) => (at.needed[index] ? gradients.get(index) : undefined));
}

/** Writes instructions again, with their inputs and outputs looked up in `values`. */
function replay(b: Builder, code: readonly Instruction[], values: Map<ValueId, Value>): void {
  for (const { op, inputs, outputs, attributes } of code) {
    const made = b.applyAll(
      op,
      inputs.map((id) => values.get(id)!),
      attributes,
    );
    for (const [at, id] of outputs.entries()) if (!values.has(id)) values.set(id, made[at]!);
  }
}

/**
 * The scan without the outputs that nobody reads, the states that only they needed, and the inputs that nothing in the body reads then. The same object
 * where all of it is needed. A state whose last value is not read stays while a step that is needed reads it.
 */
export function pruneScan(scan: Instruction, isLive: (id: ValueId) => boolean): Instruction {
  const { body, states, sequences, reverse } = scan.attributes as ScanAttributes;
  const kept = new Set(scan.outputs.flatMap((id, at) => (isLive(id) ? [at] : [])));
  const live = new Set<ValueId>();
  const code = new Set<Instruction>();
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const at of kept) live.add(body.outputs[at]!.value);
    for (const one of [...body.instructions].reverse()) {
      if (!one.outputs.some((id) => live.has(id))) continue;
      code.add(one);
      for (const id of one.inputs) live.add(id);
    }
    for (let state = 0; state < states; state++) if (live.has(body.inputs[state]!.value)) kept.add(state);
  }
  const isSequence = (at: number) => at >= states && at < states + sequences;
  const reads = new Set(
    body.inputs.flatMap(({ value }, at) => ((at < states ? kept.has(at) : live.has(value)) ? [at] : [])),
  );
  // The first sequence says how many steps there are, and some input how large the batch is.
  if (![...reads].some(isSequence)) reads.add(states);
  const hasBatch = (id: ValueId) => body.values[id]!.shape.includes('batch');
  if ([...live].some(hasBatch) && ![...reads].some((at) => hasBatch(body.inputs[at]!.value)))
    reads.add(body.inputs.findIndex((one) => hasBatch(one.value)));
  if (kept.size === scan.outputs.length && reads.size === scan.inputs.length) return scan;
  const isKept = (_: unknown, at: number) => kept.has(at);
  const isRead = (_: unknown, at: number) => reads.has(at);
  const count = (from: number, to: number) =>
    body.inputs.filter((one, at) => at >= from && at < to && isRead(one, at)).length;
  return {
    ...scan,
    inputs: scan.inputs.filter(isRead),
    outputs: scan.outputs.filter(isKept),
    attributes: {
      body: {
        ...body,
        inputs: body.inputs.filter(isRead),
        instructions: body.instructions.filter((one) => code.has(one)),
        outputs: body.outputs.filter(isKept),
      },
      states: count(0, states),
      sequences: count(states, states + sequences),
      reverse,
    } satisfies ScanAttributes,
  };
}
