/** The sizes of a record, resolved for a batch. */
export interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly kind: number;
  /** Flag.DenseTargets: targets are rows of n values, not one class index each. */
  readonly dense: boolean;
}

/** What a record does with one of its operands A … G. */
export interface Operand {
  readonly name: string;
  readonly access: 'read' | 'write' | 'update';
  /** Elements it touches, from the operand's start. */
  readonly elements: (sizes: Sizes) => number;
  /** May be absent (pointer 0). */
  readonly optional?: true;
  /** Its elements are float64. */
  readonly double?: true;
}

/** What an operation does with its operands: what the planner needs to know. */
export interface Access {
  /** A, B, C … in order. */
  readonly operands: readonly Pick<Operand, 'access'>[];
  /** [written, read]: positions of operands that may share memory. */
  readonly inPlace?: readonly [number, number];
  /** What it does with the step block beside reading `rows`. */
  readonly step?: 'read' | 'write';
}

/** The same with all that the verifier knows of the operands. */
export interface Operands extends Access {
  readonly operands: readonly Operand[];
}

/** One row per operation: the facts that planner, verifier, listing and tests share. */
export interface Operation extends Operands {
  /** The formula, in one line. */
  readonly about: string;
  /** Floating-point operations. */
  readonly flops: (sizes: Sizes) => number;
}

/** An operand that is read. */
export const read = (name: string, elements: Operand['elements']): Operand => ({ name, access: 'read', elements });
/** An operand that is written. */
export const write = (name: string, elements: Operand['elements']): Operand => ({ name, access: 'write', elements });
/** An operand that is read and written. */
export const update = (name: string, elements: Operand['elements']): Operand => ({ name, access: 'update', elements });
/** The same, where it may be absent. */
export const optional = (operand: Operand): Operand => ({ ...operand, optional: true });

/** The same, of float64. */
export const double = (operand: Operand): Operand => ({ ...operand, double: true });

/** Elements: m rows of n. */
export const mn = ({ m, n }: Sizes) => m * n;
/** One for each row. */
export const justM = ({ m }: Sizes) => m;
/** Targets: rows of values, or one class each. */
export const targets = ({ m, n, dense }: Sizes) => (dense ? m * n : m);
/** One for each column. */
export const justN = ({ n }: Sizes) => n;
/** Two for each column. */
export const twoN = ({ n }: Sizes) => 2 * n;
