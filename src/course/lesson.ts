/** What a lesson of the course is: a claim about training deep networks, and a run that shows it. */
import { reproducibly } from '../runtime/choice.js';

/** One figure of a run, and the bounds that the claim sets to it. */
export interface Check {
  /** What the figure is, so that a reader understands the bound: `gradient of layer 1 / of layer 10, sigmoid`. */
  readonly says: string;
  readonly value: number;
  /** The claim does not hold below this. */
  readonly least?: number;
  /** The claim does not hold above this. */
  readonly most?: number;
}

/** What a run of a lesson leaves behind. */
export interface Outcome {
  readonly checks: readonly Check[];
  /** An SVG file. */
  readonly picture: string;
}

/** A lesson, with its run as one function of the seed. */
export interface Lesson {
  /** What `lanegrad course NAME` calls it, and the name of its file. */
  readonly name: string;
  /** The claim, in one sentence. */
  readonly title: string;
  /** The formulas, as plain text, one per line. */
  readonly formula: string;
  /** What is done and what to see in the picture, with the source, in a few sentences. */
  readonly about: string;
  /** The same seed gives the same figures and the same picture, on every engine and machine. */
  run(seed: number): Promise<Outcome>;
}

/** What `lesson` is given: the run in its three parts. */
export interface LessonParts<R> extends Omit<Lesson, 'run'> {
  /** Trains and measures. Its source is what readers are shown, see `code.generated.ts`. */
  experiment(seed: number): R | Promise<R>;
  /** The figures that the claim is about; their bounds come from `npm run course -- --measure 10`. */
  checks(result: R): readonly Check[];
  /** The picture of the same run. */
  picture(result: R): string;
}

/** A lesson out of its parts. */
export function lesson<R>({ experiment, checks, picture, ...rest }: LessonParts<R>): Lesson {
  return {
    ...rest,
    async run(seed) {
      const result = await reproducibly(() => experiment(seed));
      return { checks: checks(result), picture: picture(result) };
    },
  };
}

/** Whether a figure is within its bounds. NaN is within none. */
export function holds({ value, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Check): boolean {
  return value >= least && value <= most;
}
