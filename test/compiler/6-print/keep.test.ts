import { describe, expect, it } from 'vitest';
import { filled, keepInline, keepLines, runsOf } from '../../../src/compiler/6-print/keep.js';

describe('keep lists', () => {
  it('are runs; two neighbours stay two numbers', () => {
    expect(keepInline(runsOf([]))).toBe('[]');
    expect(keepInline(runsOf([5]))).toBe('[5]');
    expect(keepInline(runsOf([0, 1, 2, 3]))).toBe('[0..3]');
    expect(keepInline(runsOf([98, 99, 100, 101, 104, 106, 107]))).toBe('[98..101, 104, 106, 107]');
  });

  it('fill lines up to 100 columns and no further', () => {
    const lines = filled(Array.from({ length: 200 }, (_, k) => String(1000 + k)));
    for (const [k, line] of lines.entries()) {
      expect(line.length).toBeLessThanOrEqual(100);
      expect(line.startsWith('  1')).toBe(true);
      if (k < lines.length - 1) expect(line.length + 1 + '1000,'.length).toBeGreaterThan(100);
    }
    expect(lines.join(' ').split(',').map(Number)).toEqual(Array.from({ length: 200 }, (_, k) => 1000 + k));
  });

  it('say how many of how many', () => {
    expect(keepLines(runsOf([1, 2, 3, 7]), 4, 9)).toBe('[          # 4 of 9\n  1..3, 7\n]');
    expect(runsOf([3, 1, 2])).toEqual(['3', '1', '2']);
  });
});
