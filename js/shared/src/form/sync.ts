// A form and its SQL kept as two faces of one query. The side that is typed in leads; the other follows what the
// service makes of it, so that neither is ever rewritten under the hand that types.

import type { Problem, QueryPlan } from "../model";
import { fetchJson, ServiceError, type Transport, unreachable } from "../transport";
import { kindOf } from "./edit";
import { EMPTY_FORM, type Form, type FormFault, type FormRead, type FormWritten, type ValueKind } from "./model";

/** The value of a parameter as it is typed. */
export interface ParameterText {
  kind: Exclude<ValueKind, "parameter">;
  text: string;
}

/** `chosen`: its kind was said, and is not that of its column. */
interface GivenValue extends ParameterText {
  chosen: boolean;
}

export interface FormState {
  form: Form;
  sql: string;
  /** Why the form does not show the SQL, and is that of before; no reason where the SQL is not right yet. */
  blocked: FormRead | null;
  /** SQL that the form was taken back from: it can be brought back. */
  before: string | null;
  faults: readonly FormFault[];
  parameters: readonly string[];
  values: ReadonlyMap<string, GivenValue>;
  /** The types of the columns of the source, as far as they are known. */
  types: ReadonlyMap<string, string>;
  /** What is wrong with the SQL. */
  problem: Problem | null;
  checked: QueryPlan | null;
  /** Something is asked of the service. */
  busy: boolean;
}

export interface SyncOptions {
  sql?: string;
  /** Milliseconds of quiet before the service is asked. */
  delay?: number;
}

type Step = "write" | "read" | "check";

const DELAY_MS = 250;
const UNREAD: FormRead = { form: null, reason: "", where: null, parameters: [] };

export class FormSync {
  readonly transport: Transport;
  readonly #delay: number;
  readonly #listeners = new Set<(state: FormState) => void>();
  #state: FormState;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  /** What is to be asked when the hand rests, or is asked now. */
  #due: Step | null = null;
  #closed = false;

