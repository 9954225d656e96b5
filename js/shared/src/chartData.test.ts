import assert from "node:assert/strict";
import { test } from "node:test";

import { columnFromArray, dateDay, decimal, float64, int64, list, tableFromColumns, tableToIPC, timestamp, utf8 } from "@uwdata/flechette";

import { readArrow, type Table } from "./arrow";
import { chartData, chosenChart, countedData, numberAt, possibleKinds, roundStep, sampleStep, withKind } from "./chartData";
import { momentText, placeText, summaryText, tickText } from "./chartText";

const TEXT = utf8();
const NUMBER = float64();
const DAY = dateDay();

function tableOf(columns: Record<string, { values: unknown[]; type: Parameters<typeof columnFromArray>[1] }>): Table {
  const built = Object.fromEntries(Object.entries(columns).map(([name, { values, type }]) => [name, columnFromArray(values, type)]));
  return readArrow(tableToIPC(tableFromColumns(built), { format: "stream" }) ?? new Uint8Array());
}

test("the types choose the chart", () => {
  assert.deepEqual(chosenChart([TEXT, NUMBER]), { kind: "bar", x: 0, y: 1 });
  assert.deepEqual(chosenChart([NUMBER, DAY]), { kind: "line", x: 1, y: 0 });
  assert.deepEqual(chosenChart([NUMBER]), { kind: "histogram", x: 0, y: null });
  assert.deepEqual(chosenChart([NUMBER, int64()]), { kind: "scatter", x: 0, y: 1 });
  assert.deepEqual(chosenChart([TEXT]), { kind: "bar", x: 0, y: null });
  assert.equal(chosenChart([list(int64())]), null);
  assert.equal(chosenChart([]), null);
});

test("another kind keeps the columns that it can draw", () => {
  const types = [TEXT, NUMBER, int64()];
  assert.deepEqual(withKind({ kind: "bar", x: 0, y: 1 }, "scatter", types), { kind: "scatter", x: 1, y: 2 });
  assert.deepEqual(withKind({ kind: "bar", x: 0, y: 1 }, "histogram", types), { kind: "histogram", x: 1, y: null });
  assert.deepEqual(withKind({ kind: "histogram", x: 1, y: null }, "bar", types), { kind: "bar", x: 1, y: 2 });
  assert.deepEqual(possibleKinds([TEXT]), ["bar"]);
  assert.deepEqual(possibleKinds([NUMBER]), ["bar", "line", "histogram"]);
});

test("bars stay in the order of the rows; equal names are added up and said to be", () => {
  const plain = tableOf({ city: { values: ["Oslo", "Lima", null], type: TEXT }, n: { values: [3, -1, 2], type: NUMBER } });
  const bars = chartData("bar", plain, ["city", "n"]);
  assert.deepEqual([bars.labels, bars.y, bars.what, bars.left], [["Oslo", "Lima", "NULL"], [3, -1, 2], "n", ""]);

  const values = Array.from({ length: 5000 }, (_, row) => `c${row % 100}`);
  const many = tableOf({ city: { values, type: TEXT }, n: { values: values.map((_, row) => row % 100), type: NUMBER } });
  const grouped = chartData("bar", many, ["city", "n"]);
  assert.equal(grouped.what, "sum of n");
  assert.equal(grouped.left, "the 30 largest of 100 bars");
  assert.deepEqual([grouped.labels?.[0], grouped.y[0]], ["c99", 4950]);
  assert.equal(chartData("bar", many, ["city", null]).what, "rows");
});

test("a histogram counts every row once", () => {
  const values = Array.from({ length: 1000 }, (_, row) => row / 10);
  const bins = chartData("histogram", tableOf({ x: { values: [...values, null, Number.NaN], type: NUMBER } }), ["x", null]);
  assert.equal(bins.y.reduce((sum, count) => sum + count, 0), 1000);
  assert.equal(bins.left, "2 rows without a number not drawn");
  assert.equal(bins.step, 5);
  const same = chartData("histogram", tableOf({ x: { values: [7, 7], type: NUMBER } }), ["x", null]);
  assert.deepEqual(same.y, [2]);
  assert.deepEqual(chartData("histogram", tableOf({ x: { values: [null], type: NUMBER } }), ["x", null]).x, []);
});

