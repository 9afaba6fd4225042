import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What decides which kernels a native library takes, and so the order in which it adds up. */
const deciding = ['sse4_1', 'avx', 'avx2', 'fma', 'f16c', 'avx_vnni', 'avx512f', 'avx512bw', 'avx512vl', 'avx512_vnni'];
const decidingToo = ['avx512_bf16', 'amx_tile', 'asimddp', 'i8mm', 'bf16', 'sve'];

let known: string | undefined;

/** The processor, as far as it may change numbers: architecture and vector extensions; its model name where those cannot be read. */
export function processorFeatures(): string {
  known ??= [process.platform, process.arch, extensions() ?? cpus()[0]?.model ?? 'unknown processor'].join(' ');
  return known;
}

function extensions(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  const present = new Set(line.split(/\s+/));
  return [...deciding, ...decidingToo].filter((one) => present.has(one)).join(' ') || undefined;
}
