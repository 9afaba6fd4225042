import { Stream } from '../../src/random/streams.js';

/** Images as bytes, and their labels. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

/**
 * Test accuracy of a softmax classifier with one hidden relu layer of `hidden` units, or of a linear one (`hidden: 0`): Adam with a cosine schedule, batches of 64.
 * A plain reference that shares nothing with dnc's programs and engines.
 */
export function trainAndTest(
  train: Digits,
  test: Digits,
  options: { readonly hidden: number; readonly epochs: number; readonly learningRate: number; readonly seed: number },
): number {
  const { hidden, epochs, learningRate, seed } = options;
  const pixels = train.images.length / train.labels.length;
  const classes = 1 + train.labels.reduce((most, label) => Math.max(most, label), 0);
  const widths = hidden > 0 ? [pixels, hidden, classes] : [pixels, classes];
  const layers = widths.slice(1).map((out, k) => {
    const draws = Stream.named(`layer ${k}`, { seed });
    const limit = Math.sqrt(6 / (widths[k]! + out));
    const weights = Float32Array.from({ length: widths[k]! * out }, (_, i) => limit * (2 * draws.uniform(i) - 1));
    return { width: widths[k]!, out, weights: new Parameter(weights), bias: new Parameter(new Float32Array(out)) };
  });
  const activations = layers.map(({ out }) => new Float32Array(out));
  const errors = layers.map(({ out }) => new Float32Array(out));
  const input = new Float32Array(pixels);

  const forward = (images: Uint8Array, row: number) => {
    for (let k = 0; k < pixels; k++) input[k] = images[row * pixels + k]! / 255;
    let from = input;
    layers.forEach(({ width, out, weights, bias }, layer) => {
      const to = activations[layer]!;
      to.set(bias.value);
      for (let i = 0; i < width; i++) {
        const x = from[i]!;
        if (x !== 0) for (let j = 0; j < out; j++) to[j]! += x * weights.value[i * out + j]!;
      }
      if (layer < layers.length - 1) for (let j = 0; j < out; j++) to[j] = Math.max(0, to[j]!);
      from = to;
    });
    return from;
  };

  const backward = (label: number) => {
    const logits = activations.at(-1)!;
    const largest = Math.max(...logits);
    const exponentials = logits.map((z) => Math.exp(z - largest));
    const sum = exponentials.reduce((total, e) => total + e, 0);
    errors.at(-1)!.set(exponentials.map((e, j) => e / sum - (j === label ? 1 : 0)));
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      const { width, out, weights, bias } = layers[layer]!;
      const error = errors[layer]!;
      const from = layer > 0 ? activations[layer - 1]! : input;
      for (let j = 0; j < out; j++) bias.gradient[j]! += error[j]!;
      for (let i = 0; i < width; i++) {
        const x = from[i]!;
        if (layer > 0) errors[layer - 1]![i] = 0;
        if (x === 0) continue;
        let sent = 0;
        for (let j = 0; j < out; j++) {
          weights.gradient[i * out + j]! += x * error[j]!;
          sent += error[j]! * weights.value[i * out + j]!;
        }
        if (layer > 0) errors[layer - 1]![i] = sent;
      }
    }
  };

  const rows = train.labels.length;
  const batch = 64;
  const steps = Math.floor(rows / batch);
  for (let step = 0; step < epochs * steps; step++) {
    for (let k = 0; k < batch; k++) {
      // Rows are independent of each other, so their own order is as good as a random one.
      const row = ((step % steps) * batch + k) % rows;
      forward(train.images, row);
      backward(train.labels[row]!);
    }
    const rate = (learningRate / 2) * (1 + Math.cos((Math.PI * step) / (epochs * steps)));
    for (const { weights, bias } of layers)
      for (const parameter of [weights, bias]) parameter.adam(rate, batch, step + 1);
  }
  let right = 0;
  test.labels.forEach((label, row) => {
    const logits = forward(test.images, row);
    if (logits.indexOf(Math.max(...logits)) === label) right += 1;
  });
  return right / test.labels.length;
}

class Parameter {
  readonly gradient: Float32Array;
  private readonly mean: Float32Array;
  private readonly square: Float32Array;

  constructor(readonly value: Float32Array) {
    this.gradient = new Float32Array(value.length);
    this.mean = new Float32Array(value.length);
    this.square = new Float32Array(value.length);
  }

  /** One step of Adam (0.9, 0.999) by the mean of the gradients summed so far, which are then forgotten. */
  adam(rate: number, batch: number, step: number): void {
    const { value, gradient, mean, square } = this;
    const [first, second] = [1 - 0.9 ** step, 1 - 0.999 ** step];
    for (let k = 0; k < value.length; k++) {
      const g = gradient[k]! / batch;
      mean[k] = 0.9 * mean[k]! + 0.1 * g;
      square[k] = 0.999 * square[k]! + 0.001 * g * g;
      value[k]! -= (rate * (mean[k]! / first)) / (Math.sqrt(square[k]! / second) + 1e-7);
    }
    gradient.fill(0);
  }
}
