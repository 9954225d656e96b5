// Dates and times in words, from the whole numbers that Arrow holds: no digit is lost, no year is too far.

const DIGITS = [0, 3, 6, 9] as const;
const DAY_SECONDS = 86_400n;
const DATE_INFINITY = 2_147_483_647;
const TIME_INFINITY = 9_223_372_036_854_775_807n;

const two = (value: number | bigint): string => String(value).padStart(2, "0");

/** A date from its days since 1970. */
export function dateText(days: number): string {
  if (Math.abs(days) === DATE_INFINITY) return days < 0 ? "-infinity" : "infinity";
  const { year, month, day } = civil(days);
  const text = `${String(year > 0 ? year : 1 - year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return year > 0 ? text : `${text} (BC)`;
}

/** Year, month and day of a day since 1970 in the Gregorian calendar, for any year. */
function civil(days: number): { year: number; month: number; day: number } {
  // Counted in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * dayOfYear + 2) / 153);
  const month = part < 10 ? part + 3 : part - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * part + 2) / 5) + 1 };
}

/** A time of day from its number of units (0 seconds, 1 milli, 2 micro, 3 nano). */
export function clockText(value: bigint, unit: number): string {
  const digits = DIGITS[unit] ?? 0;
  const scale = 10n ** BigInt(digits);
  const seconds = value / scale;
  const fraction = digits ? String(value % scale).padStart(digits, "0").replace(/0+$/, "") : "";
  const text = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction ? `${text}.${fraction}` : text;
}

/** A timestamp from its number of units since 1970; in its zone, with the offset, where it has one. */
export function timestampText(value: bigint, unit: number, zone: string | null): string {
  if (value === TIME_INFINITY || value === -TIME_INFINITY) return value < 0n ? "-infinity" : "infinity";
  const scale = 10n ** BigInt(DIGITS[unit] ?? 0);
  const offset = zone ? zoneOffset(Number(value / scale), zone) : 0;
  const day = DAY_SECONDS * scale;
  const local = value + BigInt(offset) * scale;
  const clock = ((local % day) + day) % day;
  const text = `${dateText(Number((local - clock) / day))} ${clockText(clock, unit)}`;
  return zone ? text + offsetText(offset) : text;
}

function offsetText(offset: number): string {
  const size = Math.abs(offset);
  const text = `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}`;
  return size % 60 ? `${text}:${two(size % 60)}` : text;
}

/** Seconds that a zone is ahead of UTC at a time; 0 for a zone that the browser does not know. */
function zoneOffset(seconds: number, zone: string): number {
  if (/^(Etc\/)?(UTC|GMT)$/.test(zone)) return 0;
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60);
  try {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(seconds * 1000);
    const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    const found = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name);
    if (!found) return 0;
    const size = Number(found[2]) * 3600 + Number(found[3]) * 60 + Number(found[4] ?? 0);
    return found[1] === "-" ? -size : size;
  } catch {
    return 0; // RangeError: no such zone, or a time beyond what the browser counts
  }
}

/** An interval of months, days and nanoseconds, as DuckDB writes it. */
export function intervalText(values: Uint8Array, index: number): string {
  const view = new DataView(values.buffer, values.byteOffset + index * 16, 16);
  const months = view.getInt32(0, true);
  const counted = (count: number, word: string): string[] => (count ? [`${count} ${word}${Math.abs(count) === 1 ? "" : "s"}`] : []);
  const parts = [
    ...counted(Math.trunc(months / 12), "year"),
    ...counted(months % 12, "month"),
    ...counted(view.getInt32(4, true), "day"),
  ];
  const nanos = view.getBigInt64(8, true);
  if (nanos || !parts.length) parts.push(nanos < 0n ? `-${clockText(-nanos, 3)}` : clockText(nanos, 3));
  return parts.join(" ");
}
