// The columns of the answer: pick them from those of the source, add them up, name them.

import { useState } from "preact/hooks";

import { AGGREGATES, columnOf, matching, meantName, withColumns } from "../form/edit";
import type { FormColumn } from "../form/model";
import { countText } from "../format";
import type { Column } from "../model";
import { Check, Choice, Part, Rows, TextInput } from "../ui/controls";
import { Empty } from "../ui/kit";
import { Virtual } from "../ui/virtual";
import { visible } from "../visible";
import type { PartProps } from "./SubmitForm";

const ROW = 28;
const HEIGHT = 196;
const DISTINCT = / distinct$/;
/** From this many columns on there is something to search. */
const SEARCHED = 8;

export function SubmitFormColumns({ form, onForm, faults, columns }: PartProps) {
  const set = (next: readonly FormColumn[]): void => onForm(withColumns(form, next));
  const note = form.columns.length ? countText(form.columns.length, "column") : "all columns";
  return (
    <Part title="Columns" note={note}>
      <Picker columns={columns} picked={form.columns} onPicked={set} />
      <Rows word="column" rows={form.columns} onRows={set} blank={() => ({ ...columnOf(""), function: "count" })} movable>
        {(column, change, name, fresh, at) => (
          <ColumnControls
            column={column}
            change={change}
            name={name}
            fresh={fresh}
            names={columns.map((one) => one.name)}
            fault={faults.get(`columns.${at}`)}
          />
        )}
      </Rows>
      {form.columns.length > 0 && (
        <Check checked={form.distinct} onCheck={(distinct) => onForm({ ...form, distinct })}>
          equal rows once (DISTINCT)
        </Check>
      )}
    </Part>
  );
}

interface ControlsProps {
  column: FormColumn;
  change: (column: FormColumn) => void;
  name: string;
  fresh: boolean;
  names: readonly string[];
  fault: string | undefined;
}

function ColumnControls({ column, change, name, fresh, names, fault }: ControlsProps) {
  const chosen = column.distinct ? `${column.function} distinct` : column.function;
  const words: (readonly [string, string])[] = [["", "as it is"], ...AGGREGATES.map((word) => [word, word] as const)];
  if (!words.some(([word]) => word === chosen)) words.push([chosen, chosen]);
  return (
    <>
      <Choice
        label={`function of ${name}`}
        value={chosen}
        choices={words}
        onChoose={(word) => change({ ...column, function: word.replace(DISTINCT, ""), distinct: DISTINCT.test(word) })}
      />
      <TextInput
        label={`name of ${name}`}
        placeholder={column.function === "count" ? "rows" : "column"}
        value={column.column}
        choices={names}
        onText={(text) => change({ ...column, column: meantName(text, names) })}
        error={fault}
        fresh={fresh}
      />
      <TextInput
        label={`new name of ${name}`}
        placeholder="as"
        value={column.alias}
        onText={(alias) => change({ ...column, alias })}
      />
    </>
  );
}

interface PickerProps {
  columns: readonly Column[];
  picked: readonly FormColumn[];
  onPicked: (picked: readonly FormColumn[]) => void;
}

/** The columns of the source, to be ticked. */
function Picker({ columns, picked, onPicked }: PickerProps) {
  const [search, setSearch] = useState("");
  if (!columns.length) return null;
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const names = matching([...types.keys()], search);
  const plain = new Set(picked.filter((one) => !one.function).map((one) => one.column));
  const toggle = (name: string): void => {
    const rest = picked.filter((one) => one.function || one.column !== name);
    onPicked(plain.has(name) ? rest : [...picked, columnOf(name)]);
  };
  return (
    <div class="ff-picker ff-stack">
      {columns.length > SEARCHED && (
        <TextInput label={`search ${countText(columns.length, "column")}`} kind="search" value={search} onText={setSearch} />
      )}
      {names.length === 0 && <Empty>No column holds this text.</Empty>}
      <Virtual rows={names.length} rowHeight={ROW} height={HEIGHT} label="columns of the source">
        {({ first, count }) =>
          names.slice(first, first + count).map((name) => (
            <label key={name} class="ff-file" title={`${visible(name)} ${types.get(name) ?? ""}`}>
              <input type="checkbox" checked={plain.has(name)} onChange={() => toggle(name)} />
              <bdi class="ff-clip">{visible(name)}</bdi>
              <span class="ff-type ff-clip">{types.get(name)}</span>
            </label>
          ))
        }
      </Virtual>
    </div>
  );
}
