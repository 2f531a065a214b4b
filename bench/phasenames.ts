/** Phases of a training by the command, in order; each lasts from the end of the one before to its own. */
export const PHASES = [
  'Node',
  'import',
  'reading, unpacking',
  'splitting, building',
  'training',
  'judging, report',
  'saving',
] as const;

/** One of them. */
export type Phase = (typeof PHASES)[number];
