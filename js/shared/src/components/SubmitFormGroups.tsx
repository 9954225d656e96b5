// How rows are grouped, sorted and cut off.

import { answerNames, meantName } from "../form/edit";
import type { FormOrder } from "../form/model";
import { Choice, Part, Rows, TextInput } from "../ui/controls";
import type { PartProps } from "./SubmitForm";

// SQL may say the usual, too; nobody is asked to.
const DIRECTIONS: readonly (readonly [FormOrder["direction"], string])[] = [
  ["", "up"],
  ["desc", "down"],
];
const NULLS: readonly (readonly [FormOrder["nulls"], string])[] = [
  ["", "NULL last"],
  ["first", "NULL first"],
];

type Grouping = "none" | "all" | "some";

export function SubmitFormGroups({ form, onForm, faults, columns }: PartProps) {
  const names = columns.map((column) => column.name);
  const grouping: Grouping = form.group_all ? "all" : form.group.length ? "some" : "none";
  const choose = (next: Grouping): void =>
    onForm({ ...form, group_all: next === "all", group: next === "some" ? [form.columns.find((one) => !one.function)?.column ?? ""] : [] });
  const fault = faults.get("group");
  const answers = answerNames(form, names);
  const sorted = [...new Set([...answers, ...names])];
  return (
    <Part title="Group, sort, cut off">
      <label class="ff-line ff-muted">
        Groups
        <Choice
          label="groups"
          value={grouping}
          choices={[
            ["none", "none"],
            ["all", "by all columns that are no aggregates"],
            ["some", "by these columns"],
          ]}
          onChoose={choose}
        />
      </label>
      {fault && (
        <span class="ff-small ff-error" role="alert">
          {fault}
        </span>
      )}
      {grouping === "some" && (
        <Rows<string | number> word="group" rows={form.group} onRows={(group) => onForm({ ...form, group })} blank={() => ""}>
          {(by, change, name, fresh, at) => (
            <TextInput
              label={`column of ${name}`}
              placeholder="column"
              value={String(by)}
              choices={names}
              onText={(text) => change(reference(text, names))}
              error={faults.get(`group.${at}`)}
              fresh={fresh}
            />
          )}
        </Rows>
      )}
      <Rows<FormOrder>
        word="sort"
        rows={form.order}
        onRows={(order) => onForm({ ...form, order })}
        blank={() => ({ by: "", direction: "", nulls: "" })}
        movable
      >
        {(entry, change, name, fresh, at) => (
          <>
            <TextInput
              label={`column of ${name}`}
              placeholder="column, or its number"
              value={String(entry.by)}
              choices={sorted}
              onText={(text) => change({ ...entry, by: reference(text, sorted) })}
              error={faults.get(`order.${at}`)}
              fresh={fresh}
            />
            <Choice
              label={`direction of ${name}`}
              value={entry.direction}
              choices={entry.direction === "asc" ? [...DIRECTIONS, ["asc", "up (ASC)"]] : DIRECTIONS}
              onChoose={(direction) => change({ ...entry, direction })}
            />
            <Choice
              label={`NULL in ${name}`}
              value={entry.nulls}
              choices={entry.nulls === "last" ? [...NULLS, ["last", "NULLS LAST"]] : NULLS}
              onChoose={(nulls) => change({ ...entry, nulls })}
            />
          </>
        )}
      </Rows>
      <label class="ff-line ff-muted">
        Rows at most
        <TextInput
          label="rows at most, or $parameter"
          placeholder="all"
          value={form.limit ? `${form.limit.kind === "parameter" ? "$" : ""}${form.limit.text}` : ""}
          onText={(text) => onForm({ ...form, limit: limitOf(text) })}
          error={faults.get("limit")}
        />
      </label>
    </Part>
  );
}

/** A number is the place of a column, unless a column is called so. */
function reference(text: string, names: readonly string[]): string | number {
  const name = meantName(text, names);
  return /^[1-9]\d{0,5}$/.test(name) && !names.includes(name) ? Number(name) : name;
}

function limitOf(text: string): { kind: "number" | "parameter"; text: string } | null {
  const asked = text.trim();
  if (!asked) return null;
  return asked.startsWith("$") ? { kind: "parameter", text: asked.slice(1) } : { kind: "number", text: asked };
}
