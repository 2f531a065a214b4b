/** What a program costs on paper: the two sides of the roofline (Williams, Waterman, Patterson, Roofline, 2009). */
import { operation } from './ops.js';
import { type Plan, sizesOf } from './plan.js';

/** Work and traffic of a step of as many rows as the plan is for, without what runs only after the parameters changed. */
export interface Cost {
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes of all operands, each counted once per operation that reads it and once per operation that writes it. */
  readonly bytes: number;
}

/** The cost of a step. Caches make the traffic to memory less than `bytes`, never the reads and writes themselves. */
export function costOf({ instructions, prologue, rows }: Plan): Cost {
  let [flops, bytes] = [0, 0];
  for (const instruction of instructions.slice(prologue)) {
    const sizes = sizesOf(instruction, rows);
    const row = operation(instruction.op);
    flops += row.flops(sizes);
    row.operands.forEach(({ access, double, elements }, j) => {
      if (!instruction.operands[j]) return;
      bytes += elements(sizes) * (double ? 8 : 4) * (access === 'update' ? 2 : 1);
    });
  }
  return { flops, bytes };
}
