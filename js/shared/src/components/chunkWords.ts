// What a cell of the map of chunks says.

import { bytesText, countText } from "../format";
import type { ChunkRow } from "../model";

export interface Fate {
  letter: string;
  word: string;
  /** A class of the look; the sign in the cell says it, too. */
  look: string;
  sign: string;
}

const FATES: readonly Fate[] = [
  { letter: "d", word: "read by this run", look: "done", sign: "" },
  { letter: "c", word: "known before", look: "cached", sign: "" },
  { letter: "r", word: "being read", look: "reading", sign: "▸" },
  { letter: "p", word: "some of them read", look: "partly", sign: "" },
  { letter: "f", word: "failed", look: "failed", sign: "✗" },
  { letter: ".", word: "not read", look: "open", sign: "" },
];
const OPEN: Fate = { letter: ".", word: "not read", look: "open", sign: "" };

export function fateOf(letter: string): Fate {
  return FATES.find((fate) => fate.letter === letter) ?? OPEN;
}

/** The fates that a map has, with how many cells have each. */
export function legend(rows: readonly ChunkRow[]): { fate: Fate; cells: number }[] {
  const counts = new Map<string, number>();
  for (const row of rows) for (const letter of row.cells) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return FATES.filter(({ letter }) => counts.has(letter)).map((fate) => ({ fate, cells: counts.get(fate.letter) ?? 0 }));
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) || path;
}

/** What stands before the cells of a row: the file, and which bytes of it where that is not all. */
export function rowText(row: ChunkRow, whole: boolean): string {
  const first = baseName(row.names[0] ?? "");
  if (row.files > 1) return `${first} … ${baseName(row.names.at(-1) ?? "")}, ${countText(row.files, "file")}`;
  return whole ? first : `${first}, ${bytesText(row.start)}–${bytesText(row.end)}`;
}

/** Which bytes of which file a cell stands for, and what became of them. */
export function cellText(row: ChunkRow, at: number): string {
  const first = at * row.per_cell;
  const last = Math.min(first + row.per_cell, row.chunks) - 1;
  return `${placeText(row, first, last)}: ${fateOf(row.cells[at] ?? ".").word}`;
}

function placeText(row: ChunkRow, first: number, last: number): string {
  const name = row.names[0] ?? "";
  const which = first === last ? `chunk ${countText(first + 1)}` : `chunks ${countText(first + 1)}–${countText(last + 1)}`;
  if (row.files > 1 && row.files === row.chunks) return filesText(row, first, last);
  const of = `${which} of ${countText(row.chunks)}`;
  if (row.files > 1) return `${of}, of ${countText(row.files, "file")} from ${name} to ${row.names.at(-1) ?? ""}`;
  if (row.each) {
    const end = Math.min(row.start + (last + 1) * row.each, row.end);
    return `${name}, bytes ${countText(row.start + first * row.each)}–${countText(end)}`;
  }
  const spread = `bytes ${countText(row.start)}–${countText(row.end)}`;
  return row.chunks === 1 ? `${name}, ${spread}` : `${name}, ${of}, blocks all over ${spread}`;
}

/** A file for each chunk: by name where the names are all known. */
function filesText(row: ChunkRow, first: number, last: number): string {
  const all = row.names.length === row.files;
  if (all && first === last) return `${row.names[first]}, the whole file`;
  if (all) return `${row.names[first]} to ${row.names[last]}, ${countText(last - first + 1, "file")}`;
  const which = first === last ? `file ${countText(first + 1)}` : `files ${countText(first + 1)}–${countText(last + 1)}`;
  return `${which} of ${countText(row.files)}, from ${row.names[0]} to ${row.names.at(-1)}`;
}
