// Which jobs a board shows and in what order: pure functions of what is known of them.

import { hasEnded } from "../format";
import type { Job, Status } from "../model";

export type SortKey = "created" | "name" | "status" | "duration" | "bytes_total" | "rows_read";

export interface BoardQuery {
  /** Of these statuses; all where there are none. */
  statuses: readonly Status[];
  /** In the name, the id or the SQL. */
  text: string;
  sort: SortKey;
  up: boolean;
}

export const NEWEST: BoardQuery = { statuses: [], text: "", sort: "created", up: false };

/** What the filter offers: statuses that a reader takes for one. */
export const GROUPS: readonly { word: string; statuses: readonly Status[] }[] = [
  { word: "queued", statuses: ["CREATED", "QUEUED"] },
  { word: "in progress", statuses: ["IN_PROGRESS", "STOPPING"] },
  { word: "completed", statuses: ["COMPLETED"] },
  { word: "failed", statuses: ["FAILED"] },
  { word: "stopped", statuses: ["STOPPED"] },
];

export const SORTS: readonly { key: SortKey; up: boolean; word: string }[] = [
  { key: "created", up: false, word: "newest first" },
  { key: "created", up: true, word: "oldest first" },
  { key: "name", up: true, word: "by name" },
  { key: "status", up: true, word: "by status" },
  { key: "duration", up: false, word: "longest first" },
  { key: "bytes_total", up: false, word: "most bytes first" },
  { key: "rows_read", up: false, word: "most rows first" },
];

/** The words of `sort` that the service takes. */
export function sortText(query: Pick<BoardQuery, "sort" | "up">): string {
  return query.up ? query.sort : `-${query.sort}`;
}

/** A job that is at work sorts as the longest, the one that began first before others. */
const AT_WORK = 1e10;

export function sortValue(job: Job, key: SortKey): number | string {
  if (key === "duration") {
    if (job.started === null) return 0;
    return job.finished === null ? AT_WORK - job.started : job.finished - job.started;
  }
  return key === "rows_read" ? job.counters.rows_read : job[key];
}

/** The order of the service: by value, then by id, both ways alike. */
export function compare(one: Job, other: Job, query: Pick<BoardQuery, "sort" | "up">): number {
  const a = sortValue(one, query.sort);
  const b = sortValue(other, query.sort);
  const order = a < b ? -1 : a > b ? 1 : one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
  return query.up ? order : -order;
}

export function fits(job: Job, query: BoardQuery): boolean {
  return fitsStatus(job, query) && fitsText(job, query.text);
}

function fitsStatus(job: Job, { statuses }: BoardQuery): boolean {
  return !statuses.length || statuses.includes(job.status);
}

function fitsText(job: Job, text: string): boolean {
  const sought = text.toLowerCase();
  if (!sought) return true;
  return (
    job.name.toLowerCase().includes(sought) ||
    job.id.toLowerCase().startsWith(sought) ||
    job.sql.toLowerCase().includes(sought)
  );
}

/** The pages of one query so far. Jobs beyond `last` are not known yet, unless nothing is left to fetch. */
export interface Pages {
  query: BoardQuery;
  fetched: ReadonlySet<string>;
  last: Job | null;
  next: string | null;
}

/**
 * The jobs of a board in order: those that were fetched, and those that events brought since. One that
 * belongs beyond the last page waits for its page, so that no place is told that is not known.
 */
export function ordered(jobs: Iterable<Job>, pages: Pages): Job[] {
  const { query, fetched, last, next } = pages;
  const shown: Job[] = [];
  for (const job of jobs) {
    if (!fitsStatus(job, query)) continue;
    if (!fetched.has(job.id)) {
      if (!fitsText(job, query.text)) continue;
      if (next !== null && last !== null && compare(job, last, query) > 0) continue;
    }
    shown.push(job);
  }
  return shown.sort((one, other) => compare(one, other, query));
}

/** The ids from one row to another, whichever comes first. */
export function span(jobs: readonly Job[], from: string, to: string): string[] {
  const a = jobs.findIndex((job) => job.id === from);
  const b = jobs.findIndex((job) => job.id === to);
  if (a < 0 || b < 0) return [to];
  return jobs.slice(Math.min(a, b), Math.max(a, b) + 1).map((job) => job.id);
}

/** What of a selection can be stopped, what deleted. */
export function divided(jobs: readonly Job[]): { live: Job[]; ended: Job[] } {
  return { live: jobs.filter((job) => !hasEnded(job.status)), ended: jobs.filter((job) => hasEnded(job.status)) };
}

/** Seconds that a job took, or has taken until `now`; null before it began. */
export function durationOf(job: Job, now: number): number | null {
  if (job.started === null) return null;
  return Math.max(0, (job.finished ?? (hasEnded(job.status) ? job.started : now)) - job.started);
}
