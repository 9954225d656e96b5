// The same thing done to many jobs, a few at a time.

import { countText } from "../format";
import type { Job } from "../model";
import type { JobStore } from "../store";
import { problemOf } from "../ui/kit";

const AT_ONCE = 6;
/** Ids of one request to delete: they stand in its address. */
const TOGETHER = 100;

/** Stop jobs; rejects with what could not be stopped, when all were tried. */
export async function stopAll(store: JobStore, jobs: readonly Job[]): Promise<void> {
  const waiting = jobs.map((job) => job.id);
  const refused: string[] = [];
  const worker = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await store.stop(id);
      } catch (error) {
        refused.push(problemOf(error).message);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (refused.length) throw new Error(`${countText(refused.length, "job")} could not be stopped: ${refused[0]}`);
}

/** Delete jobs that have ended, page by page. */
export async function deleteAll(store: JobStore, jobs: readonly Job[]): Promise<void> {
  for (let first = 0; first < jobs.length; first += TOGETHER) {
    await store.remove(jobs.slice(first, first + TOGETHER).map((job) => job.id));
  }
}

/** What deleting takes away, and what it leaves. */
export function lossText(jobs: readonly Job[]): string {
  const results = jobs.filter((job) => job.has_result).length;
  const rejects = jobs.reduce((sum, job) => sum + job.counters.rows_rejected, 0);
  const parts = [
    results ? `${countText(results, "result")}` : "",
    rejects ? `the list of ${countText(rejects, "rejected row")}` : "",
    "what was logged and noted about them",
  ].filter(Boolean);
  return `Lost for good: ${parts.join(", ")}. Files that they wrote stay, and what was scanned stays in the cache.`;
}
