// Writes what check_onnx.py reads: ONNX models of dnc's programs, and for the small ones inputs with the outputs that the float64 evaluator computes.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { evaluationProgram, forwardProgram, stepProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { lowerProgram } from '../../src/onnx/lower.js';
import { encode } from '../../src/onnx/model.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { ops } from '../../src/program/ops/index.js';
import type { HostTensor, Program } from '../../src/program/program.js';
import { CaseWriter, opCases } from '../runtime/engines/op-cases.js';
import { generator } from '../runtime/engines/steps.js';
import { floats } from './numbers.js';
import { inputsOf, programOf, section, stateOf } from './steps.js';

const seed = Number(process.env.DNC_TEST_SEED ?? 11);

function writeModels(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name: string, program: Program, inputs?: Readonly<Record<string, HostTensor>>) => {
    const lowered = lowerProgram(program);
    writeFileSync(path.join(folder, `${name}.onnx`), encode(lowered.model));
    if (!inputs) return;
    const wanted = evaluate(program, inputs);
    const outputs = lowered.outputs.map(({ name, role, onnx }) => {
      const { shape, data } = (role === 'state' ? wanted.state : wanted.results)[name]!;
      return [onnx, { shape, data: [...data] }];
    });
    const types = new Map(program.inputs.map((one) => [one.name, program.values[one.value]!.dtype]));
    const given = Object.entries(inputs).flatMap(([key, { shape, data }]) =>
      types.has(key) ? [[key, { dtype: types.get(key), shape, data: [...data] }]] : [],
    );
    const text = { seed, inputs: Object.fromEntries(given), outputs: Object.fromEntries(outputs) };
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(text));
  };

  for (const file of readdirSync('specs').filter((one) => one.endsWith('.dn'))) {
    const { spec, network } = compile(new Source(file, readFileSync(path.join('specs', file), 'utf8')));
    const phase = { ...spec.train.phases[0]!, finetune: false };
    const name = `spec ${path.basename(file, '.dn')}`;
    write(`${name}, forward`, forwardProgram(network, { mode: 'inference' }));
    write(`${name}, evaluation`, evaluationProgram(network, phase).program);
    write(`${name}, step`, stepProgram(network, phase).program);
  }

  for (const one of section.cases) {
    const step = programOf(one);
    const { batch, scalars } = inputsOf(one, step, 0);
    const numbers = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, floats([], [value])]));
    write(`step ${one.name}`, step.program, { ...stateOf(one, step), ...batch, ...numbers });
  }

  for (const op of Object.keys(ops) as (keyof typeof ops & keyof typeof opCases)[]) {
    const b = new Builder();
    const writer = new CaseWriter(b, generator(seed));
    writer.float(['batch']);
    for (let variant = 0; variant < 4; variant++) {
      const made = opCases[op](writer);
      for (const [at, value] of ('id' in made ? [made] : made).entries()) b.result(`${variant}.${at}`, value);
    }
    write(`op ${op}`, b.build(op), writer.inputs(3));
  }
}

writeModels(process.argv[2]!);
