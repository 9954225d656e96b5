// What a chart says in words: ticks, the value under the pointer, and the whole for who does not see it.

import type { ChartData, ChartKind } from "./chartData";
import { bytesText, countText } from "./format";

const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const PLAIN = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** A number on an axis: bytes in their units, large counts short. */
export function tickText(value: number, name: string): string {
  if (/(^|[_ ])bytes$/i.test(name)) return bytesText(value);
  return Math.abs(value) >= 100_000 ? COMPACT.format(value) : numberText(value);
}

export function numberText(value: number): string {
  return Number.isInteger(value) ? countText(value) : PLAIN.format(value);
}

/** A time in seconds since 1970 as date, or as date and time where it is not midnight. */
export function momentText(seconds: number, zone: string): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const options = { timeZone: zone, hourCycle: "h23" } as const;
  const day = new Intl.DateTimeFormat("sv-SE", { ...options, year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
  const time = new Intl.DateTimeFormat("sv-SE", { ...options, timeStyle: "medium" }).format(date);
  return time === "00:00:00" ? day : `${day} ${time}`;
}

/** A place of the axis below, in words. */
export function placeText(data: ChartData, at: number, time: string | null): string {
  if (data.labels) return data.labels[at] ?? "";
  const value = data.x[at] ?? Number.NaN;
  const one = (number: number): string => (time === null ? numberText(number) : momentText(number, time));
  return data.step ? `${one(value - data.step / 2)} to ${one(value + data.step / 2)}` : one(value);
}

/** The chart in one sentence. */
export function summaryText(kind: ChartKind, data: ChartData, x: string, time: string | null): string {
  const count = data.x.length;
  if (!count) return `${kind} of ${data.what} by ${x}: nothing to draw`;
  const least = data.y.reduce((at, value, place) => (value < (data.y[at] ?? 0) ? place : at), 0);
  const most = data.y.reduce((at, value, place) => (value > (data.y[at] ?? 0) ? place : at), 0);
  const words = { bar: "bar", histogram: "bin", line: "point", scatter: "point" } as const;
  const end = (at: number): string => `${numberText(data.y[at] ?? 0)} at ${placeText(data, at, time)}`;
  return (
    `${kind} of ${data.what} by ${x}: ${countText(count, words[kind])}, ` +
    `from ${placeText(data, 0, time)} to ${placeText(data, count - 1, time)}; least ${end(least)}, most ${end(most)}`
  );
}
