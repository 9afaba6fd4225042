export const BATCH: number;
export function lenet300(annotation: string): string;
export const lenet5Caffe: string;
