import type { Reports } from '../../diagnostics/report.js';
import type { Network } from '../../ir/graph.js';
import type { Spec } from '../spec.js';

/** What a network with its dimensions must fulfil beyond shapes. One file a check, one line in `index.ts`. */
export type Check = (input: { readonly spec: Spec; readonly network: Network }, reports: Reports) => void;
