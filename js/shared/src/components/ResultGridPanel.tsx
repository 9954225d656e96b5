// What can be done with one column of a grid: sort, filter, wider, narrower, hide.

import { useState } from "preact/hooks";

import { cut, visible } from "../cells";
import { conditionOf, type GridColumn, type Operator, operatorsFor, operatorWords, takesValue } from "../gridState";
import type { Condition } from "../model";
import type { Order } from "../pages";
import { Button } from "../ui/kit";

interface PanelProps {
  column: GridColumn;
  sort: Order | undefined;
  condition: Condition | undefined;
  onSort: (order: Order | null) => void;
  onFilter: (condition: Condition | null) => void;
  onWidth: (factor: number) => void;
  onHide: () => void;
  onClose: () => void;
}

export function ResultGridPanel({ column, sort, condition, onSort, onFilter, onWidth, onHide, onClose }: PanelProps) {
  const name = cut(visible(column.name), 40).text;
  const order = (descending: boolean): void => onSort({ column: column.name, descending });
  const closed = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
  };
  return (
    <div class="ff-note ff-stack" role="group" aria-label={`column ${name}`} onKeyDown={closed}>
      <div class="ff-row">
        <b class="ff-clip">{name}</b>
        <span class="ff-muted ff-small ff-clip">{visible(column.type)}</span>
        {!column.double && (
          <>
            <Button onClick={() => order(false)}>▲ Sort up</Button>
            <Button onClick={() => order(true)}>▼ Sort down</Button>
            {sort && <Button onClick={() => onSort(null)}>Do not sort</Button>}
          </>
        )}
        <Button onClick={() => onWidth(1.5)}>Wider</Button>
        <Button onClick={() => onWidth(1 / 1.5)}>Narrower</Button>
        <Button onClick={onHide}>Hide</Button>
        <Button kind="bare" onClick={onClose} label="close">
          ✕
        </Button>
      </div>
      {column.double ? (
        <div class="ff-muted">another column has this name: SQL cannot tell them apart</div>
      ) : (
        <FilterRow column={column} condition={condition} onFilter={onFilter} />
      )}
    </div>
  );
}

function FilterRow({ column, condition, onFilter }: Pick<PanelProps, "column" | "condition" | "onFilter">) {
  const operators = operatorsFor(column.arrow);
  const [op, setOp] = useState<Operator>(condition?.op ?? operators[0] ?? "not_null");
  const [text, setText] = useState(textOf(condition));
  const apply = (): void => onFilter(conditionOf(column.name, op, text));
  const typed = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    apply();
  };
  return (
    <div class="ff-row">
      <span class="ff-muted">rows where it</span>
      <select class="ff-input" aria-label="condition" value={op} onChange={(event) => setOp(event.currentTarget.value as Operator)}>
        {operators.map((one) => (
          <option key={one} value={one}>
            {operatorWords(one)}
          </option>
        ))}
      </select>
      {takesValue(op) && (
        <input
          class="ff-input"
          aria-label="value"
          placeholder={op === "in" ? "one, two, three" : ""}
          value={text}
          autofocus
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={typed}
        />
      )}
      <Button kind="main" onClick={apply}>
        Filter
      </Button>
      {condition && <Button onClick={() => onFilter(null)}>Remove</Button>}
    </div>
  );
}

function textOf(condition: Condition | undefined): string {
  const value = condition?.value ?? "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
