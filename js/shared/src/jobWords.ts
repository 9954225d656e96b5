// A job in words, as `fusionflow_lab/results/view.py` and `notebook/card.py` say it.

import { bytesText, countText, hasEnded, rowsLaw, secondsText } from "./format";
import type { ChunkErrorEvent, Job } from "./model";
import type { JobView } from "./store";

/** What follows the word of a status: that not every row went in. */
export function withRejects(job: Pick<Job, "status" | "counters">): string {
  const { rows_rejected } = job.counters;
  return job.status === "COMPLETED" && rows_rejected ? ` with ${countText(rows_rejected, "reject")}` : "";
}

/** How far and how fast, in one line; empty where there is nothing to say. */
export function speedText({ job, progress }: JobView): string {
  const ended = hasEnded(job.status);
  const parts = [];
  if (job.bytes_total || job.bytes_done) parts.push(`${bytesText(job.bytes_done)} of ${bytesText(job.bytes_total)}`);
  if (progress || job.counters.rows_read) parts.push(countText(job.counters.rows_read, "row"));
  if (ended && job.started !== null && job.finished !== null) parts.push(secondsText(job.finished - job.started));
  if (progress && !ended) {
    if (progress.bytes_per_second) parts.push(`${bytesText(progress.bytes_per_second)}/s`);
    if (progress.eta) parts.push(`${secondsText(progress.eta)} left`);
    if (progress.workers) parts.push(countText(progress.workers, "worker"));
  }
  return parts.join(" · ");
}

/** What a job waits for that does not move yet; empty where it moves. `others` are the jobs before it. */
export function waitingText({ job, progress, message }: JobView, others: number): string {
  if (job.status === "CREATED" || job.status === "QUEUED") {
    if (message) return message;
    return others ? `queued behind ${countText(others, "other job")}` : "waiting for a runner to take it";
  }
  if (job.status === "IN_PROGRESS" && (progress === null || progress.workers === 0)) return "waiting for workers";
  if (job.status === "STOPPING") return "stopping; what is scanned is kept";
  return "";
}

/** The account of every row, and what was known before. */
export function accountText({ counters }: Pick<Job, "counters">): string {
  const law = `rows ${rowsLaw(counters)}`;
  return counters.bytes_reused ? `${law} · ${bytesText(counters.bytes_reused)} reused` : law;
}

/** What a stop kept, and how to go on. */
export function stoppedText(job: Pick<Job, "chunks_done" | "chunks_total">): string {
  if (!job.chunks_done) return "stopped before any chunk was done; resume it to start";
  return `stopped; ${countText(job.chunks_done)} of ${countText(job.chunks_total, "chunk")} kept, resume it to go on`;
}

/** Which bytes of which file failed on which attempt, and why. */
export function chunkErrorText({ attempt, file, start, end, message }: ChunkErrorEvent): string {
  return `attempt ${attempt} at ${file} bytes ${start}-${end} failed: ${message}`;
}
