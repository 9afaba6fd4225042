/** Numbers as reports write them. */

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const [scaled, unit] = value < 1e6 ? [value / 1e3, 'kB'] : value < 1e9 ? [value / 1e6, 'MB'] : [value / 1e9, 'GB'];
  return `${scaled.toPrecision(3)} ${unit}`;
}

export function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** `(-84.5 %)`: by how much it became less or more; empty where nothing changed. */
export function share(before: number, after: number): string {
  if (before === 0 || before === after) return '';
  return `(${after < before ? '-' : '+'}${percent(Math.abs(after - before) / before)})`;
}

/** A difference near the end of what numbers hold: `4.1e-16`. */
export function short(value: number): string {
  return value === 0 ? '0' : value.toExponential(1).replace('e+', 'e');
}

/** A loss or a metric. */
export function measured(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'not finite';
  return value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e6) ? value.toExponential(3) : value.toFixed(4);
}

/** `2 min 41 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `a → b`, or the one that there is. */
export function arrow(before: string | undefined, after: string | undefined): string {
  if (before === after || before === undefined || after === undefined) return after ?? before ?? '';
  return `${before} → ${after}`;
}
