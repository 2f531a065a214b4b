/** Images or rows of uint8 features with one class index each: what image data sets are read and generated as. */
export interface Labelled {
  /** The inputs of all rows. */
  readonly x: {
    /** All rows one after another, row-major; values from 0 to 255. */
    readonly data: Uint8Array;
    /** `[rows, …shape of one row]` */
    readonly shape: readonly number[];
  };
  /** Class index of each row, from 0. */
  readonly y: Uint8Array;
}
