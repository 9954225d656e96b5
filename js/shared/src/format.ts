// Numbers in words, spelled as `fusionflow_lab/results/words.py` spells them.

import type { Counters, Job, Status } from "./model";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;
const COUNT = new Intl.NumberFormat("en-US");

export function bytesText(count: number): string {
  let value = count;
  let unit = 0;
  while (Math.round(value * 10) / 10 >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${value.toFixed(0)} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** A count with separators, and its word in the right number. */
export function countText(count: number, word = ""): string {
  const text = COUNT.format(count);
  if (!word) return text;
  return count === 1 ? `${text} ${word}` : `${text} ${word}s`;
}

export function secondsText(seconds: number): string {
  if (seconds < 1) return `${Math.max(seconds, 0).toFixed(2)} s`;
  if (Math.round(seconds * 10) / 10 < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** How long ago, in the largest unit that fits; both in seconds. */
export function agoText(time: number, now: number): string {
  const seconds = Math.max(0, now - time);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${countText(Math.floor(seconds / 86_400), "day")} ago`;
}

export function rowsLaw(counters: Counters): string {
  const { rows_read, rows_used, rows_filtered, rows_rejected } = counters;
  return (
    `read ${countText(rows_read)} = used ${countText(rows_used)}` +
    ` + filtered ${countText(rows_filtered)} + rejected ${countText(rows_rejected)}`
  );
}

export interface StatusLook {
  icon: string;
  word: string;
  role: "busy" | "good" | "bad" | "warn";
}

/** Icon, word and colour role of a status; never colour alone. */
export function statusLook(status: Status): StatusLook {
  switch (status) {
    case "CREATED":
    case "QUEUED":
      return { icon: "○", word: status.toLowerCase(), role: "busy" };
    case "IN_PROGRESS":
      return { icon: "▶", word: "in progress", role: "busy" };
    case "COMPLETED":
      return { icon: "✓", word: "completed", role: "good" };
    case "FAILED":
      return { icon: "✗", word: "failed", role: "bad" };
    case "STOPPING":
    case "STOPPED":
      return { icon: "■", word: status.toLowerCase(), role: "warn" };
  }
}

export function hasEnded(status: Status): boolean {
  return status === "COMPLETED" || status === "FAILED" || status === "STOPPED";
}

/** Done part of a job from 0 to 1; 1 only where it is completed. */
export function fractionOf(job: Pick<Job, "status" | "bytes_done" | "bytes_total" | "chunks_done" | "chunks_total">): number {
  if (job.status === "COMPLETED") return 1;
  const [done, total] = job.bytes_total ? [job.bytes_done, job.bytes_total] : [job.chunks_done, job.chunks_total];
  return total ? Math.min(done / total, 0.999) : 0;
}

/** A job's name, or the first line of its text. */
export function titleOf(job: Pick<Job, "name" | "sql">): string {
  return job.name || (job.sql.trim().split("\n")[0] ?? "");
}
