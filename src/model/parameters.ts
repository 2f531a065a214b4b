import { checkOneOf, refuse, words } from '../errors.js';
import type { ModelState } from './state.js';

/** Parameters as `parameters()` gives them, by name; the shape may be left out. @inline */
export interface GivenParameters {
  readonly [name: string]: {
    /** Values, row-major: as many as the shape says. */
    readonly data: ArrayLike<number>;
    /** The size of each axis, which must be that of the parameter. Default: that of the parameter. */
    readonly shape?: readonly number[];
  };
}

/** Sets some or all parameters, after all of them were checked. @throws ArgumentError, see Model.setParameters. */
export function writeParameters({ core, compiled }: ModelState, given: GivenParameters): void {
  const where = 'setParameters';
  const { parameters } = compiled.network;
  const known = parameters.map(({ fullName }) => fullName);
  if (typeof given !== 'object' || given === null) {
    refuse(where, 'arrays by name are needed, as `parameters()` gives them', given);
  }
  for (const [name, array] of Object.entries(given)) {
    checkOneOf(where, 'name', name, known);
    const parameter = parameters.find(({ fullName }) => fullName === name);
    if (!parameter) continue;
    const { data, shape = parameter.shape } = array ?? {};
    if (data === undefined) refuse(where, `${name} must be { data, shape }`, array);
    if (data.length !== parameter.count || String(shape) !== String(parameter.shape)) {
      const found = words(`shape [${shape}], ${data.length} values`);
      refuse(where, `${name} must have shape [${parameter.shape}], ${parameter.count} values`, found);
    }
    const bad = Array.from(data).findIndex(
      (value) => typeof value !== 'number' || !Number.isFinite(Math.fround(value)),
    );
    if (bad >= 0) refuse(where, `value ${bad} of ${name} must be a finite number`, data[bad]);
    const { least = Number.NEGATIVE_INFINITY } = parameter;
    const low = Array.from(data).findIndex((value) => value < least);
    if (low >= 0) refuse(where, `value ${low} of ${name} must be at least ${least}`, data[low]);
  }
  const values = core.view('parameters');
  for (const { fullName, offset } of parameters) {
    const array = given[fullName];
    if (array) values.set(array.data, offset / 4);
  }
  core.changed();
}
