// Which files are read, and how: a path, a look into folders, the reader and its options, the first rows.

import { useMemo, useState } from "preact/hooks";

import { fromBase64, readArrow } from "../arrow";
import type { FormSource } from "../form/model";
import type { SourceLook } from "../form/useForm";
import { bytesText, countText } from "../format";
import type { Transport } from "../transport";
import { Choice, Part, Rows, TextInput } from "../ui/controls";
import { Empty, Loading, ProblemNote } from "../ui/kit";
import { FileBrowser } from "./FileBrowser";
import { RowsTable } from "./RowsTable";
import type { PartProps } from "./SubmitForm";

const READERS = [
  ["", "by its name"],
  ["read_csv", "read_csv"],
  ["read_json", "read_json"],
  ["read_parquet", "read_parquet"],
  ["read_lines", "read_lines"],
  ["words", "words"],
  ["read_arrow", "read_arrow"],
  ["read_document", "read_document"],
  ["read_text", "read_text"],
] as const;

interface SourceProps extends PartProps {
  transport: Transport;
  look: SourceLook;
}

export function SubmitFormSource({ form, onForm, faults, transport, look }: SourceProps) {
  const [browsing, setBrowsing] = useState(false);
  const { source } = form;
  const set = (change: Partial<FormSource>): void => onForm({ ...form, source: { ...source, ...change } });
  return (
    <Part title="Read" note={lookText(look)}>
      <div class="ff-line">
        <TextInput
          label="file, pattern, URL or table"
          placeholder="data/*.csv, s3://bucket/key, table"
          value={source.path}
          onText={(path) => set({ path })}
          error={source.path ? undefined : faults.get("source.path")}
        />
        <button type="button" class="ff-button" aria-expanded={browsing} onClick={() => setBrowsing(!browsing)}>
          Browse
        </button>
      </div>
      {browsing && (
        <FileBrowser
          transport={transport}
          at={source.path}
          onChoose={(path) => {
            set({ path });
            setBrowsing(false);
          }}
        />
      )}
      <Reader source={source} set={set} faults={faults} />
      {look.problem && <ProblemNote problem={look.problem} />}
      {!source.path && <Empty>Choose files: their columns and first rows show here.</Empty>}
      {look.loading && !look.columns.length && <Loading what="columns" />}
      {look.sniffed?.sample && <Sample key={look.sniffed.path} look={look} />}
    </Part>
  );
}

function lookText({ sniffed, columns, loading }: SourceLook): string {
  if (loading) return "…";
  if (!sniffed) return columns.length ? countText(columns.length, "column") : "";
  const files = countText(sniffed.files, "file");
  return `${files}, ${bytesText(sniffed.bytes)}, ${countText(columns.length, "column")}`;
}

function Reader({ source, set, faults }: { source: FormSource; set: (change: Partial<FormSource>) => void; faults: PartProps["faults"] }) {
  const known = READERS.some(([name]) => name === source.function);
  const readers = known ? READERS : [...READERS, [source.function, source.function] as const];
  const wrong = faults.get("source.function");
  return (
    <div class="ff-stack">
      <label class="ff-line ff-muted">
        How it is read
        <Choice
          label="how it is read"
          value={source.function}
          choices={readers}
          onChoose={(name) => set({ function: name, options: name ? source.options : [] })}
        />
      </label>
      {wrong && (
        <span class="ff-small ff-error" role="alert">
          {wrong}
        </span>
      )}
      {source.function && (
        <Rows
          word="option"
          rows={source.options}
          onRows={(options) => set({ options })}
          blank={() => ({ name: "", value: "" })}
        >
          {(option, change, name, fresh, at) => (
            <>
              <TextInput
                label={`name of ${name}`}
                placeholder="delim"
                value={option.name}
                onText={(text) => change({ ...option, name: text })}
                fresh={fresh}
              />
              =
              <TextInput
                label={`value of ${name}`}
                placeholder="';'"
                value={option.value}
                onText={(value) => change({ ...option, value })}
                error={faults.get(`source.options.${at}`)}
              />
            </>
          )}
        </Rows>
      )}
    </div>
  );
}

function Sample({ look }: { look: SourceLook }) {
  const [open, setOpen] = useState(false);
  const sample = look.sniffed?.sample ?? "";
  const table = useMemo(() => (open ? readArrow(fromBase64(sample)) : null), [open, sample]);
  const types = useMemo(() => look.columns.map((column) => column.type), [look.columns]);
  return (
    <div class="ff-stack">
      <button type="button" class="ff-button ff-start" aria-expanded={open} onClick={() => setOpen(!open)}>
        First rows
      </button>
      {table && <RowsTable table={table} label="first rows" most={5} types={types} />}
    </div>
  );
}

