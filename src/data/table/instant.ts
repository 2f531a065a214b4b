/** Dates as texts, as tables hold them: what `dateParts` reads. */

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** A day of the Gregorian calendar from days since 1970-01-01: `2024-03-31` (Hinnant, `civil_from_days`). */
export function dayText(days: number): string {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** An instant from milliseconds since 1970-01-01 UTC: `2024-03-31T10:15:30`, with a fraction where it has one. */
export function instantText(milliseconds: number): string {
  const days = Math.floor(milliseconds / 86400000);
  const rest = milliseconds - days * 86400000;
  const [hour, minute, second] = [
    Math.floor(rest / 3600000),
    Math.floor(rest / 60000) % 60,
    Math.floor(rest / 1000) % 60,
  ];
  const fraction = Math.floor(rest % 1000);
  return `${dayText(days)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${fraction > 0 ? `.${pad(fraction, 3)}` : ''}`;
}
