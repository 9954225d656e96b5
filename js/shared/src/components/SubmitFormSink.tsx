// Where rows go: into the result, or into files by COPY.

import { answerNames, meantName } from "../form/edit";
import type { FormSink } from "../form/model";
import { Choice, Part, Rows, TextInput } from "../ui/controls";
import type { PartProps } from "./SubmitForm";

const NEW: FormSink = { url: "", format: "parquet", mode: "error", partition_by: [], compression: "" };

export function SubmitFormSink({ form, onForm, faults, columns }: PartProps) {
  const { sink } = form;
  const set = (change: Partial<FormSink>): void => onForm({ ...form, sink: { ...(sink ?? NEW), ...change } });
  const names = answerNames(form, columns.map((column) => column.name));
  const fault = faults.get("sink");
  return (
    <Part title="Rows go to">
      <label class="ff-line ff-muted">
        Target
        <Choice
          label="where rows go"
          value={sink ? "files" : "result"}
          choices={[
            ["result", "the result of the job"],
            ["files", "files (COPY … TO)"],
          ]}
          onChoose={(to) => onForm({ ...form, sink: to === "files" ? NEW : null })}
        />
      </label>
      {sink && (
        <>
          <div class="ff-line">
            <TextInput
              label="folder, file or URL"
              placeholder="out, s3://bucket/out"
              value={sink.url}
              onText={(url) => set({ url })}
              error={faults.get("sink.url")}
            />
            <Choice
              label="format"
              value={sink.format}
              choices={[
                ["parquet", "Parquet"],
                ["csv", "CSV"],
                ["json", "JSON lines"],
                ["", "by its name"],
              ]}
              onChoose={(format) => set({ format })}
            />
            <Choice
              label="where there is something already"
              value={sink.mode}
              choices={[
                ["error", "must be new"],
                ["append", "append"],
                ["overwrite", "replace"],
              ]}
              onChoose={(mode) => set({ mode })}
            />
            <Choice
              label="compression"
              value={sink.compression}
              choices={compressions(sink)}
              onChoose={(compression) => set({ compression })}
            />
          </div>
          {fault && (
            <span class="ff-small ff-error" role="alert">
              {fault}
            </span>
          )}
          <Rows<string>
            word="folder by column"
            rows={sink.partition_by}
            onRows={(partition_by) => set({ partition_by })}
            blank={() => ""}
          >
            {(column, change, name, fresh) => (
              <TextInput
                label={name}
                placeholder="column"
                value={column}
                choices={names}
                onText={(text) => change(meantName(text, names))}
                fresh={fresh}
              />
            )}
          </Rows>
        </>
      )}
    </Part>
  );
}

function compressions(sink: FormSink): (readonly [string, string])[] {
  const known: (readonly [string, string])[] = [
    ["", "usual compression"],
    ["none", "not compressed"],
    ["zstd", "zstd"],
    ["gzip", "gzip"],
  ];
  if (sink.format === "parquet") known.push(["snappy", "snappy"], ["lz4", "lz4"], ["brotli", "brotli"]);
  if (!known.some(([name]) => name === sink.compression)) known.push([sink.compression, sink.compression]);
  return known;
}
