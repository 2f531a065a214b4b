/** How figures are written, in the report and by the command: in English, the same on every machine. */

/** 34,186 */
export function grouped(n: number): string {
  return n.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** `1 row`, `34,186 rows`. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(n)} ${n === 1 ? noun : plural}`;
}

/** 0.9944 as `99.44%`. Rounding never makes a share that is not all into `100%`, nor one that is something into `0%`. */
export function percent(share: number, decimals = 1): string {
  if (!Number.isFinite(share)) return '–';
  const least = Number(`1e-${decimals}`);
  const rounded = Number((100 * share).toFixed(decimals));
  if (share < 1 && rounded === 100) return `${(100 - least).toFixed(decimals)}%`;
  if (share > 0 && rounded === 0) return `${least.toFixed(decimals)}%`;
  return `${(100 * share).toFixed(decimals)}%`;
}

/** Four significant digits: 0.02234, 1.348, 1.2e-7. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

/** Seconds as a person says them: `0.6 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** 284100 as `284k`, for speeds. */
export function thousands(n: number): string {
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)}M`;
  return n >= 1e4 ? `${Math.round(n / 1e3)}k` : grouped(n);
}

/** A number at an axis, where there is little room: 0.25, 4000, `500k`, `-1.5M`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e9) return size < 1e6 ? `${figure(value / 1e3)}k` : `${figure(value / 1e6)}M`;
  return figure(value);
}
