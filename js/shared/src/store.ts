// What is known of the jobs, folded from requests and events; components subscribe to it.

import { useEffect, useState } from "preact/hooks";

import { fractionOf, hasEnded } from "./format";
import type {
  ChunkErrorEvent,
  ChunksEvent,
  EventFrame,
  EventPage,
  Job,
  JobEvent,
  JobPage,
  NoticeEvent,
  PreviewEvent,
  ProgressEvent,
  StatusEvent,
} from "./model";
import { fetchJson, type Transport } from "./transport";

/** A job as its reader sees it now. `fraction` never goes back. */
export interface JobView {
  job: Job;
  fraction: number;
  message: string;
  /** When the newest status was told, in seconds since the epoch; 0 before the first. */
  told: number;
  progress: ProgressEvent | null;
  preview: PreviewEvent | null;
  chunks: ChunksEvent | null;
  statuses: readonly StatusEvent[];
  notices: readonly NoticeEvent[];
  errors: readonly ChunkErrorEvent[];
}

export interface StoreState {
  jobs: ReadonlyMap<string, JobView>;
  cursor: number;
  /** The stream of events is cut, and is being opened again. */
  cut: boolean;
}

export function viewOf(job: Job): JobView {
  const none = { progress: null, preview: null, chunks: null, statuses: [], notices: [], errors: [] };
  return { job, fraction: fractionOf(job), message: "", told: 0, ...none };
}

/** Take one more event in; an event that is known already changes nothing. */
export function after(view: JobView, event: JobEvent): JobView {
  switch (event.type) {
    case "status": {
      const statuses = known(view.statuses, event) ? view.statuses : [...view.statuses, event];
      // Events are told from the first on: what came before the row was read is over.
      if (event.time < Math.max(view.told, view.job.started ?? 0, view.job.finished ?? 0)) return { ...view, statuses };
      const job = { ...view.job, status: event.status };
      return { ...view, job, statuses, told: event.time, message: event.message, fraction: event.status === "COMPLETED" ? 1 : view.fraction };
    }
    case "progress": {
      if (older(event, view.progress)) return view;
      if (hasEnded(view.job.status)) return { ...view, progress: event };
      const { chunks_done, chunks_total, bytes_done, bytes_total, counters } = event;
      const job = { ...view.job, chunks_done, chunks_total, bytes_done, bytes_total, counters };
      return { ...view, job, progress: event, fraction: Math.max(view.fraction, fractionOf(job)) };
    }
    case "preview":
      return older(event, view.preview) ? view : { ...view, preview: event };
    case "chunks":
      return older(event, view.chunks) ? view : { ...view, chunks: event };
    case "notice":
      return known(view.notices, event) ? view : { ...view, notices: [...view.notices, event] };
    case "chunk_error":
      return known(view.errors, event) ? view : { ...view, errors: [...view.errors, event] };
  }
}

/** Whether a live event comes late: by another way, whose copies are kept less often. */
function older(event: JobEvent, known: JobEvent | null): boolean {
  return known !== null && (event.seq < known.seq || (event.seq === known.seq && event.time < known.time));
}

function known(events: readonly JobEvent[], event: JobEvent): boolean {
  return events.some((one) => one.seq === event.seq);
}

