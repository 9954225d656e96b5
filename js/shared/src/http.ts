// The service over HTTP and one WebSocket, as the JupyterLab panel and the renderer reach it.

import type { EventFrame } from "./model";
import { type Method, type Query, type Reply, type RequestOptions, ServiceError, type Transport, type Watch } from "./transport";
import { queryText, unreachable } from "./transport";

export interface HttpDoors {
  /** Fetch a path below `api/v1`, with the front end's token and XSRF header. */
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** Open a WebSocket on a path below `api/v1`. */
  socket(path: string): WebSocket;
  /** The address that a link has to a path below `api/v1`. */
  url(path: string): string;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** Requests by fetch, events by WebSocket; a cut socket is opened again after its last cursor. */
export class HttpTransport implements Transport {
  readonly #doors: HttpDoors;

  constructor(doors: HttpDoors) {
    this.#doors = doors;
  }

  async send(method: Method, path: string, options: RequestOptions = {}): Promise<Reply> {
    const init: RequestInit = { method, headers: { Accept: options.accept ?? "application/json" } };
    if (options.body !== undefined) {
      init.body = JSON.stringify(options.body);
      init.headers = { ...init.headers, "Content-Type": "application/json" };
    }
    let response: Response;
    try {
      response = await this.#doors.fetch(path + queryText(options.query), init);
    } catch (error) {
      throw new ServiceError(0, unreachable(error instanceof Error ? error.message : String(error)));
    }
    return {
      status: response.status,
      type: (response.headers.get("Content-Type") ?? "").split(";")[0] ?? "",
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  }

  url(path: string, query?: Query): string {
    return this.#doors.url(path + queryText(query));
  }

  watch(watch: Watch): () => void {
    let cursor = watch.since;
    let wait = FIRST_WAIT_MS;
    let socket: WebSocket | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const open = (): void => {
      socket = this.#doors.socket(`events${queryText({ since: cursor, job: watch.job })}`);
      socket.onopen = () => {
        wait = FIRST_WAIT_MS;
        watch.onCut?.(false);
      };
      socket.onmessage = (message: MessageEvent<string>) => {
        const frame = JSON.parse(message.data) as EventFrame;
        cursor = Math.max(cursor, frame.cursor);
        watch.onFrame(frame);
      };
      socket.onclose = () => {
        if (ended) return;
        watch.onCut?.(true);
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      };
    };
    open();
    return () => {
      ended = true;
      clearTimeout(timer);
      socket?.close();
    };
  }
}
