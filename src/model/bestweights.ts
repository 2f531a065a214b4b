import type { Region } from '../runtime/arena.js';
import type { Core } from './core.js';
import type { OtherWeights } from './stopping.js';

/** The weights of the best epoch so far, running statistics too, in the arena beside those that are trained. */
export class BestWeights {
  readonly #core: Core;
  readonly #region: Region;
  #kept = false;

  /** Finds a place for them. @throws MemoryLimitError */
  constructor(core: Core) {
    this.#core = core;
    this.#region = core.runtime.reserve(core.view('parameters').byteLength, 'best weights');
  }

  #view(): Float32Array {
    return this.#core.runtime.floats(this.#region.offset, this.#core.view('parameters').length);
  }

  /** A view of them, where there are any. */
  get weights(): OtherWeights | undefined {
    return this.#kept ? { which: 'best', values: this.#view() } : undefined;
  }

  /** Keeps the weights that the model stands at. */
  keep(): void {
    this.#view().set(this.#core.view('parameters'));
    this.#kept = true;
  }

  /** Takes over what a fit has left: the model then stands at its last step. */
  goOn({ which, values }: OtherWeights): void {
    if (which === 'last') {
      this.keep();
      this.#core.view('parameters').set(values);
      this.#core.version++;
    } else {
      this.#view().set(values);
      this.#kept = true;
    }
  }

  /** Puts them back. Returns the weights of the last step in their place. */
  restore(): OtherWeights | undefined {
    if (!this.#kept) return undefined;
    const parameters = this.#core.view('parameters');
    const values = parameters.slice();
    parameters.set(this.#view());
    this.#core.version++;
    return { which: 'last', values };
  }

  /** Is not to put anything back. */
  forget(): void {
    this.#kept = false;
  }

  release(): void {
    this.#core.runtime.release(this.#region);
  }
}
