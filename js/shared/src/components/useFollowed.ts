// A job that a component shows: loaded, and followed for as long as it is shown.

import { useEffect, useState } from "preact/hooks";

import type { Problem } from "../model";
import type { JobStore } from "../store";
import { problemOf } from "../ui/kit";

/** See that a job is there and followed; what went wrong, and how to try again. */
export function useFollowed(store: JobStore, id: string): [Problem | null, () => void] {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let away = false;
    setProblem(null);
    store.load(id).catch((error: unknown) => {
      if (!away) setProblem(problemOf(error));
    });
    const end = store.follow(id);
    return () => {
      away = true;
      end();
    };
  }, [store, id, turn]);
  return [problem, () => setTurn(turn + 1)];
}
