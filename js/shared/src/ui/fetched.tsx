// Something fetched once, and again when asked: its loading, its failure and itself.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { Problem } from "../model";
import { Loading, problemOf, ProblemNote } from "./kit";

export interface Fetched<T> {
  value: T | null;
  problem: Problem | null;
  again: () => void;
}

/** Fetch when `key` changes; what was there before stays until the new is. */
export function useFetched<T>(key: string, get: () => Promise<T>): Fetched<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const turn = useRef(0);
  const again = useCallback(() => {
    const mine = ++turn.current;
    get().then(
      (got) => {
        if (mine !== turn.current) return;
        setValue(got);
        setProblem(null);
      },
      (error: unknown) => mine === turn.current && setProblem(problemOf(error)),
    );
  }, [key]);
  useEffect(again, [again]);
  return { value, problem, again };
}

interface FetchedViewProps<T> {
  what: string;
  fetched: Fetched<T>;
  children: (value: T) => ComponentChildren;
}

export function FetchedView<T>({ what, fetched, children }: FetchedViewProps<T>) {
  const { value, problem, again } = fetched;
  return (
    <>
      {problem && <ProblemNote problem={problem} retry={again} />}
      {value === null ? !problem && <Loading what={what} /> : children(value)}
    </>
  );
}
