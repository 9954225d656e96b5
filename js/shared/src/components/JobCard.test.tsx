import assert from "node:assert/strict";
import { test } from "node:test";

import { tableFromArrays, tableToIPC } from "@uwdata/flechette";

import type { Job, JobEvent, Status } from "../model";
import { JobStore } from "../store";
import { button, draw, HOSTILE, press, settle, until } from "../testing";
import type { Method, Reply, RequestOptions, Transport, Watch } from "../transport";
import { keepKeys } from "../ui/keys";
import { JobCard } from "./JobCard";

const COUNTERS = {
  rows_read: 1000,
  rows_used: 900,
  rows_filtered: 98,
  rows_rejected: 2,
  bytes_scanned: 60_000_000,
  bytes_reused: 4_000_000,
  bytes_verified: 0,
  bytes_unread: 0,
};

const JOB: Job = {
  id: "ab12",
  name: "daily",
  sql: "SELECT 1",
  owner: "ada",
  status: "IN_PROGRESS",
  desired: "run",
  cluster: "local",
  priority: 0,
  chunks_done: 3,
  chunks_total: 10,
  bytes_done: 43_000_000,
  bytes_total: 100_000_000,
  counters: COUNTERS,
  error: null,
  parameters: [],
  created: 1,
  started: 2,
  finished: null,
  has_result: false,
  written_to: "",
};

const ARROW = tableToIPC(tableFromArrays({ city: ["Oslo", "Bergen"], n: [1, 2] }), { format: "stream" }) ?? new Uint8Array();
const PROGRESS: JobEvent = {
  type: "progress",
  job: "ab12",
  seq: 3,
  time: 3,
  chunks_done: 3,
  chunks_total: 10,
  bytes_done: 43_000_000,
  bytes_total: 100_000_000,
  counters: COUNTERS,
  bytes_per_second: 5e7,
  eta: 1.5,
  workers: 2,
};

/** Answers from a table; a text is a refusal. */
class Table implements Transport {
  asked: string[] = [];
  watches: Watch[] = [];

  constructor(readonly replies: Record<string, unknown>) {}

  send(method: Method, path: string, options?: RequestOptions): Promise<Reply> {
    this.asked.push(`${method} ${path}${options?.body ? ` ${JSON.stringify(options.body)}` : ""}`);
    const found = this.replies[path];
    if (found instanceof Uint8Array) {
      return Promise.resolve({ status: 200, type: "arrow", headers: { "X-Total-Rows": "31003" }, body: found });
    }
    const known = found !== undefined && typeof found !== "string";
    const value = known ? found : { message: found ?? `nothing at ${path}`, reason: "", where: null, hint: "look again", job_id: "" };
    const body = new TextEncoder().encode(JSON.stringify(value));
    return Promise.resolve({ status: known ? 200 : 404, type: "application/json", headers: {}, body });
  }

  watch(watch: Watch): () => void {
    this.watches.push(watch);
    return () => undefined;
  }

  tell(event: JobEvent): void {
    for (const watch of this.watches) watch.onFrame({ cursor: event.seq, event });
  }
}

async function card(job: Partial<Job>, replies: Record<string, unknown> = {}): Promise<{ box: HTMLElement; table: Table }> {
  const table = new Table({ "jobs/ab12": { ...JOB, ...job }, ...replies });
  const box = draw(<JobCard store={new JobStore(table)} id="ab12" />);
  await settle();
  return { box, table };
}

function buttons(box: HTMLElement): (string | null)[] {
  return [...box.querySelectorAll("button")].map((button) => button.textContent).filter((text) => !text?.startsWith("Copy"));
}

test("a job at work: how far, how fast, the account of every row", async () => {
  const { box, table } = await card({});
  table.tell(PROGRESS);
  await settle();
  const text = box.textContent ?? "";
  assert.ok(text.includes("▶in progress"));
  assert.ok(text.includes("43.0 MB of 100.0 MB · 1,000 rows · 50.0 MB/s · 1.5 s left · 2 workers"));
  assert.ok(text.includes("rows read 1,000 = used 900 + filtered 98 + rejected 2 · 4.0 MB reused"));
  const bar = box.querySelector('[role="progressbar"]');
  assert.equal(bar?.getAttribute("aria-valuenow"), "43");
  assert.equal(bar?.closest("[aria-live], [role=status]"), null);
  assert.deepEqual(buttons(box), ["Stop"]);
});

