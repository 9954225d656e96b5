// How components reach the service: the same requests over HTTP (panel) and over a widget's comm (cell).

import type { EventFrame, Problem } from "./model";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";
export type Query = Record<string, string | number | readonly string[] | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  /** A media type; `application/json` unless told. */
  accept?: string;
}

/** A reply as it came; `body` holds JSON, text or Arrow by `type`. */
export interface Reply {
  status: number;
  type: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface Watch {
  /** Go on after this cursor; 0 from the first event. */
  since: number;
  /** One job; all of the user's without it. */
  job?: string;
  onFrame: (frame: EventFrame) => void;
  /** The stream is cut (true) or there again (false). */
  onCut?: (cut: boolean) => void;
}

export interface Transport {
  /** Send a request; rejects with `ServiceError` only where no reply came at all. */
  send(method: Method, path: string, options?: RequestOptions): Promise<Reply>;
  /** Follow events; returns what ends it. Cut streams go on from their last cursor by themselves. */
  watch(watch: Watch): () => void;
  /** The address of something that the browser fetches by itself, such as a file; none without a server. */
  url?(path: string, query?: Query): string;
}

/** What the service refused, in its own words. */
export class ServiceError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.name = "ServiceError";
    this.status = status;
    this.problem = problem;
  }
}

/** A `Problem` for a reply that says nothing of itself. */
export function unreachable(reason: string): Problem {
  return {
    message: "the job service cannot be reached",
    reason,
    where: null,
    hint: "it is tried again by itself; see that the Jupyter server runs",
    job_id: "",
  };
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && typeof (value as Problem).message === "string";
}

function problemOf(reply: Reply): Problem {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(reply.body));
    if (isProblem(value)) return value;
  } catch {
    // Not ours: a proxy's page, say. What it holds is never shown.
  }
  return unreachable(`status ${reply.status}`);
}

/** Send a request and return its reply, which is a success. */
export async function fetchReply(
  transport: Transport,
  method: Method,
  path: string,
  options?: RequestOptions,
): Promise<Reply> {
  const reply = await transport.send(method, path, options);
  if (reply.status >= 400) throw new ServiceError(reply.status, problemOf(reply));
  return reply;
}

/** Send a request and read the JSON of its reply. */
export async function fetchJson<T>(
  transport: Transport,
  method: Method,
  path: string,
  options?: RequestOptions,
): Promise<T> {
  const reply = await fetchReply(transport, method, path, options);
  return (reply.body.byteLength ? JSON.parse(new TextDecoder().decode(reply.body)) : null) as T;
}

/** Write a query as it stands in a URL, with `?`; empty for none. */
export function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === "object" ? value : [String(value)]) parameters.append(name, one);
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
