/** JSON that keeps every number: figures of a history may be NaN, infinite or −0, for which JSON has no words. */

/** The text of a value; such numbers become `{ "number": "NaN" }`. */
export function exactText(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'number' || (Number.isFinite(part) && !Object.is(part, -0))) return part;
    return { number: Object.is(part, -0) ? '-0' : String(part) };
  });
}

/** Reads such a text. @throws SyntaxError for a text that is no JSON. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || !('number' in part)) return part;
    return typeof part.number === 'string' ? Number(part.number) : part;
  });
}
