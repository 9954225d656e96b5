import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { download, fileOf, FORMATS, giveFiles, MOST_DOWNLOADED, withoutHeader } from "./download";
import { type Method, type Query, queryText, type Reply, type RequestOptions, type Transport } from "./transport";

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

/** The same behind a server, whose first answer is that it still sorts. */
class ServedTransport extends LinesTransport {
  override send(method: Method, path: string, options: RequestOptions = {}): Promise<Reply> {
    if (this.asked > 0) return super.send(method, path, options);
    this.asked += 1;
    const problem = { message: "still sorting", reason: "NotReadyError", where: null, hint: "", job_id: "" };
    return Promise.resolve({ status: 503, type: "", headers: {}, body: encode(JSON.stringify(problem)) });
  }

  url(path: string, query?: Query): string {
    return `http://there/${path}${queryText(query)}`;
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

test("where there is a server the browser fetches the file by itself, once the rows are sorted", async (context) => {
  const clicked = page(context);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const view = { ...VIEW, sort: [{ column: "n", descending: true }] };
  const asked = { view, format: format("json"), rows: MOST_DOWNLOADED * 3, name: "ab12.jsonl" };
  const done = download(new ServedTransport(MOST_DOWNLOADED * 3), asked);
  await new Promise((go) => setImmediate(go));
  context.mock.timers.tick(1500);
  assert.equal(await done, true);
  const sort = encodeURIComponent(JSON.stringify(view.sort));
  assert.deepEqual(clicked, [[`http://there/jobs/ab12/result/file?format=ndjson&sort=${sort}`, "ab12.jsonl"]]);
});

test("a widget takes the file of its page's server, else what its messages carry", async (context) => {
  const clicked = page(context);
  const asked = { view: VIEW, format: format("csv"), rows: 300, name: "ab12.csv" };
  const widget = new LinesTransport(300);
  assert.equal(await download(widget, asked), true);
  assert.match(clicked[0]?.[0] ?? "", /^blob:/);
  giveFiles(new ServedTransport(300));
  assert.equal(await download(widget, asked), true);
  assert.deepEqual(clicked[1], ["http://there/jobs/ab12/result/file?format=csv", "ab12.csv"]);
});

/** A page on which links are written down in place of being followed. */
function page(context: TestContext): string[][] {
  const clicked: string[][] = [];
  const document = Object.assign(new EventTarget(), {
    createElement: () => {
      const link = { href: "", download: "", click: () => clicked.push([link.href, link.download]) };
      return link;
    },
  });
  Object.assign(globalThis, { document });
  context.after(() => Reflect.deleteProperty(globalThis, "document"));
  return clicked;
}

test("a header may hold a line break in quotes", () => {
  assert.equal(new TextDecoder().decode(withoutHeader(encode('"a\nb",c\n1,2\n'))), "1,2\n");
  assert.equal(withoutHeader(encode("a,b")).length, 0);
});
