export function withSection(bytes: Uint8Array, name: string, text: string): Buffer;
export function unshared(bytes: Uint8Array): Buffer;
export function patch(from: Buffer, to: Buffer): Buffer;
/** Bytes as text, and how many there are. */
export interface Part {
  readonly bytes: number;
  readonly text: string;
}
export function packed(...parts: Uint8Array[]): { readonly frequent: string; readonly parts: readonly Part[] };
