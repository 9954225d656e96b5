// Conditions that must all hold: a column, an operator that fits its type, values of that type.

import { meantName, OPERATOR_WORDS, operatorsFor, refit, valueCount } from "../form/edit";
import type { FormFilter, FormValue, Operator, ValueKind } from "../form/model";
import { countText } from "../format";
import { Choice, Part, Rows, TextInput } from "../ui/controls";
import type { PartProps } from "./SubmitForm";

const KINDS: readonly (readonly [ValueKind, string])[] = [
  ["text", "text"],
  ["number", "number"],
  ["boolean", "yes/no"],
  ["date", "date"],
  ["time", "time"],
  ["timestamp", "date+time"],
  ["parameter", "$…"],
];
const EXAMPLES: Readonly<Record<ValueKind, string>> = {
  text: "value",
  number: "12.5",
  boolean: "true",
  date: "2024-01-31",
  time: "10:30:00",
  timestamp: "2024-01-31 10:30:00",
  parameter: "name",
};

export function SubmitFormFilters({ form, onForm, faults, columns }: PartProps) {
  const names = columns.map((column) => column.name);
  const typeOf = (name: string): string | undefined => columns.find((column) => column.name === name)?.type;
  const note = form.filters.length ? `${countText(form.filters.length, "condition")}, all must hold` : "all rows";
  return (
    <Part title="Filter" note={note}>
      <Rows<FormFilter>
        word="filter"
        rows={form.filters}
        onRows={(filters) => onForm({ ...form, filters })}
        blank={() => ({ column: "", op: "=", values: [{ kind: "text", text: "" }] })}
      >
        {(filter, change, name, fresh, at) => (
          <>
            <TextInput
              label={`column of ${name}`}
              placeholder="column"
              value={filter.column}
              choices={names}
              onText={(text) => {
                const column = meantName(text, names);
                change(refit(filter, { column }, typeOf(column) ?? typeOf(filter.column)));
              }}
              error={faults.get(`filters.${at}.column`)}
              fresh={fresh}
            />
            <Choice
              label={`operator of ${name}`}
              value={filter.op}
              choices={operatorsFor(typeOf(filter.column), filter.op).map((op) => [op, OPERATOR_WORDS[op]] as const)}
              onChoose={(op: Operator) => change(refit(filter, { op }, typeOf(filter.column)))}
            />
            <Values filter={filter} change={change} name={name} at={at} faults={faults} />
          </>
        )}
      </Rows>
    </Part>
  );
}

interface ValuesProps {
  filter: FormFilter;
  change: (filter: FormFilter) => void;
  name: string;
  at: number;
  faults: PartProps["faults"];
}

function Values({ filter, change, name, at, faults }: ValuesProps) {
  const set = (values: readonly FormValue[]): void => change({ ...filter, values });
  const whole = faults.get(`filters.${at}.values`);
  if (valueCount(filter.op) === null) {
    const blank = (): FormValue => ({ kind: filter.values[0]?.kind ?? "text", text: "" });
    return (
      <div class="ff-grow">
        <Rows word={`value of ${name}`} rows={filter.values} onRows={set} blank={blank}>
          {(value, put, label, fresh, place) => (
            <Value value={value} onValue={put} label={label} fresh={fresh} fault={faults.get(`filters.${at}.values.${place}`) ?? whole} />
          )}
        </Rows>
      </div>
    );
  }
  return (
    <>
      {filter.values.map((value, place) => (
        <Value
          key={place}
          value={value}
          label={filter.values.length > 1 ? `value ${place + 1} of ${name}` : `value of ${name}`}
          onValue={(next) => set(filter.values.map((one, other) => (other === place ? next : one)))}
          fault={faults.get(`filters.${at}.values.${place}`) ?? whole}
        />
      ))}
    </>
  );
}

interface ValueProps {
  value: FormValue;
  onValue: (value: FormValue) => void;
  label: string;
  fault?: string | undefined;
  fresh?: boolean;
  /** What it may be; anything without this. */
  kinds?: readonly ValueKind[];
}

/** A value and what it is; a parameter is named. */
export function Value({ value, onValue, label, fault, fresh = false, kinds }: ValueProps) {
  const choices = kinds ? KINDS.filter(([kind]) => kinds.includes(kind)) : KINDS;
  return (
    <span class="ff-value">
      {value.kind === "boolean" ? (
        <Choice
          label={label}
          value={value.text}
          choices={[
            ["", "choose"],
            ["true", "true"],
            ["false", "false"],
          ]}
          onChoose={(text) => onValue({ ...value, text })}
        />
      ) : (
        <TextInput
          label={label}
          placeholder={EXAMPLES[value.kind]}
          value={value.text}
          onText={(text) => onValue({ ...value, text: value.kind === "parameter" ? text.replace(/^\$/, "") : text })}
          error={fault}
          fresh={fresh}
        />
      )}
      <Choice label={`kind of ${label}`} value={value.kind} choices={choices} onChoose={(kind) => onValue({ ...value, kind })} />
    </span>
  );
}
