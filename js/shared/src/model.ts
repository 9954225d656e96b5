// The shapes of `fusionflow_lab/service/models.py`, as they travel in JSON. Times are seconds since the epoch.

export type Status = "CREATED" | "QUEUED" | "IN_PROGRESS" | "COMPLETED" | "FAILED" | "STOPPING" | "STOPPED";

/** The law: rows_read = rows_used + rows_filtered + rows_rejected. */
export interface Counters {
  rows_read: number;
  rows_used: number;
  rows_filtered: number;
  rows_rejected: number;
  bytes_scanned: number;
  bytes_reused: number;
  bytes_verified: number;
  bytes_unread: number;
}

export interface Failure {
  kind: string;
  what: string;
  where: string;
  hint: string;
}

export interface Parameter {
  name: string;
  type: string;
  value: string;
}

export interface Job {
  id: string;
  name: string;
  sql: string;
  owner: string;
  status: Status;
  desired: "run" | "stop";
  cluster: string;
  priority: number;
  chunks_done: number;
  chunks_total: number;
  bytes_done: number;
  bytes_total: number;
  counters: Counters;
  error: Failure | null;
  parameters: Parameter[];
  created: number;
  started: number | null;
  finished: number | null;
  has_result: boolean;
  /** Where its rows are written, in words; empty where they are the result. */
  written_to: string;
}

interface EventBase {
  job: string;
  /** Number of this event (durable) or of the last durable one before it (live); from 1. */
  seq: number;
  time: number;
}

export interface StatusEvent extends EventBase {
  type: "status";
  status: Status;
  message: string;
}

export interface NoticeEvent extends EventBase {
  type: "notice";
  code: string;
  text: string;
}

export interface ChunkErrorEvent extends EventBase {
  type: "chunk_error";
  file: string;
  start: number;
  end: number;
  attempt: number;
  message: string;
}

export interface ProgressEvent extends EventBase {
  type: "progress";
  chunks_done: number;
  chunks_total: number;
  bytes_done: number;
  bytes_total: number;
  counters: Counters;
  bytes_per_second: number;
  eta: number | null;
  workers: number;
}

export interface PreviewEvent extends EventBase {
  type: "preview";
  fraction: number;
  rows: number;
  /** The first rows as an Arrow IPC stream, base64, at most 32 KiB before encoding. */
  ipc: string;
}

/** A stretch of chunks: of a large file, or of several small ones, of which the first and last are named. */
export interface ChunkRow {
  stage: string;
  files: number;
  names: string[];
  start: number;
  end: number;
  chunks: number;
  /** Bytes of a chunk; 0 where they differ or their blocks lie all over `start` to `end`. */
  each: number;
  per_cell: number;
  /** A letter for every `per_cell` chunks: `.` not read, `r` being read, `d` read, `c` known before, `f` failed, `p` partly. */
  cells: string;
}

/** What became of each chunk of the job's newest run. */
export interface ChunksEvent extends EventBase {
  type: "chunks";
  rows: ChunkRow[];
}

export type JobEvent = StatusEvent | NoticeEvent | ChunkErrorEvent | ProgressEvent | PreviewEvent | ChunksEvent;

/** What the stream of events sends: `cursor` is what to go on from after a cut. */
export interface EventFrame {
  cursor: number;
  event: JobEvent;
}

export interface Place {
  file: string | null;
  line: number | null;
  byte: number | null;
  column: number | null;
}

/** The body of every reply that is not a success. */
export interface Problem {
  message: string;
  reason: string;
  where: Place | null;
  hint: string;
  job_id: string;
}

export interface JobPage {
  jobs: Job[];
  next_cursor: string | null;
  /** Follow events after this one to miss none of what the page does not show yet. */
  cursor: number;
}

export interface JobCounts {
  counts: Record<Status, number>;
  total: number;
}

/** Durable events in order, then the newest live ones. */
export interface EventPage {
  frames: EventFrame[];
  cursor: number;
}

export interface Column {
  name: string;
  type: string;
}

/** A condition on a column of a result; several of them must all hold. */
export interface Condition {
  column: string;
  op: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts_with" | "is_null" | "not_null" | "in";
  value?: string | number | boolean | null | (string | number | boolean | null)[];
}

/** A column by which rows are sorted; NULL comes last. */
export interface Order {
  column: string;
  descending?: boolean;
}

/** POST validate {sql, params}: how a query is run; one that is wrong is refused. */
export interface QueryPlan {
  /** The drawing of it. */
  text: string;
  columns: Column[];
  stages: PlanStage[];
  final_sql: string;
  /** Why it was not cut; empty where it was. */
  gathered: string;
  /** Where rows are written; empty where they are the result. */
  sink: string;
}

/** GET jobs/{id}/plan: what it was asked with beside its SQL, and what became of each chunk of its newest run. */
export interface JobPlan extends QueryPlan {
  options: { name: string; value: string }[];
  chunks: ChunkRow[];
}

/** One pass over a source. */
export interface PlanStage {
  name: string;
  kind: "aggregate" | "topk" | "limit" | "rows" | "gather";
  pattern: string;
  format: string;
  files: number;
  bytes: number;
  columns: Column[];
  map_sql: string;
  merge_sql: string;
  reduce_sql: string;
  /** Why rows are shipped; empty where states are. */
  reason: string;
  /** Tables that are read beside the source, and the stages that they are made of. */
  broadcast: { name: string; stages: string[] }[];
  /** Who runs the map. */
  evaluator: "duckdb" | "native";
  /** Empty where it depends on what those tables will hold. */
  map_hash: string;
  chunks: number;
  chunks_known: number;
  bytes_known: number;
}

/** GET files?path=: a folder below the allowed roots, or a prefix of an object store. */
export interface FolderListing {
  path: string;
  /** Empty where this is a root. */
  parent: string;
  entries: FolderEntry[];
  /** There are more entries than are listed. */
  more: boolean;
}

export interface FolderEntry {
  name: string;
  path: string;
  folder: boolean;
  /** Bytes; null for folders. */
  size: number | null;
  modified: number | null;
}

/** POST sniff {path}: how files are read. */
export interface Sniffed {
  path: string;
  files: number;
  bytes: number;
  format: string;
  columns: Column[];
  /** The first rows as an Arrow IPC stream, base64. */
  sample: string;
  /** What FROM says to read them so. */
  source: string;
}

/** GET clusters: those that runners of this job store use now. */
export interface ClusterList {
  clusters: Cluster[];
}

export interface Cluster {
  /** `local`, or the scheduler's address that jobs name. */
  name: string;
  scheduler: string;
  workers: number;
  runner: string;
  host: string;
  version: string;
  /** Whether runner and server are of one version. */
  version_ok: boolean;
  /** Of a process that drives its own jobs only, such as a kernel: it ends with that. */
  in_process: boolean;
  /** Through Jupyter's own proxy where it is there; empty without a dashboard. */
  dashboard: string;
  heartbeat: number;
}

/** GET cache: the states that are kept. */
export interface CacheUse {
  states: number;
  bytes: number;
  /** What retention lets them take. */
  limit_bytes: number | null;
  limit_days: number | null;
  place: string;
}
