/** The operations of augmentation, one record at a time. */
import { Op } from '../../assembly/abi.js';
import { exactly, type OperationCase } from '../oracle/operation.js';
import { PlacedRecord, RecordMemory } from './record.js';

const memory = new RecordMemory('simd');

/** Runs one record; what it leaves in the operand `name` [count]. */
function result(op: Op, one: Omit<OperationCase, 'label' | 'outcome'>, name: string, count: number): Float32Array {
  const outcome = () => ({ operands: { [name]: exactly(new Float32Array(count)) } });
  const placed = new PlacedRecord(memory, op, { ...one, label: name, outcome }, outcome());
  placed.restore();
  placed.run();
  return new Float32Array((placed.results().get(name) as Uint8Array).buffer);
}

/** Random maps of m images in update `step` under a seed. */
export function mapsOf(record: OperationCase['record'], m: number, step: number, seed = 7): Float32Array {
  const words = { Number: step, SeedLow: seed, SeedHigh: 0 };
  return result(Op.RandomMap, { record: { ...record, m }, inputs: {}, step: { words } }, 'maps', 6 * m);
}

/** Images [m, height, width, channels] through their maps. */
export function warped(x: Float32Array, maps: Float32Array, width: number, channels = 1): Float32Array {
  const m = maps.length / 6;
  const record = { kind: channels, m, n: x.length / m, k: width };
  return result(Op.Warp, { record, inputs: { x, maps } }, 'y', x.length);
}