  constructor(transport: Transport, { sql = "", delay = DELAY_MS }: SyncOptions = {}) {
    this.transport = transport;
    this.#delay = delay;
    this.#state = {
      form: EMPTY_FORM,
      sql: "",
      blocked: null,
      before: null,
      types: new Map(),
      faults: [],
      parameters: [],
      values: new Map(),
      problem: null,
      checked: null,
      busy: false,
    };
    if (sql) this.editSql(sql);
  }

  get state(): FormState {
    return this.#state;
  }

  subscribe(listener: (state: FormState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The form was changed: its SQL follows. */
  editForm(form: Form): void {
    const before = this.#state.blocked ? this.#state.sql : this.#state.before;
    this.#lead({ form, blocked: null, before }, "write");
  }

  /** The SQL was changed: the form follows as far as it can show it. */
  editSql(sql: string): void {
    if (sql === this.#state.sql) return;
    this.#lead({ sql, before: null }, "read");
  }

  setTypes(types: ReadonlyMap<string, string>): void {
    this.#set({ types });
  }

  /** Check the SQL again: what is known of the files may be another. */
  recheck(): void {
    this.#lead({}, this.#due ?? "check");
  }

  setValue(name: string, value: ParameterText): void {
    const chosen = this.#state.values.get(name)?.chosen === true || value.kind !== this.valueOf(name).kind;
    const values = new Map(this.#state.values).set(name, { ...value, chosen });
    this.#lead({ values }, this.#due ?? "check");
  }

  /** The value of a parameter; of the kind of the column that it is compared with, where there is none yet. */
  valueOf(name: string): ParameterText {
    const given = this.#state.values.get(name);
    if (given?.chosen) return given;
    const { form, types } = this.#state;
    const filter = form.filters.find((one) => one.values.some((value) => value.kind === "parameter" && value.text === name));
    const type = filter && types.get(filter.column);
    const kind = type === undefined ? (filter ? "text" : "number") : kindOf(type);
    return { kind: kind === null || kind === "parameter" ? "text" : kind, text: given?.text ?? "" };
  }

  /** What goes with the SQL as values of its parameters. */
  get params(): Record<string, unknown> {
    return Object.fromEntries(this.#state.parameters.map((name) => [name, jsonValue(this.valueOf(name))]));
  }

  /** What is wrong with the value of a parameter; empty for nothing. Nothing is a value before it is given. */
  faultOf(name: string): string {
    return this.#state.values.has(name) ? valueFault(this.valueOf(name)) : "give it a value";
  }

  /** Whether all parameters have values. */
  get isFilled(): boolean {
    return this.#state.parameters.every((name) => this.faultOf(name) === "");
  }

  /** Ask nothing more, and tell nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** Take a change in now, and what follows from it when the hand rests. */
  #lead(change: Partial<FormState>, step: Step): void {
    const turn = ++this.#turn;
    this.#due = step;
    clearTimeout(this.#timer);
    this.#set({ ...change, busy: true });
    this.#timer = setTimeout(() => {
      this.#take(step, turn).catch((error: unknown) => {
        const problem = error instanceof ServiceError ? error.problem : unreachable(String(error));
        this.#follow(turn, { problem, checked: null, busy: false });
      });
    }, this.#delay);
  }

  #take(step: Step, turn: number): Promise<void> {
    if (step === "check") return this.#check(turn);
    return step === "write" ? this.#write(turn) : this.#read(turn);
  }

  async #write(turn: number): Promise<void> {
    const { transport } = this;
    const written = await fetchJson<FormWritten>(transport, "POST", "form/sql", { body: { form: this.#state.form } });
    const { faults, parameters, sql } = written;
    if (faults.length) {
      this.#follow(turn, { faults, parameters, problem: null, checked: null, busy: false });
    } else if (this.#follow(turn, { faults: [], parameters, sql, problem: null })) {
      await this.#check(turn);
    }
  }

  async #read(turn: number): Promise<void> {
    const { sql } = this.#state;
    const read = await fetchJson<FormRead>(this.transport, "POST", "form/parse", { body: { sql } }).catch((error: unknown) => {
      this.#follow(turn, { blocked: UNREAD });
      throw error;
    });
    const { form, parameters } = read;
    const change = form ? { form, blocked: null } : { blocked: read };
    if (this.#follow(turn, { ...change, faults: [], parameters, problem: null })) await this.#check(turn);
  }

  async #check(turn: number): Promise<void> {
    const { sql } = this.#state;
    if (!sql.trim() || !this.isFilled) {
      this.#follow(turn, { checked: null, busy: false });
      return;
    }
    const body = { sql, params: this.params };
    const checked = await fetchJson<QueryPlan>(this.transport, "POST", "validate", { body });
    this.#follow(turn, { checked, problem: null, busy: false });
  }

  /** Take in what the service said, unless something was typed since. */
  #follow(turn: number, change: Partial<FormState>): boolean {
    if (turn !== this.#turn || this.#closed) return false;
    if (change.busy === false) this.#due = null;
    this.#set(change);
    return true;
  }

  #set(change: Partial<FormState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

function valueFault({ kind, text }: ParameterText): string {
  if (kind === "text") return "";
  if (!text.trim()) return "give it a value";
  return kind === "number" && !Number.isFinite(Number(text)) ? "write a number, such as 12.5" : "";
}

/** The value of a parameter as JSON; what a number of JSON does not hold exactly stays text. */
export function jsonValue({ kind, text }: ParameterText): unknown {
  if (kind === "boolean") return text === "true";
  if (kind !== "number") return text;
  const number = Number(text);
  const exact = /^-?\d+$/.test(text) ? Number.isSafeInteger(number) : Number.isFinite(number);
  return exact && text.trim() !== "" ? number : text;
}
