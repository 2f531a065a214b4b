import type { Core } from './core.js';
import type { PlateauState } from './rate.js';

/** All that steps and epochs change in a model, at one of them. */
export interface Snapshot {
  readonly slabs: ReadonlyMap<'parameters' | 'state0' | 'state1', Float32Array>;
  readonly updates: number;
  readonly epochs: number;
  readonly powers: readonly number[];
  readonly plateau: PlateauState | undefined;
}

/**
 * Takes a snapshot, into the arrays of `kept` where there is one. They stand outside of the arena, whose limit is for models
 * and data.
 */
export function takeSnapshot(core: Core, kept?: Snapshot): Snapshot {
  const slabs = new Map(
    (['parameters', ...core.states] as const).map((name) => {
      const values = core.view(name);
      const copy = kept?.slabs.get(name) ?? new Float32Array(values.length);
      copy.set(values);
      return [name, copy] as const;
    }),
  );
  const { updates, epochs, powers, rate } = core;
  return { slabs, updates, epochs, powers: [...powers], plateau: rate.plateau };
}

/** Goes back to a snapshot. */
export function rollBack(core: Core, { slabs, updates, epochs, powers, plateau }: Snapshot): void {
  for (const [name, values] of slabs) core.view(name).set(values);
  core.updates = updates;
  core.epochs = epochs;
  core.powers = [...powers];
  core.rate.plateau = plateau;
  core.version++;
}
