export function withSection(bytes: Uint8Array, name: string, text: string): Buffer;
export function unshared(bytes: Uint8Array): Buffer;
export function patch(from: Buffer, to: Buffer): Buffer;
export function deflated(bytes: Uint8Array): string;
