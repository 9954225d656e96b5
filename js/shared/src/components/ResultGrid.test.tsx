import assert from "node:assert/strict";
import { test } from "node:test";

import { type Column, columnFromArray, float64, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import { render } from "preact";

import { draw, HOSTILE, settle } from "../testing";
import type { Method, Reply, RequestOptions, Transport } from "../transport";
import { Chart } from "./Chart";
import { ResultGrid } from "./ResultGrid";

/** Serves columns of a result, and keeps what was asked. */
class ColumnsTransport implements Transport {
  asked: Record<string, unknown>[] = [];

  constructor(
    readonly columns: readonly (readonly [string, readonly unknown[]])[],
    readonly status = 200,
  ) {}

  send(_method: Method, _path: string, options: RequestOptions = {}): Promise<Reply> {
    const query = options.query ?? {};
    this.asked.push(query);
    if (this.status !== 200) {
      const problem = { message: "the rows are no longer kept", reason: "NotThereError", where: null, hint: "run it again", job_id: "" };
      return Promise.resolve({ status: this.status, type: "", headers: {}, body: new TextEncoder().encode(JSON.stringify(problem)) });
    }
    const places = typeof query["columns"] === "string" ? (JSON.parse(query["columns"]) as number[]) : [...this.columns.keys()];
    const [offset, limit] = [Number(query["offset"] ?? 0), Number(query["limit"])];
    const chosen = places.map((place) => this.columns[place]).filter((column) => column !== undefined);
    const built = chosen.map(([name, values]) => {
      const type = typeof values[0] === "string" ? utf8() : float64();
      return [name, columnFromArray([...values].slice(offset, offset + limit), type)] as [string, Column<unknown>];
    });
    const body = tableToIPC(tableFromColumns(built), { format: "stream" }) ?? new Uint8Array();
    const total = String(this.columns[0]?.[1].length ?? 0);
    return Promise.resolve({ status: 200, type: "", headers: { "X-Total-Rows": total }, body });
  }

  watch(): () => void {
    return () => undefined;
  }
}

const CITIES = [
  ["city", Array.from({ length: 5000 }, (_, row) => `city ${row}`)],
  ["n", Array.from({ length: 5000 }, (_, row) => row + 0.5)],
] as const;

async function opened(transport: Transport): Promise<HTMLElement> {
  const box = draw(<ResultGrid transport={transport} job="ab12" />);
  await settle();
  await settle();
  return box;
}

function one(box: HTMLElement, selector: string): HTMLElement {
  const found = box.querySelector<HTMLElement>(selector);
  assert.ok(found, selector);
  return found;
}

function button(box: HTMLElement, text: string): HTMLElement {
  const found = [...box.querySelectorAll<HTMLElement>("button")].find((each) => each.textContent?.includes(text));
  assert.ok(found, text);
  return found;
}

test("the rows in sight are in the document, and the grid says how many there are", async () => {
  const box = await opened(new ColumnsTransport(CITIES));
  const grid = one(box, '[role="grid"]');
  assert.equal(grid.getAttribute("aria-rowcount"), "5001");
  assert.equal(grid.getAttribute("aria-colcount"), "2");
  const rows = [...box.querySelectorAll('[role="row"]')];
  assert.ok(rows.length > 5 && rows.length < 20, String(rows.length));
  assert.deepEqual([...(rows[2]?.children ?? [])].map((cell) => cell.textContent), ["2", "city 1", "1.5"]);
  assert.equal(rows[2]?.getAttribute("aria-rowindex"), "3");
  assert.ok(one(box, '[role="status"]').textContent?.includes("5,000 rows"));
});

test("a click on the header sorts, shift and click adds", async () => {
  const transport = new ColumnsTransport(CITIES);
  const box = await opened(transport);
  const heads = box.querySelectorAll<HTMLElement>('[role="columnheader"][data-column]');
  heads[1]?.click();
  await settle();
  assert.equal(heads[1]?.getAttribute("aria-sort"), "ascending");
  heads[0]?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
  await settle();
  const order = [{ column: "n", descending: false }, { column: "city", descending: false }];
  assert.deepEqual(JSON.parse(String(transport.asked.at(-1)?.["sort"])), order);
});

test("rows in another order begin at the first", async () => {
  const transport = new ColumnsTransport(CITIES);
  const box = await opened(transport);
  one(box, '[role="grid"]').dispatchEvent(new KeyboardEvent("keydown", { key: "End", ctrlKey: true, bubbles: true }));
  await settle();
  const before = transport.asked.length;
  box.querySelectorAll<HTMLElement>('[role="columnheader"][data-column]')[1]?.click();
  await settle();
  const sorted = transport.asked.slice(before);
  assert.ok(sorted.length > 0);
  assert.ok(sorted.every((query) => Number(query["offset"]) < 1000), JSON.stringify(sorted));
  assert.equal(box.querySelectorAll('[role="row"]')[1]?.getAttribute("aria-rowindex"), "2");
  assert.equal(box.querySelector(".ff-focused")?.textContent, "0.5");
});

test("a filter is a condition for the service", async () => {
  const transport = new ColumnsTransport(CITIES);
  const box = await opened(transport);
  one(box, ".ff-grid-more").click();
  await settle();
  const input = one(box, 'input[aria-label="value"]') as HTMLInputElement;
  input.value = "'; DROP TABLE x; --";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  one(box, ".ff-button-main").click();
  await settle();
  const condition = { column: "city", op: "contains", value: "'; DROP TABLE x; --" };
  assert.deepEqual(JSON.parse(String(transport.asked.at(-1)?.["filter"])), [condition]);
  assert.ok(one(box, ".ff-chip").textContent?.includes("city contains “'; DROP TABLE x; --”"));
});

test("keys move the cell in focus", async () => {
  const box = await opened(new ColumnsTransport(CITIES));
  const grid = one(box, '[role="grid"]');
  const press = async (key: string, more: object = {}): Promise<string> => {
    grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    await settle();
    return grid.getAttribute("aria-activedescendant") ?? "";
  };
  assert.ok((await press("ArrowDown")).endsWith("-1-0"));
  assert.ok((await press("End")).endsWith("-1-1"));
  await press("ArrowDown", { shiftKey: true });
  assert.equal(box.querySelectorAll('[aria-selected="true"]').length, 2);
  assert.ok((await press("End", { ctrlKey: true })).endsWith("-4999-1"));
  assert.equal(box.querySelector(".ff-focused")?.textContent, "4999.5");
});

test("a row is gone to by its number", async () => {
  const box = await opened(new ColumnsTransport(CITIES));
  const input = one(box, 'input[aria-label="go to row"]') as HTMLInputElement;
  input.value = "4,321";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await settle();
  assert.equal(box.querySelector(".ff-focused")?.textContent, "city 4320");
});

test("a result that is no longer kept says so", async () => {
  const box = await opened(new ColumnsTransport(CITIES, 404));
  assert.ok(one(box, '[role="alert"]').textContent?.includes("the rows are no longer kept"));
});

test("no rows leave the header; thousands of columns are shown in parts", async () => {
  const none = await opened(new ColumnsTransport([["n", []]]));
  assert.equal(none.querySelectorAll('[role="columnheader"][data-column]').length, 1);
  assert.ok(one(none, '[role="status"]').textContent?.includes("0 rows"));

  const transport = new ColumnsTransport(Array.from({ length: 10_000 }, (_, at) => [`c${at}`, [at + 0.5]] as const));
  const wide = await opened(transport);
  assert.equal(wide.querySelectorAll('[role="columnheader"][data-column]').length, 50);
  assert.ok(wide.textContent?.includes("columns 1 to 50 of 10,000"));
  button(wide, "Next").click();
  await settle();
  await settle();
  assert.ok(one(wide, '[data-column="0"]').textContent?.includes("c50"));
  assert.equal((JSON.parse(String(transport.asked.at(-1)?.["columns"])) as number[]).length, 50);
});

test("nothing in names, cells or axes is markup", async () => {
  const names = HOSTILE.filter((name) => name !== "__proto__");
  const box = await opened(new ColumnsTransport(names.map((name) => [name, [...HOSTILE]] as const)));
  button(box, "Columns").click();
  one(box, ".ff-grid-more").click();
  await settle();
  assert.equal(box.querySelectorAll("img, script, a, iframe, [onerror]").length, 0);
  assert.ok(box.textContent?.includes("<script>alert(1)</script>"));
  for (const hidden of ["\u202e", "\u200b", "\0", "\u001b"]) assert.ok(!box.textContent?.includes(hidden));

  const data = { x: HOSTILE.map((_, at) => at), y: HOSTILE.map(() => 1), labels: [...HOSTILE], step: 0, what: HOSTILE[0], left: "" };
  const chart = draw(<Chart kind="bar" data={data} x={HOSTILE[1]} time={null} />);
  assert.equal(chart.querySelectorAll("img, script, b, a, [onerror]").length, 0);
  render(null, chart);
});
