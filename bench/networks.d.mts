export const BATCH: number;
export function lenet300(annotation: string, size?: { readonly width?: number }): string;
export const lenet5Caffe: string;
export interface BenchNetwork {
  readonly title: string;
  readonly about: string;
  readonly spec: () => string;
  readonly asWritten?: () => string;
  readonly phase?: number;
  readonly batch: number;
  readonly pool: 'digits' | 'tokens' | 'pictures';
  readonly targets?: 'input';
  readonly image: readonly number[];
  readonly learningRate: number;
  readonly penalties?: readonly (readonly [li: number, lo: number])[];
  readonly lasso?: number;
  readonly epoch: number;
}
export const networks: Readonly<Record<string, BenchNetwork>>;