test("the preview is a table that says that it is none yet of the result", async () => {
  const { box, table } = await card({});
  const ipc = btoa(String.fromCharCode(...ARROW));
  table.tell({ type: "preview", job: "ab12", seq: 3, time: 3, fraction: 0.435, rows: 2, ipc });
  await settle();
  assert.ok(box.textContent?.includes("preview, 43 % read"));
  assert.ok(box.textContent?.includes("no estimate of the whole"));
  assert.deepEqual([...box.querySelectorAll("td")].map((cell) => cell.textContent), ["Oslo", "1", "Bergen", "2"]);
});

test("a job that is done shows its result and what was rejected", async () => {
  const done = { status: "COMPLETED" as Status, finished: 4.5, has_result: true };
  const { box } = await card(done, { "jobs/ab12/result": ARROW });
  const text = box.textContent ?? "";
  assert.ok(text.includes("✓completed with 2 rejects"));
  assert.ok(text.includes("2 of 31,003 rows"));
  assert.ok(text.includes("%fusionflow rejects ab12"));
  assert.ok(text.includes("2.5 s"));
  assert.equal(box.querySelector('[role="progressbar"]'), null);
  assert.deepEqual(buttons(box), ["Chart", "Run again"]);
});

const WAITING: [string, Partial<Job>, Record<string, unknown>, string][] = [
  ["for a runner", { status: "CREATED", chunks_total: 0 }, {}, "waiting for a runner"],
  ["for workers", { counters: { ...COUNTERS, rows_read: 0 }, bytes_done: 0 }, {}, "waiting for workers"],
  ["for its end", { status: "STOPPING" }, {}, "what is scanned is kept"],
  ["for nothing, stopped", { status: "STOPPED" }, {}, "3 of 10 chunks kept, resume it to go on"],
  ["for nothing, stopped early", { status: "STOPPED", chunks_done: 0 }, {}, "resume it to start"],
];

for (const [name, job, replies, said] of WAITING) {
  test(`a job that waits ${name} says so`, async () => {
    const { box } = await card(job, replies);
    assert.ok(box.textContent?.includes(said), box.textContent ?? "");
  });
}

test("a job behind others says how many", async () => {
  const counts = { CREATED: 0, QUEUED: 2, IN_PROGRESS: 2, STOPPING: 0, COMPLETED: 9, FAILED: 0, STOPPED: 0 };
  const { box } = await card({ status: "QUEUED" }, { "jobs/count": { counts, total: 13 } });
  await until(() => box.textContent?.includes("queued behind 3 other jobs") === true);
  assert.ok(box.textContent?.includes("queued behind 3 other jobs"), box.textContent ?? "");
});

test("a failure says what, where, what to do, and can be resumed", async () => {
  const error = { kind: "SourceError", what: "a broken record\n  at the end", where: "a.csv, line 7", hint: "mend it" };
  const { box, table } = await card({ status: "FAILED", error });
  for (const text of ["a broken record", "where: a.csv, line 7", "try: mend it"]) assert.ok(box.textContent?.includes(text));
  button(box, "Go on with").click();
  await settle();
  assert.ok(table.asked.includes('PATCH jobs/ab12 {"status":"IN_PROGRESS"}'));
});

test("stop asks once, and says where that was refused", async () => {
  const { box, table } = await card({});
  table.replies["jobs/ab12"] = "the job has ended";
  button(box, "Stop").click();
  await settle();
  assert.equal(table.asked.filter((asked) => asked.startsWith("PATCH")).length, 1);
  assert.ok(box.querySelector('[role="alert"]')?.textContent?.includes("the job has ended"));
});

test("the focus stays on the card when the button that had it is gone", async () => {
  const { box, table } = await card({});
  const stop = button(box, "Stop");
  stop.focus();
  const become = async (status: Status, seq: number): Promise<void> => {
    table.replies["jobs/ab12"] = { ...JOB, status };
    table.tell({ type: "status", job: "ab12", seq, time: seq, status, message: "" });
    await settle();
  };
  await become("STOPPING", 4);
  assert.equal(document.activeElement, stop);
  assert.equal(stop.getAttribute("aria-disabled"), "true");
  stop.click();
  await settle();
  assert.equal(table.asked.filter((asked) => asked.startsWith("PATCH")).length, 0);
  await become("STOPPED", 5);
  assert.equal(document.activeElement, button(box, "Go on with the job"));
});

