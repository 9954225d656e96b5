import assert from "node:assert/strict";
import { test } from "node:test";

import type { ChunkRow } from "../model";
import { cellText, legend, rowText } from "./chunkWords";

const ROW: ChunkRow = {
  stage: "stage_0",
  files: 1,
  names: ["/data/trips.csv"],
  start: 0,
  end: 5000,
  chunks: 3,
  each: 2000,
  per_cell: 1,
  cells: "dc.",
};

const PLACES: [string, Partial<ChunkRow>, number, string][] = [
  ["in order", {}, 2, "/data/trips.csv, bytes 4,000–5,000: not read"],
  ["all over", { each: 0 }, 1, "/data/trips.csv, chunk 2 of 3, blocks all over bytes 0–5,000: known before"],
  ["a whole small file", { files: 3, names: ["a", "b", "c"] }, 1, "b, the whole file: known before"],
  ["a file of many", { files: 3, names: ["a", "z"] }, 0, "file 1 of 3, from a to z: read by this run"],
  ["files of a cell", { files: 3, names: ["a", "b", "c"], per_cell: 2, cells: "df" }, 0, "a to b, 2 files: read by this run"],
  ["chunks of a cell", { chunks: 64, each: 0, per_cell: 32, cells: "dp" }, 1, "/data/trips.csv, chunks 33–64 of 64, blocks all over bytes 0–5,000: some of them read"],
  ["some files", { files: 2, chunks: 5, each: 0, names: ["a", "z"], cells: "dd..." }, 4, "chunk 5 of 5, of 2 files from a to z: not read"],
];

for (const [name, change, at, said] of PLACES) {
  test(`a cell says where it lies: ${name}`, () => assert.equal(cellText({ ...ROW, ...change }, at), said));
}

test("a row names its file, and its bytes where that is not all of it", () => {
  assert.equal(rowText(ROW, true), "trips.csv");
  assert.equal(rowText(ROW, false), "trips.csv, 0 B–5.0 kB");
  assert.equal(rowText({ ...ROW, files: 5, names: ["x/a.csv", "x/z.csv"] }, true), "a.csv … z.csv, 5 files");
});

test("the legend has only what is there", () => {
  assert.deepEqual(
    legend([ROW, ROW]).map(({ fate, cells }) => [fate.word, cells]),
    [["read by this run", 2], ["known before", 2], ["not read", 2]],
  );
});