test("what the service counted is drawn as it is, with the bins that are empty", () => {
  const edges = tableOf({
    low: { values: [0, 10, 40], type: NUMBER },
    high: { values: [10, 20, 50], type: NUMBER },
    rows: { values: [5, 1, 2], type: NUMBER },
  });
  const bins = countedData("histogram", edges, null, 3);
  assert.deepEqual([bins.x, bins.y, bins.step], [[5, 15, 25, 35, 45], [5, 1, 0, 0, 2], 10]);
  const bars = countedData("bar", tableOf({
    label: { values: ["a", null], type: TEXT },
    value: { values: [7, -2], type: NUMBER },
    rows: { values: [3, 1], type: NUMBER },
  }), "n", 90);
  assert.deepEqual([bars.labels, bars.y, bars.what, bars.left], [["a", "NULL"], [7, -2], "sum of n", "the 2 largest of 90 bars"]);
  assert.deepEqual(countedData("histogram", tableOf({ low: { values: [], type: NUMBER } }), null, 0).x, []);
});

test("a line runs from the first to the last moment", () => {
  const days = ["2024-01-03", "2024-01-01", "2024-01-02"].map((day) => new Date(day));
  const table = tableOf({ day: { values: days, type: DAY }, n: { values: [3, 1, 2], type: NUMBER } });
  const line = chartData("line", table, ["day", "n"]);
  assert.deepEqual(line.y, [1, 2, 3]);
  assert.equal(line.x[0], Date.UTC(2024, 0, 1) / 1000);
  assert.equal(
    summaryText("line", line, "day", "UTC"),
    "line of n by day: 3 points, from 2024-01-01 to 2024-01-03; least 1 at 2024-01-01, most 3 at 2024-01-03",
  );
});

test("a line has one point at each place, the mean of its rows", () => {
  const table = tableOf({ x: { values: [2, 1, 1, 1], type: NUMBER }, n: { values: [5, 1, 2, 6], type: NUMBER } });
  const line = chartData("line", table, ["x", "n"]);
  assert.deepEqual([line.x, line.y, line.what], [[1, 2], [3, 5], "mean of n"]);
  assert.equal(chartData("scatter", table, ["x", "n"]).x.length, 4);
});

test("numbers of every type come to an axis", () => {
  const table = tableOf({
    d: { values: [1.5], type: decimal(9, 2, 128) },
    t: { values: [new Date("2024-01-01T00:00:01.500Z")], type: timestamp(2, null) },
    i: { values: [2n ** 40n], type: int64() },
  });
  assert.deepEqual(
    table.children.map((column) => numberAt(column, 0)),
    [1.5, Date.UTC(2024, 0, 1) / 1000 + 1.5, 2 ** 40],
  );
});

test("a sample does not fall in step with the data", () => {
  assert.deepEqual([sampleStep(5, 10), sampleStep(30, 10), sampleStep(1_200_000, 10_000)], [1, 3, 127]);
  assert.ok(sampleStep(100_000_000, 10_000) > 10_000);
});

test("ticks are short, and their steps round", () => {
  assert.deepEqual([roundStep(0.03), roundStep(7), roundStep(0)], [0.05, 10, 0]);
  assert.equal(tickText(1_234_567, "n"), "1.23M");
  assert.equal(tickText(1_234_567, "total bytes"), "1.2 MB");
  assert.equal(tickText(31_003, "rows"), "31,003");
  assert.equal(momentText(0, "UTC"), "1970-01-01");
  assert.equal(momentText(61, "UTC"), "1970-01-01 00:01:01");
  const bins = { x: [5], y: [1], labels: null, step: 10, what: "rows", left: "" };
  assert.equal(placeText(bins, 0, null), "0 to 10");
});
