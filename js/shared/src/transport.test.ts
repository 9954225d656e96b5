import assert from "node:assert/strict";
import { test } from "node:test";

import { CommTransport, type CommModel } from "./comm";
import { HttpTransport } from "./http";
import { queryText } from "./transport";

type Listener = (content: unknown, buffers: readonly DataView[]) => void;

class Wire implements CommModel {
  sent: Record<string, unknown>[] = [];
  gone = false;
  readonly listeners = new Map<string, Listener>();

  send(content: unknown): void {
    if (this.gone) throw new Error("Cannot send");
    this.sent.push(content as Record<string, unknown>);
  }

  on(event: string, listener: (...data: never[]) => void): void {
    this.listeners.set(event, listener as Listener);
  }

  off(event: string): void {
    this.listeners.delete(event);
  }

  tell(content: unknown, buffers: readonly DataView[] = []): void {
    this.listeners.get("msg:custom")?.(content, buffers);
  }

  /** What was sent of a kind. */
  of(kind: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message["kind"] === kind);
  }
}

test("replies over a comm find their requests, whatever their order", async () => {
  const wire = new Wire();
  const transport = new CommTransport(wire);
  const first = transport.send("GET", "jobs", { query: { q: "a" } });
  const second = transport.send("GET", "me");
  const reply = (at: number, body: string): void => {
    const padded = new TextEncoder().encode(`..${body}`);
    const id = wire.of("request")[at]?.["id"];
    wire.tell({ kind: "reply", id, status: 200, type: "text/plain", headers: {} }, [new DataView(padded.buffer, 2)]);
  };
  reply(1, "two");
  reply(0, "one");
  assert.equal(new TextDecoder().decode((await first).body), "one");
  assert.equal(new TextDecoder().decode((await second).body), "two");
  assert.deepEqual(wire.of("request")[0]?.["query"], { q: "a" });
  transport.close();
});

test("events over a comm reach the watch that asked", () => {
  const wire = new Wire();
  const seen: number[] = [];
  const transport = new CommTransport(wire);
  const end = transport.watch({ since: 3, job: "ab12", onFrame: (frame) => seen.push(frame.cursor) });
  const watch = wire.of("watch")[0]?.["id"];
  wire.tell({ kind: "event", watch, frame: { cursor: 4 } });
  end();
  wire.tell({ kind: "event", watch, frame: { cursor: 5 } });
  assert.deepEqual(seen, [4]);
  transport.close();
  assert.deepEqual(
    wire.sent.map((message) => message["kind"]),
    ["hello", "watch", "unwatch"],
  );
});

test("two pages of one widget take nothing for their own that is the other's", () => {
  const [one, other] = [new Wire(), new Wire()];
  const transports = [new CommTransport(one), new CommTransport(other)];
  for (const transport of transports) transport.watch({ since: 0, onFrame: () => undefined });
  assert.notEqual(one.of("watch")[0]?.["id"], other.of("watch")[0]?.["id"]);
  assert.notEqual(one.of("hello")[0]?.["front"], other.of("hello")[0]?.["front"]);
  for (const transport of transports) transport.close();
});

test("a kernel that is gone cuts what is watched, and nothing breaks", () => {
  const wire = new Wire();
  const cuts: boolean[] = [];
  const transport = new CommTransport(wire);
  const end = transport.watch({ since: 0, onFrame: () => undefined, onCut: (cut) => cuts.push(cut) });
  wire.gone = true;
  wire.listeners.get("comm_live_update")?.(undefined, []);
  end();
  transport.close();
  assert.deepEqual(cuts, [true]);
});

class Socket {
  static all: Socket[] = [];
  onopen = (): void => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose = (): void => undefined;
  constructor(readonly path: string) {
    Socket.all.push(this);
  }
  close(): void {
    this.onclose();
  }
}

test("a cut socket goes on after its last cursor", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const cuts: boolean[] = [];
  const doors = {
    fetch: () => Promise.reject(new Error("away")),
    socket: (path: string) => new Socket(path) as unknown as WebSocket,
    url: (path: string) => `http://there/${path}`,
  };
  const transport = new HttpTransport(doors);
  const end = transport.watch({ since: 0, onFrame: () => undefined, onCut: (cut) => cuts.push(cut) });
  Socket.all[0]?.onopen();
  Socket.all[0]?.onmessage({ data: JSON.stringify({ cursor: 12, event: {} }) });
  Socket.all[0]?.onclose();
  context.mock.timers.tick(250);
  assert.deepEqual(
    Socket.all.map((socket) => socket.path),
    ["events?since=0", "events?since=12"],
  );
  end();
  context.mock.timers.tick(60_000);
  assert.equal(Socket.all.length, 2);
  assert.deepEqual(cuts, [false, true]);
  await assert.rejects(transport.send("GET", "me"), { name: "ServiceError", status: 0 });
});

test("a query is escaped, lists repeat their name, what is undefined stays away", () => {
  assert.equal(queryText({ q: "a&b", status: ["QUEUED", "FAILED"], limit: undefined }), "?q=a%26b&status=QUEUED&status=FAILED");
});
