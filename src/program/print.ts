import { formatBytes } from '../runtime/runtime.js';
import { operation, operationName } from './ops.js';
import { type Plan, sizesOf } from './plan.js';
import { shapeText } from './tensor.js';

/** 25.9 MFLOP and the like. */
export function formatFlops(flops: number): string {
  const units = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'];
  let value = flops;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Columns of text, padded; the last is left ragged. `right` names columns that are right-aligned. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, j) => {
      widths[j] = Math.max(widths[j] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, j) => (right.includes(j) ? cell.padStart(widths[j] ?? 0) : cell.padEnd(widths[j] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * The readable listing of a program: number, layer, operation, what it reads and writes with shapes, its work, and, after
 * a profile, time, GFLOP/s and share of the step.
 */
export function listing(name: string, planned: Plan, seconds?: readonly number[]): string {
  const total = seconds?.reduce((sum, s) => sum + s, 0) ?? 0;
  let flops = 0;
  const rows = planned.instructions.map((instruction, i) => {
    const row = operation(instruction.op);
    const work = row.flops(sizesOf(instruction, planned.rows));
    flops += work;
    const side = (wanted: (access: string) => boolean) =>
      row.operands
        .flatMap((operand, j) => {
          const tensor = instruction.operands[j];
          return tensor && wanted(operand.access) ? [`${tensor.name} ${shapeText(tensor)}`] : [];
        })
        .join(', ');
    const inputs = side((access) => access !== 'write');
    const outputs = side((access) => access !== 'read');
    const cells = [
      String(i),
      instruction.layer,
      operationName(instruction.op) as string,
      work ? formatFlops(work) : '',
    ];
    const time = seconds?.[i];
    if (time !== undefined) {
      cells.push(`${(time * 1e6).toFixed(1)} µs`, `${((100 * time) / total).toFixed(1)} %`);
      cells.push(work && time > 0 ? `${(work / time / 1e9).toFixed(1)} GFLOP/s` : '');
    }
    cells.push(`${inputs}${outputs ? ` → ${outputs}` : ''}${i < planned.prologue ? '  (once)' : ''}`);
    return cells;
  });
  const head = ['#', 'layer', 'operation', 'work'];
  if (seconds) head.push('time', 'share', 'speed');
  head.push('reads → writes');
  const time = seconds ? ` · ${(total * 1e6).toFixed(0)} µs · ${(flops / total / 1e9).toFixed(1)} GFLOP/s` : '';
  const title =
    `${name} program · up to ${planned.rows} rows · ${planned.instructions.length} records · ` +
    `${formatFlops(flops)} · ${formatBytes(planned.bytes)}${time}`;
  return `${title}\n${columns([head, ...rows], seconds ? [0, 3, 4, 5, 6] : [0, 3])}`;
}
