// Rows as a file of the reader: asked for in the pieces that a transport carries, put together, handed to the browser.

import { type RowsView, rowsQuery, totalOf } from "./pages";
import { fetchReply, type Reply, ServiceError, type Transport } from "./transport";

/** Rows that a download has at most; more are written by Python without passing through a browser. */
export const MOST_DOWNLOADED = 100_000;
const FIRST_ROWS = 10_000;

export const FORMATS = [
  { id: "parquet", title: "Parquet", media: "application/vnd.apache.parquet", suffix: "parquet" },
  { id: "csv", title: "CSV", media: "text/csv", suffix: "csv" },
  { id: "json", title: "JSON", media: "application/x-ndjson", suffix: "jsonl" },
  { id: "arrow", title: "Arrow", media: "application/vnd.apache.arrow.stream", suffix: "arrow" },
] as const;

export type DownloadFormat = (typeof FORMATS)[number];

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
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
