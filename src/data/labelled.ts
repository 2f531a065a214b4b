/** Images or rows of uint8 features with one class index each: what image data sets are read and generated as. */
export interface Labelled {
  /** all rows one after another; `shape` is [rows, …shape of one row], row-major */
  readonly x: { readonly data: Uint8Array; readonly shape: readonly number[] };
  /** class index of each row, from 0 */
  readonly y: Uint8Array;
}
