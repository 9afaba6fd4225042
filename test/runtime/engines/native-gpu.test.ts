import { conform } from './conformance.js';

await conform({ engine: 'tfjs-node-gpu', title: 'tfjs-node-gpu', options: { threads: 2 } });
