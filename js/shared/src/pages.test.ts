import assert from "node:assert/strict";
import { test } from "node:test";

import { tableFromArrays, tableToIPC } from "@uwdata/flechette";

import { Pages, type RowsView, rowsQuery } from "./pages";
import { settle, until } from "./testing";
import type { Method, Reply, RequestOptions, Transport } from "./transport";

const VIEW: RowsView = { path: "jobs/ab12/result", sort: [], filter: [], columns: [0] };
const TOTAL = 100_000_000;

/** Serves rows that say their own number, of a width in bytes; as many as fit into `max_bytes`. */
class RowsTransport implements Transport {
  asked: { offset: number; limit: number }[] = [];
  refusals: { status: number; message: string; reason: string }[] = [];

  constructor(
    readonly width = 8,
    readonly total = TOTAL,
  ) {}

  send(_method: Method, _path: string, options?: RequestOptions): Promise<Reply> {
    const refusal = this.refusals.shift();
    const type = "application/json";
    if (refusal) {
      const body = new TextEncoder().encode(JSON.stringify({ hint: "", where: null, job_id: "", ...refusal }));
      return Promise.resolve({ status: refusal.status, type, headers: {}, body });
    }
    const { offset, limit, max_bytes } = options?.query as Record<string, number>;
    this.asked.push({ offset: offset ?? 0, limit: limit ?? 0 });
    const fitting = Math.max(1, Math.floor((max_bytes ?? 0) / (this.width + 8)));
    const count = Math.max(0, Math.min(limit ?? 0, fitting, this.total - (offset ?? 0)));
    const numbers = Array.from({ length: count }, (_, row) => `${(offset ?? 0) + row}`.padEnd(this.width));
    const body = tableToIPC(tableFromArrays({ n: numbers }), { format: "stream" }) ?? new Uint8Array();
    return Promise.resolve({ status: 200, type: "", headers: { "X-Total-Rows": String(this.total) }, body });
  }

  watch(): () => void {
    return () => undefined;
  }
}

function numberAt(pages: Pages, row: number): number | null {
  const place = pages.at(row);
  return place ? Number(place.table.getChildAt(0).at(place.row)) : null;
}

function messageOf({ problem }: Pages): string | undefined {
  return problem?.message;
}

test("what is in sight is asked for, then the next page, and no more", async () => {
  const transport = new RowsTransport();
  const pages = new Pages(transport, VIEW, () => undefined);
  pages.want(0, 20);
  await settle();
  assert.equal(pages.total, TOTAL);
  assert.equal(numberAt(pages, 19), 19);
  assert.equal(transport.asked.length, 1);
  pages.want(85, 20);
  await settle();
  assert.equal(numberAt(pages, 104), 104);
  const before = transport.asked.length;
  pages.want(86, 20);
  await settle();
  assert.equal(transport.asked.length, before);
});

test("scrolling from the first to the last of 100 million rows keeps less than 2 MiB", async () => {
  const pages = new Pages(new RowsTransport(200), VIEW, () => undefined);
  let most = 0;
  for (let step = 0; step <= 60; step++) {
    const first = Math.min(Math.floor((step * TOTAL) / 60), TOTAL - 20);
    pages.want(first, 20);
    await settle();
    assert.equal(numberAt(pages, first), first);
    most = Math.max(most, pages.bytes);
  }
  assert.equal(numberAt(pages, TOTAL - 1), TOTAL - 1);
  assert.ok(most > 1e6 && most < 2 * 1024 * 1024, String(most));
});

test("going up asks for the rows above", async () => {
  const pages = new Pages(new RowsTransport(), VIEW, () => undefined);
  pages.want(5000, 20);
  await settle();
  for (let first = 4990; first >= 3000; first -= 50) {
    pages.want(first, 20);
    await settle();
    assert.equal(numberAt(pages, first), first);
    assert.equal(numberAt(pages, first + 19), first + 19);
  }
});

test("a page that the service cuts short is gone on with", async () => {
  const pages = new Pages(new RowsTransport(30_000), VIEW, () => undefined);
  pages.want(40, 20);
  await settle();
  await settle();
  assert.equal(numberAt(pages, 59), 59);
});

test("rows that are still being sorted are asked for again, a refusal is told", async () => {
  const transport = new RowsTransport();
  transport.refusals.push({ status: 503, message: "the rows are still being sorted", reason: "NotReadyError" });
  const pages = new Pages(transport, VIEW, () => undefined);
  pages.want(0, 20);
  await settle();
  assert.equal(pages.waiting, "the rows are still being sorted");
  assert.equal(pages.problem, null);
  await until(() => pages.waiting === "");
  assert.equal(numberAt(pages, 0), 0);

  transport.refusals.push({ status: 404, message: "the rows are no longer kept", reason: "NotThereError" });
  pages.want(50_000, 20);
  await settle();
  assert.equal(messageOf(pages), "the rows are no longer kept");
  pages.retry();
  await settle();
  assert.equal(numberAt(pages, 50_000), 50_000);
});

test("a query says only what differs from all rows", () => {
  const filter = [{ column: "city", op: "contains", value: "'; --" }] as const;
  assert.deepEqual(rowsQuery({ sort: [], filter: [...filter], columns: [] }, { offset: 1 }), {
    offset: 1,
    sort: undefined,
    filter: '[{"column":"city","op":"contains","value":"\'; --"}]',
    columns: undefined,
  });
});