test("single keys stay in a view, those with Ctrl go on to the notebook", async () => {
  const { box } = await card({});
  keepKeys(box);
  const heard: string[] = [];
  document.body.addEventListener("keydown", (event) => heard.push(event.key));
  for (const key of ["Enter", "a", "d", "ArrowDown"]) press(button(box, "Stop"), key);
  press(button(box, "Stop"), "Enter", { shiftKey: true });
  press(button(box, "Stop"), "s", { ctrlKey: true });
  assert.deepEqual(heard, ["Enter", "s"]);
});

test("every control of a card has a name", async () => {
  const done = { status: "COMPLETED" as Status, finished: 4.5, has_result: true };
  const { box } = await card(done, { "jobs/ab12/result": ARROW });
  const controls = [...box.querySelectorAll("button, [tabindex], select, input")];
  assert.deepEqual(
    controls.filter((one) => !(one.getAttribute("aria-label") ?? one.textContent)?.trim()),
    [],
  );
  assert.deepEqual(controls.map((one) => one.getAttribute("aria-label")?.split(/[ ;]/, 2).join(" ")), [
    "Show the",
    "result",
    "Ask the",
    "Copy the",
    "Copy the",
  ]);
});

test("run again goes on with the new job", async () => {
  const again = { ...JOB, id: "cd34", name: "again", status: "QUEUED" };
  const { box, table } = await card({ status: "STOPPED" }, { "jobs/ab12/rerun": again, "jobs/cd34": again });
  button(box, "Ask the same").click();
  await settle();
  assert.ok(table.asked.includes("POST jobs/ab12/rerun {}"));
  assert.equal(box.querySelector("section")?.getAttribute("aria-label"), "job cd34");
});

test("a job that is not there is told, and can be asked for again", async () => {
  const table = new Table({});
  const box = draw(<JobCard store={new JobStore(table)} id="ab12" />);
  await settle();
  assert.ok(box.textContent?.includes("nothing at jobs/ab12"));
  table.replies["jobs/ab12"] = JOB;
  button(box, "Try again").click();
  await settle();
  assert.ok(box.textContent?.includes("in progress"));
});

test("cut from the kernel, what was known stays", async () => {
  const { box, table } = await card({});
  for (const watch of table.watches) watch.onCut?.(true);
  await settle();
  assert.ok(box.textContent?.includes("being reached again"));
  assert.ok(box.textContent?.includes("rows read 1,000"));
});

test("chunks that failed are named with their bytes; many notices are folded", async () => {
  const { box, table } = await card({});
  for (const seq of [1, 2, 3, 4, 5]) {
    table.tell({ type: "chunk_error", job: "ab12", seq, time: 3, file: "a.csv", start: 0, end: 64, attempt: seq, message: "killed" });
  }
  await settle();
  assert.ok(box.textContent?.includes("attempt 1 at a.csv bytes 0-64 failed: killed"));
  assert.ok(!box.textContent?.includes("attempt 5"));
  button(box, "and 2 more notices").click();
  await settle();
  assert.ok(box.textContent?.includes("attempt 5"));
});

test("nothing of a job is markup", async () => {
  for (const text of HOSTILE) {
    const error = { kind: text, what: text, where: text, hint: text };
    const { box, table } = await card({ name: text, sql: text, cluster: text, status: "FAILED", error });
    table.tell({ type: "notice", job: "ab12", seq: 1, time: 3, code: "x", text });
    table.tell({ type: "chunk_error", job: "ab12", seq: 2, time: 3, file: text, start: 0, end: 1, attempt: 1, message: text });
    await settle();
    assert.equal(box.querySelectorAll("img, script, b, a, iframe, [onerror]").length, 0);
    for (const hidden of ["\u202e", "\u200b", "\0", "\u001b"]) assert.ok(!box.textContent?.includes(hidden));
  }
});
