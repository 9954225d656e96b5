import assert from "node:assert/strict";
import { test } from "node:test";

import { fileOf, FORMATS, MOST_DOWNLOADED, withoutHeader } from "./download";
import type { Method, Reply, RequestOptions, Transport } from "./transport";

const VIEW = { path: "jobs/ab12/result", sort: [], filter: [], columns: [] };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Serves lines, refusing what is more than a message of `most` bytes. */
class LinesTransport implements Transport {
  asked = 0;

  constructor(
    readonly total: number,
    readonly most = Infinity,
  ) {}

  send(_method: Method, _path: string, options: RequestOptions = {}): Promise<Reply> {
    this.asked += 1;
    const [offset, limit] = [Number(options.query?.["offset"]), Number(options.query?.["limit"])];
    const count = Math.min(limit, this.total - offset);
    const lines = Array.from({ length: count }, (_, row) => `${offset + row}\n`).join("");
    const body = encode(options.accept === "text/csv" ? `"a\nname"\n${lines}` : lines);
    const headers = { "x-total-rows": String(this.total) };
    if (body.byteLength <= this.most) return Promise.resolve({ status: 200, type: "", headers, body });
    const problem = { message: "the reply is too large", reason: "ReplyTooLarge", where: null, hint: "", job_id: "" };
    return Promise.resolve({ status: 413, type: "", headers: {}, body: encode(JSON.stringify(problem)) });
  }

  watch(): () => void {
    return () => undefined;
  }
}

const format = (id: string): (typeof FORMATS)[number] => FORMATS.find((one) => one.id === id) ?? FORMATS[0];

test("lines come in pieces that a message carries, each row once, one header", async () => {
  const transport = new LinesTransport(25_000, 30_000);
  const text = await (await fileOf(transport, VIEW, format("csv"))).text();
  const rows = Array.from({ length: 25_000 }, (_, row) => `${row}\n`).join("");
  assert.equal(text, `"a\nname"\n${rows}`);
  assert.equal(await (await fileOf(transport, VIEW, format("json"))).text(), rows);
});

test("a file that cannot be cut is one request, or the service's refusal", async () => {
  const transport = new LinesTransport(500);
  await fileOf(transport, VIEW, format("parquet"));
  assert.equal(transport.asked, 1);
  await assert.rejects(fileOf(new LinesTransport(500, 100), VIEW, format("arrow")), { message: "the reply is too large" });
});

test("a download ends at the most rows", async () => {
  const text = await (await fileOf(new LinesTransport(MOST_DOWNLOADED * 3), VIEW, format("json"))).text();
  assert.equal(text.trimEnd().split("\n").length, MOST_DOWNLOADED);
});

test("a header may hold a line break in quotes", () => {
  assert.equal(new TextDecoder().decode(withoutHeader(encode('"a\nb",c\n1,2\n'))), "1,2\n");
  assert.equal(withoutHeader(encode("a,b")).length, 0);
});
