// The service over a widget's comm: each request has a number, and its reply comes back with it.
// Kernel side: fusionflow_lab/notebook/widgets/comm.py.

import type { EventFrame } from "./model";
import { type Method, type Reply, type RequestOptions, ServiceError, type Transport, type Watch } from "./transport";
import { unreachable } from "./transport";

/** The part of an anywidget model that carries messages. */
export interface CommModel {
  send(content: unknown): void;
  on(event: string, listener: (...data: never[]) => void): void;
  off(event: string, listener: (...data: never[]) => void): void;
}

type Incoming =
  | { kind: "reply"; id: number; status: number; type: string; headers: Record<string, string> }
  | { kind: "event"; watch: number; frame: EventFrame };

const PATIENCE_MS = 30_000;
/** The kernel ends what was watched from pages that say nothing any more. */
const HELLO_MS = 30_000;

/** Another number for each page: what the kernel says, it says to all pages that show a widget. */
function anyNumber(): number {
  return Math.floor(Math.random() * 2 ** 40);
}

export class CommTransport implements Transport {
  readonly #model: CommModel;
  readonly #front = anyNumber();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #watches = new Map<number, Watch>();
  readonly #take = (content: Incoming, buffers: readonly DataView[]): void => this.#taken(content, buffers);
  readonly #changed = (): void => this.#cut(true);
  readonly #timer: ReturnType<typeof setInterval>;
  #last = this.#front;
  #isCut = false;

  constructor(model: CommModel) {
    this.#model = model;
    model.on("msg:custom", this.#take);
    // The comm is live while it is made; after that this tells that the kernel is gone.
    model.on("comm_live_update", this.#changed);
    this.#hello();
    this.#timer = setInterval(() => this.#hello(), HELLO_MS);
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
      this.#tell({
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
    this.#tell({ kind: "watch", id, front: this.#front, since: watch.since, job: watch.job ?? null });
    if (this.#isCut) watch.onCut?.(true);
    return () => {
      if (this.#watches.delete(id)) this.#tell({ kind: "unwatch", id });
    };
  }

  /** Stop listening; what is still asked stays unanswered. */
  close(): void {
    clearInterval(this.#timer);
    this.#model.off("msg:custom", this.#take);
    this.#model.off("comm_live_update", this.#changed);
    for (const id of this.#watches.keys()) this.#tell({ kind: "unwatch", id });
    this.#watches.clear();
  }

  #hello(): void {
    this.#tell({ kind: "hello", front: this.#front });
  }

  #tell(message: Record<string, unknown>): void {
    try {
      this.#model.send(message);
    } catch {
      // The kernel is gone, and the comm with it: nobody is there to be told.
      this.#cut(true);
    }
  }

  #cut(cut: boolean): void {
    if (this.#isCut === cut) return;
    this.#isCut = cut;
    for (const watch of this.#watches.values()) watch.onCut?.(cut);
  }

  #taken(content: Incoming, buffers: readonly DataView[]): void {
    this.#cut(false);
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
