import assert from "node:assert/strict";
import { test } from "node:test";

import { CommTransport, type CommModel } from "./comm";
import { HttpTransport } from "./http";
import { queryText } from "./transport";

type Listener = (content: unknown, buffers: readonly DataView[]) => void;

class Wire implements CommModel {
  sent: Record<string, unknown>[] = [];
  listener: Listener = () => undefined;

  send(content: unknown): void {
    this.sent.push(content as Record<string, unknown>);
  }

  on(_event: string, listener: Listener): void {
    this.listener = listener;
  }

  off(): void {
    this.listener = () => undefined;
  }
}

test("replies over a comm find their requests, whatever their order", async () => {
  const wire = new Wire();
  const transport = new CommTransport(wire);
  const first = transport.send("GET", "jobs", { query: { q: "a" } });
  const second = transport.send("GET", "me");
  const reply = (id: number, body: string): void => {
    const padded = new TextEncoder().encode(`..${body}`);
    wire.listener({ kind: "reply", id, status: 200, type: "text/plain", headers: {} }, [
      new DataView(padded.buffer, 2),
    ]);
  };
  reply(2, "two");
  reply(1, "one");
  assert.equal(new TextDecoder().decode((await first).body), "one");
  assert.equal(new TextDecoder().decode((await second).body), "two");
  assert.deepEqual(wire.sent[0]?.["query"], { q: "a" });
});

test("events over a comm reach the watch that asked", () => {
  const wire = new Wire();
  const seen: number[] = [];
  const end = new CommTransport(wire).watch({ since: 3, job: "ab12", onFrame: (frame) => seen.push(frame.cursor) });
  wire.listener({ kind: "event", watch: 1, frame: { cursor: 4 } }, []);
  end();
  wire.listener({ kind: "event", watch: 1, frame: { cursor: 5 } }, []);
  assert.deepEqual(seen, [4]);
  assert.deepEqual(
    wire.sent.map((message) => message["kind"]),
    ["watch", "unwatch"],
  );
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
