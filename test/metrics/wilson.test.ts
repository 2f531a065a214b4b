import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.js';
import { wilsonInterval } from '../../src/metrics/index.js';

describe('wilsonInterval', () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998, table I, method 3
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i as published', (correct, rows, low, high) => {
    const interval = wilsonInterval(correct, rows);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it('is symmetric and stays within 0 and 1', () => {
    for (const rows of [1, 20, 300, 10000]) {
      expect(wilsonInterval(rows, rows)[1]).toBe(1);
      expect(wilsonInterval(0, rows)[0]).toBe(0);
    }
    expect(wilsonInterval(20, 20)[0]).toBeCloseTo(1 - wilsonInterval(0, 20)[1], 12);
  });

  it.each([
    [1, 0],
    [-1, 3],
    [4, 3],
    [0.5, 3],
    [0, Number.NaN],
  ])('refuses %s of %s', (correct, rows) => {
    expect(() => wilsonInterval(correct, rows)).toThrow(ArgumentError);
  });
});
