// The jobs of a board: pages by cursor as they are scrolled to, events as they come, counts by status.

import type { Job, JobCounts, Problem, Status } from "../model";
import type { JobStore, JobView } from "../store";
import { fetchJson } from "../transport";
import { problemOf } from "../ui/kit";
import { type BoardQuery, NEWEST, ordered, type Pages, sortText } from "./boardModel";

const FIRST_PAGE = 100;
const PAGE = 250;
/** Events are taken in so often at most, in milliseconds: jobs at work send many. */
const TAKE_MS = 200;
const COUNT_MS = 1000;

export interface BoardState {
  query: BoardQuery;
  jobs: readonly Job[];
  views: ReadonlyMap<string, JobView>;
  /** Rows of the list, those that are not fetched yet included. */
  total: number;
  counts: Readonly<Record<Status, number>> | null;
  loading: boolean;
  cut: boolean;
  problem: Problem | null;
}

/** Feeds one board; `listen` is called after every change of `state`. */
export class BoardList {
  state: BoardState;
  readonly #store: JobStore;
  readonly #listen: () => void;
  #pages: Pages = { query: NEWEST, fetched: new Set(), last: null, next: null };
  #statuses = new Map<string, Status>();
  #asked = 0;
  #fetching: Promise<void> | null = null;
  #take: ReturnType<typeof setTimeout> | undefined;
  #count: ReturnType<typeof setTimeout> | undefined;
  #ends: (() => void)[] = [];

  constructor(store: JobStore, listen: () => void, query: BoardQuery = NEWEST) {
    this.#store = store;
    this.#listen = listen;
    this.state = {
      query,
      jobs: [],
      views: new Map(),
      total: 0,
      counts: null,
      loading: true,
      cut: false,
      problem: null,
    };
  }

  /** Fetch the first page and follow all jobs from there; returns what ends it. */
  open(): () => void {
    let ended = false;
    void this.ask(this.state.query).finally(() => {
      if (ended) return;
      this.#ends = [this.#store.follow(), this.#store.subscribe(() => this.#later())];
      this.#later();
    });
    return () => {
      ended = true;
      for (const end of this.#ends) end();
      clearTimeout(this.#take);
      clearTimeout(this.#count);
      this.#asked += 1;
    };
  }

  /** Show other jobs, or in another order; what is shown stays until they are there. */
  async ask(query: BoardQuery): Promise<void> {
    const asked = ++this.#asked;
    this.#set({ query, loading: true, problem: null });
    try {
      const [page] = await Promise.all([this.#page(query, FIRST_PAGE), this.#recount(query)]);
      if (asked !== this.#asked) return;
      const { jobs, next_cursor: next } = page;
      this.#pages = { query, fetched: new Set(jobs.map((job) => job.id)), last: jobs.at(-1) ?? null, next };
      this.#fetching = null;
      this.#set({ loading: false });
      this.#order();
    } catch (error) {
      if (asked === this.#asked) this.#set({ loading: false, problem: problemOf(error) });
    }
  }

  /** See that the jobs up to a row are fetched. */
  async need(row: number): Promise<void> {
    const asked = this.#asked;
    while (asked === this.#asked && this.#pages.next !== null && row >= this.state.jobs.length) {
      this.#fetching ??= this.#more(asked).finally(() => {
        this.#fetching = null;
      });
      await this.#fetching;
      if (this.state.problem) return;
    }
  }

  /** See that all jobs of the query are fetched. */
  all(): Promise<void> {
    return this.need(Number.POSITIVE_INFINITY);
  }

  async #more(asked: number): Promise<void> {
    const { query, next } = this.#pages;
    try {
      const page = await this.#page(query, PAGE, next ?? "");
      if (asked !== this.#asked) return;
      const fetched = new Set(this.#pages.fetched);
      for (const job of page.jobs) fetched.add(job.id);
      this.#pages = { query, fetched, last: page.jobs.at(-1) ?? this.#pages.last, next: page.next_cursor };
      this.#order();
    } catch (error) {
      if (asked === this.#asked) this.#set({ problem: problemOf(error) });
    }
  }

  #page(query: BoardQuery, limit: number, cursor?: string) {
    const more = cursor ? { cursor } : {};
    const text = query.text ? { q: query.text } : {};
    return this.#store.list({ status: query.statuses, ...text, sort: sortText(query), limit, ...more });
  }

  async #recount(query: BoardQuery): Promise<void> {
    const text = query.text ? { query: { q: query.text } } : {};
    const { counts } = await fetchJson<JobCounts>(this.#store.transport, "GET", "jobs/count", text);
    if (query.text !== this.state.query.text) return;
    this.#set({ counts });
    this.#total();
  }

  #later(): void {
    this.#take ??= setTimeout(() => {
      this.#take = undefined;
      this.#order();
      if (this.#moved()) this.#countLater();
    }, TAKE_MS);
  }

  /** Whether a job is new, gone or of another status than when this was asked last. */
  #moved(): boolean {
    const now = new Map<string, Status>();
    let moved = false;
    for (const [id, view] of this.state.views) {
      now.set(id, view.job.status);
      moved ||= this.#statuses.get(id) !== view.job.status;
    }
    moved ||= now.size !== this.#statuses.size;
    this.#statuses = now;
    return moved;
  }

  #countLater(): void {
    this.#count ??= setTimeout(() => {
      this.#count = undefined;
      // Counts that cannot be had now are told of by what is cut; the next change asks again.
      void this.#recount(this.state.query).catch(() => undefined);
    }, COUNT_MS);
  }

  #order(): void {
    const { jobs: views, cut } = this.#store.state;
    const jobs = ordered(
      Array.from(views.values(), (view) => view.job),
      this.#pages,
    );
    this.#set({ views, cut, jobs });
    this.#total();
  }

  #total(): void {
    const { counts, jobs, query } = this.state;
    const statuses = query.statuses.length ? query.statuses : (Object.keys(counts ?? {}) as Status[]);
    const counted = statuses.reduce((sum, status) => sum + (counts?.[status] ?? 0), 0);
    const total = this.#pages.next === null ? jobs.length : Math.max(counted, jobs.length);
    if (total !== this.state.total) this.#set({ total });
  }

  #set(change: Partial<BoardState>): void {
    this.state = { ...this.state, ...change };
    this.#listen();
  }
}
