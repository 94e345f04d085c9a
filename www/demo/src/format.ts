/** Numbers, times and sizes as people read them. */

/** `1 photo`, `2 photos`, `10,000 photos`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

/** `980 bytes`, `12 kB`, `4.2 MB`. */
export function bytes(n: number): string {
  if (n < 1000) return count(n, "byte");
  if (n < 1e6) return `${Math.round(n / 1e3)} kB`;
  if (n < 1e9) return `${(n / 1e6).toFixed(1)} MB`;
  return `${(n / 1e9).toFixed(2)} GB`;
}

/** `a few seconds`, `40 seconds`, `3 minutes`, `2 hours`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 5) return "a few seconds";
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} seconds`;
  if (seconds < 55 * 60) return count(Math.round(seconds / 60) || 1, "minute");
  return count(Math.round(seconds / 3600) || 1, "hour");
}

/** The day and time, in the reader's own manner. */
export function date(when: Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(
    when,
  );
}

/** A share in whole per cent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** A name that fits in a sentence. */
export function short(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
