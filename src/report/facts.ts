/** A name and a value, both as text; in the head of the page, perhaps with a remark. */
export type Fact = readonly [name: string, value: string, remark?: string];
