import type { ScanAttributes } from '../../program/recurrence.js';
import type { Lowering } from '../lowering.js';

export const recurrence = {
  /** ONNX' own Scan; captures are values of the graph around the body. */
  scan: (g, { inputs, outputs, attributes, body }) => {
    const { body: program, states, sequences, reverse } = attributes as ScanAttributes;
    const own = states + sequences;
    const stacked = outputs.length - states;
    const all = (count: number) => new Array<number>(count).fill(reverse ? 1 : 0);
    const graph = body(program, own, inputs.slice(own));
    g.rawNode({
      operator: 'Scan',
      domain: '',
      inputs: inputs.slice(0, own),
      outputs,
      attributes: {
        body: graph,
        num_scan_inputs: sequences,
        scan_input_directions: all(sequences),
        ...(stacked > 0 && { scan_output_directions: all(stacked) }),
      },
    });
  },
} satisfies Record<string, Lowering>;
