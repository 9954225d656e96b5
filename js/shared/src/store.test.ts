import assert from "node:assert/strict";
import { test } from "node:test";

import type { JobEvent } from "./model";
import { after, JobStore, viewOf } from "./store";
import { jobOf } from "./testingJobs";
import type { Method, Reply, RequestOptions, Transport, Watch } from "./transport";

const JOB = jobOf({ status: "QUEUED" });

function progress(bytes_done: number, seq = 2): JobEvent {
  const { counters } = JOB;
  const rest = { chunks_done: 0, chunks_total: 4, bytes_total: 100, bytes_per_second: 0, eta: null, workers: 2 };
  return { type: "progress", job: "ab12", seq, time: 0, bytes_done, counters, ...rest };
}

/** Answers from a table, and keeps what was asked. */
class TableTransport implements Transport {
  asked: string[] = [];
  watches: Watch[] = [];

  constructor(readonly replies: Record<string, unknown>) {}

  send(method: Method, path: string, options?: RequestOptions): Promise<Reply> {
    this.asked.push(`${method} ${path}${options?.body ? ` ${JSON.stringify(options.body)}` : ""}`);
    const found = this.replies[path];
    const body = new TextEncoder().encode(JSON.stringify(found ?? { message: "there is no such job" }));
    return Promise.resolve({ status: found ? 200 : 404, type: "application/json", headers: {}, body });
  }

  watch(watch: Watch): () => void {
    this.watches.push(watch);
    return () => undefined;
  }
}

test("an older progress that comes late is passed over", () => {
  const late = { ...progress(40), time: -1 };
  assert.equal(after(after(viewOf(JOB), progress(60)), late).job.bytes_done, 60);
});

test("progress never goes back, and ends at 1 only with the job", () => {
  let view = after(viewOf(JOB), progress(60));
  view = after(view, progress(40));
  assert.equal(view.fraction, 0.6);
  view = after(view, { type: "status", job: "ab12", seq: 3, time: 0, status: "COMPLETED", message: "" });
  assert.equal(view.fraction, 1);
});

test("what was before the job was read changes nothing", () => {
  const done = viewOf({ ...JOB, status: "COMPLETED", started: 10, finished: 20, bytes_done: 100 });
  const begun: JobEvent = { type: "status", job: "ab12", seq: 1, time: 10, status: "IN_PROGRESS", message: "" };
  assert.equal(after(done, begun).job.status, "COMPLETED");
  assert.equal(after(done, progress(40)).job.bytes_done, 100);
  assert.equal(after(done, { ...begun, seq: 9, time: 30 }).job.status, "IN_PROGRESS");
});

test("an event that comes twice is taken once", () => {
  const notice: JobEvent = { type: "notice", job: "ab12", seq: 2, time: 0, code: "no_workers", text: "no workers" };
  const view = after(after(viewOf(JOB), notice), notice);
  assert.equal(view.notices.length, 1);
});

test("an event of an unknown job brings that job", async () => {
  const transport = new TableTransport({ "jobs/ab12": JOB });
  const store = new JobStore(transport);
  store.follow();
  transport.watches[0]?.onFrame({ cursor: 7, event: progress(10) });
  await new Promise((resolve) => store.subscribe(() => resolve(undefined)));
  assert.equal(store.state.jobs.get("ab12")?.job.sql, "SELECT 1");
  assert.equal(store.state.cursor, 7);
});

test("a refusal is an error in the service's words", async () => {
  await assert.rejects(new JobStore(new TableTransport({})).load("zz"), { message: "there is no such job", status: 404 });
});

test("stop and resume are one verb", async () => {
  const transport = new TableTransport({ "jobs/ab12": { ...JOB, status: "STOPPING" } });
  const store = new JobStore(transport);
  await store.stop("ab12");
  await store.resume("ab12");
  assert.deepEqual(transport.asked, [
    'PATCH jobs/ab12 {"status":"STOPPED"}',
    'PATCH jobs/ab12 {"status":"IN_PROGRESS"}',
  ]);
  assert.equal(store.state.jobs.get("ab12")?.job.status, "STOPPING");
});

test("a store that follows all jobs asks only for the past of one", async () => {
  const frame = { cursor: 3, event: { type: "notice", job: "ab12", seq: 2, time: 0, code: "x", text: "said" } };
  const transport = new TableTransport({ "jobs/ab12": JOB, "jobs/ab12/events": { frames: [frame], cursor: 3 } });
  const store = new JobStore(transport);
  store.follow();
  store.follow("ab12");
  await new Promise<void>((resolve) => {
    store.subscribe(() => {
      if (store.state.jobs.get("ab12")?.notices.length) resolve();
    });
  });
  assert.equal(transport.watches.length, 1);
});
