import assert from "node:assert/strict";
import { test } from "node:test";

import { render } from "preact";

import { JobStore } from "../store";
import { button, click, draw, foreign, HOSTILE, one, press, until } from "../testing";
import { FakeService, jobOf, manyJobs } from "../testingJobs";
import { JobsBoard } from "./JobsBoard";

interface Shown {
  box: HTMLElement;
  service: FakeService;
  opened: string[];
  rows: () => HTMLElement[];
  names: () => string[];
  grid: () => HTMLElement;
}

/** Run a test on a board of these jobs, and take the board away afterwards. */
function onBoard(name: string, jobs: () => ReturnType<typeof manyJobs>, run: (shown: Shown) => Promise<void>): void {
  test(name, async () => {
    const service = new FakeService(jobs());
    const opened: string[] = [];
    const box = draw(<JobsBoard store={new JobStore(service)} onOpen={(id) => opened.push(id)} />);
    const rows = (): HTMLElement[] => Array.from(box.querySelectorAll<HTMLElement>('[role="row"]'));
    const names = (): string[] => rows().map((row) => row.querySelector("bdi")?.textContent ?? "");
    try {
      await until(() => rows().length || /No jobs/.test(box.textContent ?? ""));
      await until(() => service.watches.length);
      await run({ box, service, opened, rows, names, grid: () => one(box, '[role="grid"]') });
    } finally {
      render(null, box);
    }
    assert.equal(service.watches.length, 0);
  });
}

onBoard("of 10,000 jobs only those in sight are in the document", () => manyJobs(10_000), async (board) => {
  assert.ok(board.rows().length <= 60, `${board.rows().length} rows`);
  assert.match(board.box.textContent ?? "", /10,000 jobs/);
  assert.equal(board.names()[0], "job 9999");
  board.grid().scrollTop = 5000 * 28;
  board.grid().dispatchEvent(new Event("scroll"));
  await until(() => board.names()[0] === "job 4999");
  assert.ok(board.rows().length <= 60);
  const asked = board.service.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(board.service.asked.length, asked, "nothing is asked without a reason");
});

onBoard("filter, search and sort are the service's to answer", () => manyJobs(500), async (board) => {
  click(button(board.box, "failed"));
  await until(() => board.names()[0] === "job 496");
  assert.match(board.box.textContent ?? "", /100 jobs/);
  click(button(board.box, "failed"));
  await until(() => /500 jobs/.test(board.box.textContent ?? ""));
  click(button(board.box, "Job"));
  await until(() => board.names()[0] === "job 0");
  const search = one<HTMLInputElement>(board.box, "input[type=search]");
  search.value = "job 42";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => board.names().join() === Array.from({ length: 11 }, (_, at) => (at ? `job ${419 + at}` : "job 42")).join());
});

onBoard("a new job and a new status come by events", () => manyJobs(3), async (board) => {
  board.service.jobs.push(jobOf({ id: "new", name: "fresh", status: "QUEUED", created: 9e9 }));
  board.service.tell({ type: "status", job: "new", seq: 1, time: 0, status: "QUEUED", message: "" });
  await until(() => board.names()[0] === "fresh");
  await until(() => /queued 1/.test(board.box.textContent ?? ""));
  board.service.jobs = board.service.jobs.map((job) => (job.id === "new" ? { ...job, status: "COMPLETED" } : job));
  board.service.tell({ type: "status", job: "new", seq: 2, time: 0, status: "COMPLETED", message: "" });
  await until(() => /queued 0/.test(board.box.textContent ?? ""));
});

onBoard("keys go, choose and open", () => manyJobs(20), async (board) => {
  press(board.grid(), "Home");
  await until(() => board.box.querySelector(".ff-board-active"));
  press(board.grid(), "ArrowDown", { shiftKey: true });
  await until(() => /2 jobs chosen/.test(board.box.textContent ?? ""));
  press(board.grid(), " ");
  await until(() => /1 job chosen/.test(board.box.textContent ?? ""));
  press(board.grid(), "Enter");
  assert.deepEqual(board.opened, ["000000000012"]);
  press(board.grid(), "a", { ctrlKey: true });
  await until(() => /20 jobs chosen/.test(board.box.textContent ?? ""));
  press(board.grid(), "Escape");
  await until(() => !/chosen/.test(board.box.textContent ?? ""));
});

onBoard("a stretch is chosen by Shift and click; a click opens", () => manyJobs(20), async (board) => {
  const boxes = board.box.querySelectorAll<HTMLElement>("input[type=checkbox]");
  click(boxes[1] as HTMLElement);
  await until(() => /1 job chosen/.test(board.box.textContent ?? ""));
  click(board.rows()[4] as HTMLElement, { shiftKey: true });
  await until(() => /4 jobs chosen/.test(board.box.textContent ?? ""));
  assert.deepEqual(board.opened, []);
  click(board.rows()[0] as HTMLElement);
  assert.deepEqual(board.opened, ["000000000013"]);
});

onBoard("what is deleted is asked about first, and nothing at work is", () => manyJobs(300), async (board) => {
  press(board.grid(), "a", { ctrlKey: true });
  await until(() => /300 jobs chosen/.test(board.box.textContent ?? ""), "all pages are fetched");
  click(button(board.box, "Delete"));
  await until(() => board.box.querySelector('[role="alertdialog"]'));
  assert.match(board.box.textContent ?? "", /Delete 180 jobs\?.*Lost for good.*120 chosen jobs/);
  assert.ok(!board.service.asked.includes("DELETE jobs"));
  click(button(one(board.box, '[role="alertdialog"]'), "Delete 180"));
  await until(() => board.service.jobs.length === 120);
  await until(() => !board.box.querySelector('[role="alertdialog"]'));
  assert.ok(board.service.jobs.every((job) => job.status === "IN_PROGRESS" || job.status === "QUEUED"));
});

onBoard("jobs at work are stopped together", () => manyJobs(10), async (board) => {
  press(board.grid(), "a", { metaKey: true });
  await until(() => /10 jobs chosen/.test(board.box.textContent ?? ""));
  click(button(board.box, "Stop 4"));
  await until(() => /Stop 4 jobs\?/.test(board.box.textContent ?? ""));
  click(button(one(board.box, '[role="alertdialog"]'), "Stop 4"));
  await until(() => board.service.asked.filter((asked) => asked.startsWith("PATCH")).length === 4);
});

onBoard("without jobs it says how they come about", () => [], async (board) => {
  assert.match(board.box.textContent ?? "", /No jobs yet: run a %%fusionflow cell/);
  return Promise.resolve();
});

const NASTY = HOSTILE.map((text, at) => jobOf({ id: `n${at}`, name: text, sql: text, cluster: text, owner: text }));

onBoard("hostile text is text", () => NASTY, async (board) => {
  assert.deepEqual(foreign(board.box), []);
  assert.match(board.box.textContent ?? "", /<img src=x/);
  for (const hidden of ["\u0000", "\u202E", "\u200B", "\u001B"]) assert.ok(!board.box.textContent?.includes(hidden));
  return Promise.resolve();
});

test("a service that is away is told of, and asked again when told so", async () => {
  const service = new FakeService(manyJobs(2));
  service.replies["jobs/count"] = undefined;
  const box = draw(<JobsBoard store={new JobStore(service)} compact />);
  await until(() => box.querySelector('[role="alert"]'));
  delete service.replies["jobs/count"];
  click(button(box, "Try again"));
  await until(() => box.querySelectorAll('[role="row"]').length === 2);
  assert.equal(box.querySelector('[role="alert"]'), null);
  render(null, box);
});