/** The jobs of one transport. Listeners are called after every change. */
export class JobStore {
  readonly transport: Transport;
  #state: StoreState = { jobs: new Map(), cursor: 0, cut: false };
  readonly #listeners = new Set<() => void>();
  readonly #asked = new Set<string>();
  #all = 0;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  get state(): StoreState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follow the events of one job from its first on, or of all from now on; returns what ends it. */
  follow(job?: string): () => void {
    const listen = { onFrame: (frame: EventFrame) => this.take(frame), onCut: (cut: boolean) => this.#set({ cut }) };
    if (job === undefined) {
      this.#all += 1;
      const end = this.transport.watch({ since: this.#state.cursor, ...listen });
      return () => {
        this.#all -= 1;
        end();
      };
    }
    if (this.#all === 0) return this.transport.watch({ since: 0, job, ...listen });
    // One stream is enough: only what was before it is asked for.
    void this.#replay(job).catch(() => undefined);
    return () => undefined;
  }

  take(frame: EventFrame): void {
    const { event } = frame;
    const cursor = Math.max(this.#state.cursor, frame.cursor);
    const view = this.#state.jobs.get(event.job);
    if (view === undefined) {
      this.#set({ cursor });
      this.#look(event.job);
      return;
    }
    this.#set({ cursor, jobs: new Map(this.#state.jobs).set(event.job, after(view, event)) });
    // The end brings counters, error and times that events do not carry.
    if (event.type === "status") this.#look(event.job);
  }

  put(jobs: readonly Job[]): void {
    const all = new Map(this.#state.jobs);
    for (const job of jobs) {
      const view = all.get(job.id);
      all.set(job.id, view ? { ...view, job, fraction: Math.max(view.fraction, fractionOf(job)) } : viewOf(job));
    }
    this.#set({ jobs: all });
  }

  drop(ids: readonly string[]): void {
    const all = new Map(this.#state.jobs);
    for (const id of ids) all.delete(id);
    this.#set({ jobs: all });
  }

  async load(id: string): Promise<Job> {
    const job = await fetchJson<Job>(this.transport, "GET", `jobs/${encodeURIComponent(id)}`);
    this.put([job]);
    return job;
  }

  /** Fetch a page of the jobs that fit, newest first; `follow` goes on from there. */
  async list(query: { status?: readonly string[]; q?: string; sort?: string; limit?: number; cursor?: string }): Promise<JobPage> {
    const page = await fetchJson<JobPage>(this.transport, "GET", "jobs", { query: { ...query } });
    this.put(page.jobs);
    if (this.#state.cursor === 0) this.#set({ cursor: page.cursor });
    return page;
  }

  async stop(id: string): Promise<void> {
    this.put([await this.#patch(id, "STOPPED")]);
  }

  async resume(id: string): Promise<void> {
    this.put([await this.#patch(id, "IN_PROGRESS")]);
  }

  /** Ask the query of a job again, over its files as they are now; returns the new job. */
  async rerun(id: string): Promise<Job> {
    const job = await fetchJson<Job>(this.transport, "POST", `jobs/${encodeURIComponent(id)}/rerun`, { body: {} });
    this.put([job]);
    return job;
  }

  async remove(ids: readonly string[]): Promise<void> {
    await fetchJson<unknown>(this.transport, "DELETE", "jobs", { query: { id: ids } });
    this.drop(ids);
  }

  async #replay(job: string): Promise<void> {
    if (!this.#state.jobs.has(job)) await this.load(job);
    const path = `jobs/${encodeURIComponent(job)}/events`;
    const page = await fetchJson<EventPage>(this.transport, "GET", path);
    for (const frame of page.frames) this.take(frame);
  }

  #patch(id: string, status: "STOPPED" | "IN_PROGRESS"): Promise<Job> {
    return fetchJson<Job>(this.transport, "PATCH", `jobs/${encodeURIComponent(id)}`, { body: { status } });
  }

  #look(id: string): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    // A job that is gone meanwhile, or a service that is away, is told by the next event.
    void this.load(id)
      .catch(() => undefined)
      .finally(() => this.#asked.delete(id));
  }

  #set(change: Partial<StoreState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The part of the store that a component draws; it is drawn again when that part, or what it depends on, changes. */
export function useStore<T>(store: JobStore, part: (state: StoreState) => T, on: readonly unknown[] = []): T {
  const [value, set] = useState(() => part(store.state));
  useEffect(() => {
    const look = (): void => set(() => part(store.state));
    look();
    return store.subscribe(look);
  }, [store, ...on]);
  return value;
}
