// Jobs and a service of many of them for tests: answers as the real one does, and keeps what was asked.

import type { Job, JobEvent, Status } from "./model";
import type { Method, Reply, RequestOptions, Transport, Watch } from "./transport";
import { compare, fits, type SortKey } from "./components/boardModel";

export function jobOf(change: Partial<Job> = {}): Job {
  return {
    id: "ab12",
    name: "",
    sql: "SELECT 1",
    owner: "ada",
    status: "COMPLETED",
    desired: "run",
    cluster: "local",
    priority: 0,
    chunks_done: 0,
    chunks_total: 4,
    bytes_done: 0,
    bytes_total: 100,
    counters: {
      rows_read: 0,
      rows_used: 0,
      rows_filtered: 0,
      rows_rejected: 0,
      bytes_scanned: 0,
      bytes_reused: 0,
      bytes_verified: 0,
      bytes_unread: 0,
    },
    error: null,
    parameters: [],
    created: 0,
    started: null,
    finished: null,
    has_result: false,
    written_to: "",
    ...change,
  };
}

const STATUSES: readonly Status[] = ["COMPLETED", "FAILED", "IN_PROGRESS", "STOPPED", "QUEUED"];

/** So many jobs, the one of the highest number the newest. */
export function manyJobs(count: number): Job[] {
  return Array.from({ length: count }, (_, at) =>
    jobOf({
      id: at.toString(16).padStart(12, "0"),
      name: `job ${at}`,
      sql: `SELECT ${at}`,
      status: STATUSES[at % STATUSES.length] ?? "QUEUED",
      created: 1000 + at,
      started: 1000 + at,
      finished: 1001 + 2 * at,
    }),
  );
}

/** A service of jobs in memory: lists with cursors, counts, stops and deletes. */
export class FakeService implements Transport {
  readonly asked: string[] = [];
  readonly watches: Watch[] = [];
  /** More replies by path: JSON, or text. */
  readonly replies: Record<string, unknown> = {};

  constructor(public jobs: Job[]) {}

  send(method: Method, path: string, options: RequestOptions = {}): Promise<Reply> {
    this.asked.push(`${method} ${path}`);
    const found = path in this.replies ? this.replies[path] : this.#answer(method, path, options);
    const text = typeof found === "string";
    const body = text ? found : JSON.stringify(found ?? { message: "there is no such job" });
    return Promise.resolve({
      status: found === undefined ? 404 : 200,
      type: text ? "text/plain" : "application/json",
      headers: {},
      body: new TextEncoder().encode(body),
    });
  }

  watch(watch: Watch): () => void {
    this.watches.push(watch);
    return () => this.watches.splice(this.watches.indexOf(watch), 1);
  }

  /** Send an event to all who watch. */
  tell(event: JobEvent, cursor = 1): void {
    for (const watch of this.watches) watch.onFrame({ cursor, event });
  }

  #answer(method: Method, path: string, { query = {}, body }: RequestOptions): unknown {
    if (path === "jobs" && method === "DELETE") {
      const ids = query.id as string[];
      this.jobs = this.jobs.filter((job) => !ids.includes(job.id));
      return { deleted: ids };
    }
    const wanted = {
      statuses: (query.status as Status[] | undefined) ?? [],
      text: (query.q as string | undefined) ?? "",
      ...sortOf(String(query.sort ?? "-created")),
    };
    if (path === "jobs") {
      const all = this.jobs.filter((job) => fits(job, wanted)).sort((a, b) => compare(a, b, wanted));
      const first = Number(query.cursor ?? 0);
      const end = first + Number(query.limit ?? 100);
      return { jobs: all.slice(first, end), next_cursor: end < all.length ? String(end) : null, cursor: 1 };
    }
    if (path === "jobs/count") {
      const counts: Record<string, number> = {};
      for (const job of this.jobs) if (fits(job, wanted)) counts[job.status] = (counts[job.status] ?? 0) + 1;
      return { counts, total: this.jobs.length };
    }
    const job = this.jobs.find(({ id }) => path === `jobs/${id}`);
    if (job && method === "PATCH") job.status = (body as { status: Status }).status;
    return job;
  }
}

function sortOf(text: string): { sort: SortKey; up: boolean } {
  return { sort: text.replace("-", "") as SortKey, up: !text.startsWith("-") };
}
