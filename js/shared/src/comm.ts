// The service over a widget's comm: each request has a number, and its reply comes back with it.
// Kernel side: fusionflow_lab/notebook/widgets/comm.py.

import type { EventFrame } from "./model";
import { type Method, type Reply, type RequestOptions, ServiceError, type Transport, type Watch } from "./transport";
import { unreachable } from "./transport";

/** The part of an anywidget model that carries messages. */
export interface CommModel {
  send(content: unknown): void;
  on(event: "msg:custom", listener: (content: unknown, buffers: readonly DataView[]) => void): void;
  off(event: "msg:custom", listener: (content: unknown, buffers: readonly DataView[]) => void): void;
}

type Incoming =
  | { kind: "reply"; id: number; status: number; type: string; headers: Record<string, string> }
  | { kind: "event"; watch: number; frame: EventFrame };

const PATIENCE_MS = 30_000;

export class CommTransport implements Transport {
  readonly #model: CommModel;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #watches = new Map<number, Watch>();
  readonly #listener: (content: unknown, buffers: readonly DataView[]) => void;
  #last = 0;

  constructor(model: CommModel) {
    this.#model = model;
    this.#listener = (content, buffers) => this.#take(content as Incoming, buffers);
    model.on("msg:custom", this.#listener);
  }

  send(method: Method, path: string, options: RequestOptions = {}): Promise<Reply> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const why = unreachable("the kernel does not answer");
        reject(new ServiceError(0, { ...why, hint: "it may be at work on another cell, or gone: look at its status" }));
      }, PATIENCE_MS);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.#model.send({
        kind: "request",
        id,
        method,
        path,
        query: options.query ?? {},
        body: options.body ?? null,
        accept: options.accept ?? "application/json",
      });
    });
  }

  watch(watch: Watch): () => void {
    const id = ++this.#last;
    this.#watches.set(id, watch);
    this.#model.send({ kind: "watch", id, since: watch.since, job: watch.job ?? null });
    return () => {
      this.#watches.delete(id);
      this.#model.send({ kind: "unwatch", id });
    };
  }

  /** Stop listening; what is still asked stays unanswered. */
  close(): void {
    this.#model.off("msg:custom", this.#listener);
    for (const id of this.#watches.keys()) this.#model.send({ kind: "unwatch", id });
    this.#watches.clear();
  }

  #take(content: Incoming, buffers: readonly DataView[]): void {
    if (content.kind === "event") {
      this.#watches.get(content.watch)?.onFrame(content.frame);
    } else if (content.kind === "reply") {
      const view = buffers[0];
      const body = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
      this.#waiting.get(content.id)?.({ status: content.status, type: content.type, headers: content.headers, body });
      this.#waiting.delete(content.id);
    }
  }
}
