import type { DateOrder, DatePart } from './features.js';

const FORM =
  /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Days from 1970-01-01 to a day of the Gregorian calendar (Hinnant, chrono-Compatible Low-Level Date Algorithms,
 * `days_from_civil`).
 */
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

const MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The parts of a date. */
export type DateParts = Readonly<Record<DatePart, number>>;

/**
 * The parts of a date as it is written, whatever its time zone; undefined where the text is none. Forms are
 * `2024-03-31`, `2024/03/31`, `31.3.2024` and `31/3/2024` or `3/31/2024` (the order says which), each with an optional time
 * `T10:15`, ` 10:15:30.5`, and zone. `day` counts from 1970-01-01, with the time as its fraction; weekday 0 is Monday.
 */
export function dateParts(text: string, order: DateOrder): DateParts | undefined {
  const found = FORM.exec(text);
  if (!found) return undefined;
  const [a, b, c, hour, minute, second] = [1, 3, 4, 5, 6, 7].map((i) => Number(found[i] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const yearFirst = (found[1] as string).length === 4;
  if (yearFirst !== (order === 'ymd') || (found[yearFirst ? 4 : 1] as string).length > 2) return undefined;
  if (!yearFirst && (found[4] as string).length !== 4) return undefined;
  const [year, month, day] = order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
  if (!(day >= 1 && day <= (MONTHS[month - 1] ?? 0) && hour < 24 && minute < 60 && second < 61)) return undefined;
  const days = dayNumber(year, month, day);
  // 29 February of a year that has none is the first of March
  if (month === 2 && day === 29 && dayNumber(year, 3, 1) === days) return undefined;
  const weekday = (((days + 3) % 7) + 7) % 7; // 1970-01-01 was a Thursday
  return { year, month, weekday, hour, day: days + (hour * 3600 + minute * 60 + second) / 86400 };
}
