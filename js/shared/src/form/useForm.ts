// Hooks of the form: what is known of it, and of the source that it reads.

import { useEffect, useState } from "preact/hooks";

import type { Column, Problem, Sniffed, QueryPlan } from "../model";
import { fetchJson, type Transport } from "../transport";
import { problemOf } from "../ui/kit";
import { EMPTY_FORM, type FormSource, type FormWritten } from "./model";
import type { FormState, FormSync } from "./sync";

/** The state of a form; drawn again when it changes. */
export function useForm(sync: FormSync): FormState {
  const [state, set] = useState(sync.state);
  useEffect(() => {
    set(sync.state);
    return sync.subscribe(set);
  }, [sync]);
  return state;
}

export interface SourceLook {
  columns: readonly Column[];
  /** Null where files are read by a function, or where the source is a table. */
  sniffed: Sniffed | null;
  problem: Problem | null;
  loading: boolean;
}

const NOTHING: SourceLook = { columns: [], sniffed: null, problem: null, loading: false };
const DELAY_MS = 350;

/** What the source holds; what is known of it stays until something else is. */
export function useSource(transport: Transport, source: FormSource, delay = DELAY_MS): SourceLook {
  const [look, setLook] = useState(NOTHING);
  const key = JSON.stringify(source);
  useEffect(() => {
    if (!source.path) {
      setLook(NOTHING);
      return undefined;
    }
    let here = true;
    setLook((before) => ({ ...before, loading: true }));
    const timer = setTimeout(() => {
      lookAt(transport, source)
        .then((found) => here && setLook({ ...NOTHING, ...found }))
        .catch((error: unknown) => here && setLook({ ...NOTHING, problem: problemOf(error) }));
    }, delay);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [transport, key]);
  return look;
}

async function lookAt(transport: Transport, source: FormSource): Promise<Partial<SourceLook>> {
  const isFile = !source.function && /[./\\*?]/.test(source.path);
  if (isFile) {
    const sniffed = await fetchJson<Sniffed>(transport, "POST", "sniff", { body: { path: source.path } });
    return { columns: sniffed.columns, sniffed };
  }
  const form = { ...EMPTY_FORM, source };
  const { sql, faults } = await fetchJson<FormWritten>(transport, "POST", "form/sql", { body: { form } });
  if (faults.length) return {};
  const { columns } = await fetchJson<QueryPlan>(transport, "POST", "validate", { body: { sql } });
  return { columns };
}
