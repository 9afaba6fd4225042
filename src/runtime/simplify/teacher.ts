import { inputsOfTeacher, teacherName, teacherProgram } from '../../compiler/4-program/index.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import type { DistilSpec, PhaseSpec, Spec } from '../../compiler/spec.js';
import { Batches } from '../../data/batches.js';
import type { BoundTable, BoundTensor } from '../../data/bind.js';
import type { Table } from '../../data/source.js';
import type { Network } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { bindRows } from '../spec/rows.js';
import { breathe } from '../training/pace.js';
import type { Watcher } from '../training/progress.js';
import type { Teacher } from '../training/train.js';
import { tensorsOf } from '../weights/tensors.js';
import { Stopped } from './stopped.js';

/** Rows in one run of the teacher. */
const ROWS = 500;

/** What fine-tuning needs of the network before the cut. */
export interface Teaching {
  readonly teacher: Teacher;
  /** What its batches hold beside the student's rows. */
  readonly tensors: readonly BoundTensor[];
}

/**
 * Makes a teacher of a trained network. What it says of the training rows is computed once, and read like a target. Where the rows are augmented, so that no row comes
 * twice, its forward pass is a part of every step instead.
 *
 * @throws Stopped where the user stopped it: it says the same when it is asked again
 */
export async function teach(at: {
  readonly spec: Spec;
  readonly distil: DistilSpec;
  readonly phase: PhaseSpec;
  /** The network before the cut, and as it was trained. */
  readonly network: Network;
  readonly values: Values;
  readonly student: Network;
  readonly rows: Table;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  readonly watcher: Watcher;
  readonly stopping: { readonly signal: NodeJS.Signals | undefined };
}): Promise<Teaching> {
  const { distil, network, values } = at;
  const bound = bindRows(network, at.spec, at.phase, at.rows);
  if (!bound.tensors.some(({ augmented }) => augmented)) return { teacher: { distil }, tensors: await said(at, bound) };
  const own = inputsOfTeacher(at.student, network);
  return {
    teacher: { distil, inStep: { network, values } },
    tensors: bound.tensors.flatMap((tensor) =>
      own.includes(tensor.name) ? [{ ...tensor, name: teacherName(tensor.name) }] : [],
    ),
  };
}

/** What the teacher says of every row. */
async function said(at: Parameters<typeof teach>[0], bound: BoundTable): Promise<BoundTensor[]> {
  const { network, values } = at;
  const program = teacherProgram(network, at.phase);
  const reads = (role: string) => new Set(program.inputs.filter((one) => one.role === role).map(({ name }) => name));
  const [states, given] = [reads('state'), reads('batch')];
  at.watcher.note(`teacher: the network before the cut, on ${bound.rows.toLocaleString('en')} training rows\n`);
  const loaded = await at.engine.load({ teacher: program }, at.engineOptions);
  try {
    await loaded.setState(
      Object.fromEntries(Object.entries(tensorsOf(network, values)).filter(([name]) => states.has(name))),
    );
    const batches = new Batches(bound, { batchSize: ROWS });
    const found = new Map<string, { extents: readonly number[]; width: number; data: Float32Array }>();
    let done = 0;
    for (let step = 0; step < batches.steps; step++) {
      at.watcher.work?.('teacher: rows', done / bound.rows);
      await breathe();
      if (at.stopping.signal) throw new Stopped();
      const { inputs, rows } = batches.read(step);
      const read = Object.fromEntries(Object.entries(inputs).filter(([name]) => given.has(name)));
      for (const [name, { shape, data }] of Object.entries(await loaded.run('teacher', read))) {
        const extents = shape.slice(1);
        const width = sizeOf(extents);
        if (!found.has(name)) found.set(name, { extents, width, data: new Float32Array(bound.rows * width) });
        found.get(name)!.data.set(data as Float32Array, done * width);
      }
      done += rows;
    }
    return [...found].map(([name, one]) => ({ name, ...one, rows: undefined }));
  } finally {
    await loaded.close();
  }
}
