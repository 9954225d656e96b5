// Rows as a file of the reader: where there is a server the browser fetches it from there by itself, whatever its size;
// over a widget's messages it is asked for in the pieces that they carry, put together, and handed to the browser.

import { type RowsView, rowsQuery, totalOf } from "./pages";
import { fetchReply, type Reply, ServiceError, type Transport } from "./transport";

/** Rows that a download has at most which goes through messages; more are written by Python. */
export const MOST_DOWNLOADED = 100_000;
const FIRST_ROWS = 10_000;

export const FORMATS = [
  { id: "parquet", title: "Parquet", media: "application/vnd.apache.parquet", suffix: "parquet" },
  { id: "csv", title: "CSV", media: "text/csv", suffix: "csv" },
  { id: "json", title: "JSON", media: "application/x-ndjson", suffix: "jsonl" },
  { id: "arrow", title: "Arrow", media: "application/vnd.apache.arrow.stream", suffix: "arrow" },
] as const;

export type DownloadFormat = (typeof FORMATS)[number];

/** The event by which a widget asks for a file of the server: the extension of the front end answers. */
export const FILE_ASKED = "fusionflow:file";
const ASK_AGAIN_MS = 1500;

export interface FileAsked {
  view: RowsView;
  format: DownloadFormat;
  /** Rows of the view. */
  rows: number;
  name: string;
}

interface FileEvent extends FileAsked {
  answer: (had: Promise<boolean>) => void;
}

/** Save all rows of a view, from the server where it can be reached; false where only a part was saved. */
export async function download(transport: Transport, asked: FileAsked): Promise<boolean> {
  const { view, format, name, rows } = asked;
  if (transport.url ? await linked(transport, asked) : await askedElsewhere(asked)) return true;
  save(await fileOf(transport, view, format), name);
  return rows <= MOST_DOWNLOADED;
}

/** Let the browser fetch a file from the server; false where the server does not have these rows. */
async function linked(transport: Transport, { view, format, rows, name }: FileAsked): Promise<boolean> {
  // The last row is there when the rows are sorted, and a refusal is told here and not by a broken file.
  const query = rowsQuery(view, { offset: Math.max(rows - 1, 0), limit: 1 });
  for (;;) {
    try {
      await fetchReply(transport, "GET", view.path, { query });
      break;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.problem.reason !== "NotReadyError") throw error;
      await new Promise((go) => setTimeout(go, ASK_AGAIN_MS));
    }
  }
  const kind = format.id === "json" ? "ndjson" : format.id;
  const url = transport.url?.(`${view.path}/file`, rowsQuery(view, { format: kind }));
  if (url) follow(url, name);
  return url !== undefined;
}

/** Ask whoever has a server for the file; false where there is nobody, or its server knows no such job. */
async function askedElsewhere(asked: FileAsked): Promise<boolean> {
  let had = Promise.resolve(false);
  const answer = (found: Promise<boolean>): void => {
    had = found;
  };
  document.dispatchEvent(new CustomEvent<FileEvent>(FILE_ASKED, { detail: { ...asked, answer } }));
  return had;
}

/** Answer the widgets of the page that ask for files. */
export function giveFiles(transport: Transport): void {
  document.addEventListener(FILE_ASKED, (event) => {
    const asked = (event as CustomEvent<FileEvent>).detail;
    // A kernel may keep its jobs elsewhere.
    asked.answer(linked(transport, asked).catch(() => false));
  });
}

/** Fetch the rows of a view as one file. */
export async function fileOf(transport: Transport, view: RowsView, format: DownloadFormat): Promise<Blob> {
  const parts: Uint8Array[] = [];
  const whole = format.id === "parquet" || format.id === "arrow";
  let limit = whole ? MOST_DOWNLOADED : FIRST_ROWS;
  for (let offset = 0; ; ) {
    let reply: Reply;
    try {
      const query = rowsQuery(view, { offset, limit });
      reply = await fetchReply(transport, "GET", view.path, { query, accept: format.media });
    } catch (error) {
      // A widget's message has a size; lines can come in smaller pieces, other formats cannot.
      if (!(error instanceof ServiceError) || error.status !== 413 || whole || limit === 1) throw error;
      limit = Math.max(1, Math.floor(limit / 4));
      continue;
    }
    parts.push(offset && format.id === "csv" ? withoutHeader(reply.body) : reply.body);
    offset += limit;
    if (whole || offset >= Math.min(totalOf(reply.headers) ?? 0, MOST_DOWNLOADED)) break;
    limit = Math.min(limit, MOST_DOWNLOADED - offset);
  }
  return new Blob(parts as BlobPart[], { type: format.media });
}

/** A CSV file without its first record; a name in quotes may hold line breaks. */
export function withoutHeader(body: Uint8Array): Uint8Array {
  let quoted = false;
  for (const [at, byte] of body.entries()) {
    if (byte === 34) quoted = !quoted;
    if (byte === 10 && !quoted) return body.subarray(at + 1);
  }
  return body.subarray(body.length);
}

/** Let the browser save a file. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  follow(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function follow(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
