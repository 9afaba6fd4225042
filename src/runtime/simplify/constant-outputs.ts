import type { ConstantOutputs, Reasons } from '../../compiler/5-shrink/reasons.js';
import { runsText } from '../../compiler/6-print/keep.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { diagnostic } from '../../diagnostics/report.js';
import { type Network, nodeOf } from '../../ir/graph.js';

/** A warning for each output of which some units are constant. Where all are, there is no network left, and shrinking refuses. */
export function constantOutputWarnings({ graph }: Network, { constant_outputs = [] }: Reasons): Diagnostic[] {
  return constant_outputs.map((constant) => {
    const { span, annotations } = nodeOf(graph, constant.layer);
    const which = annotations.length > 0 ? constant.layer : `the layers before ${constant.layer}`;
    return said(constant, { at: span, help: [`use a smaller lambda on ${which}, or a lower threshold`] });
  });
}

/** What is constant of an output, for people: `unit 3 of the output y depends on no input: it is always 0.25`. */
export function constantOutputText(constant: ConstantOutputs): string {
  return said(constant).message;
}

/** As many runs of units, and values, as a line has room for. */
const MOST_RUNS = 10;
const MOST_VALUES = 3;

function said(constant: ConstantOutputs, place: Parameters<typeof diagnostic>[2] = {}): Diagnostic {
  const { output, indices, within } = constant;
  const values = [...new Set(constant.values.map((value) => String(Number(value.toPrecision(6)))))];
  return diagnostic(
    'constant-output',
    {
      output,
      units: runsText(indices, MOST_RUNS),
      isOne: indices.length === 1,
      values: values.length > MOST_VALUES ? 'constant' : `always ${values.join(', ')}`,
      within: within === true,
    },
    place,
  );
}
