import { Session } from 'node:inspector/promises';

/** A part of the time of a process' main thread, from 0 to 1. */
export interface Part {
  readonly what: string;
  readonly share: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
}

/** Where a run of `work` spends its time on the main thread: the engine's own code (native), WebAssembly, and dnc's functions, the largest first. */
export async function profiled(work: () => Promise<void>): Promise<readonly Part[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    await work();
    const { profile } = await session.post('Profiler.stop');
    return partsOf(profile as { nodes: readonly ProfileNode[]; samples?: number[]; timeDeltas?: number[] });
  } finally {
    session.disconnect();
  }
}

/** The self time of every function, by what it is. */
export function partsOf(profile: {
  readonly nodes: readonly ProfileNode[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}): readonly Part[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [k, id] of (profile.samples ?? []).entries()) {
    const name = names.get(id)!;
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas?.[k] ?? 0));
  }
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .map(([what, time]) => ({ what, share: time / all }))
    .filter(({ share }) => share >= 0.01)
    .sort((a, b) => b.share - a.share);
}

function nameOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (url.startsWith('wasm://')) return `WebAssembly, ${functionName || 'unnamed'}`;
  if (url.includes('onnxruntime')) return `onnxruntime, ${functionName}`;
  if (functionName === '(idle)') return 'waiting';
  if (functionName === '(garbage collector)') return 'garbage collection';
  // What has no file is the engine's or Node's own; the profiler calls it by whatever symbol lies before it.
  if (url === '') return 'native code';
  return functionName || 'unnamed function';
}
