/** A size of a tensor or operation: a number, or `'rows'`, which follows the batch. */
export type Size = number | 'rows';

/**
 * Where a tensor lives. The slabs hold what outlasts a program; `transient` is planned per program and reused as soon as
 * nobody reads it any more.
 */
export type Space = 'parameters' | 'gradients' | 'state0' | 'state1' | 'constants' | 'transient';

/** How an element is stored. `i32` are class indices. */
export type ElementType = 'f32' | 'f64' | 'i32';

/** A matrix in the arena, row-major without gaps, as a program sees it: a name and a shape, no bytes. */
export interface Tensor {
  readonly name: string;
  readonly rows: Size;
  readonly columns: number;
  readonly type: ElementType;
  readonly space: Space;
  /** Bytes from the start of its slab; undefined for transient tensors, which the planner places. */
  readonly offset?: number;
  /** Set where this tensor is a piece of another transient one: that one, and the bytes before the piece. */
  readonly part?: { readonly of: Tensor; readonly offset: number };
}

/** A parameter: its value and its gradient at the same place of two equal slabs. */
export interface Parameter {
  readonly value: Tensor;
  readonly gradient: Tensor;
}

/** The number that `size` stands for in a batch of `rows`. */
export function resolve(size: Size, rows: number): number {
  return size === 'rows' ? rows : size;
}

/** Bytes of a tensor in a batch of `rows`. */
export function tensorBytes(tensor: Tensor, rows: number): number {
  return resolve(tensor.rows, rows) * tensor.columns * (tensor.type === 'f64' ? 8 : 4);
}

/** `[rows, 784]`, for listings and messages. */
export function shapeText(tensor: Tensor): string {
  return `[${tensor.rows}, ${tensor.columns}]`;
}
