import assert from "node:assert/strict";
import { test } from "node:test";

import type { Reply, RequestOptions, Transport } from "../transport";
import { cellOf } from "./cell";
import { kindOf, meantName, operatorsFor, refit, withColumns } from "./edit";
import { EMPTY_FORM, type Form } from "./model";
import { FormSync, jsonValue } from "./sync";

type Answer = (body: Record<string, unknown>) => { status?: number; json: unknown };

/** Answers by path, when it is let go. */
class HeldService implements Transport {
  asked: { path: string; body: Record<string, unknown> }[] = [];
  held: (() => void)[] = [];
  holding = false;

  constructor(readonly answers: Record<string, Answer>) {}

  async send(_: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const body = (options.body ?? {}) as Record<string, unknown>;
    this.asked.push({ path, body });
    if (this.holding) await new Promise<void>((resolve) => this.held.push(resolve));
    const { status = 200, json } = this.answers[path]?.(body) ?? { status: 404, json: { message: "nothing there" } };
    return { status, type: "application/json", headers: {}, body: new TextEncoder().encode(JSON.stringify(json)) };
  }

  watch(): () => void {
    return () => undefined;
  }
}

const CHECKED = { columns: [], stages: [], text: "drawn", final_sql: "", gathered: "", sink: "" };

function formFrom(path: string): Form {
  return { ...EMPTY_FORM, source: { ...EMPTY_FORM.source, path } };
}

function service(more: Record<string, Answer> = {}): HeldService {
  return new HeldService({
    "form/sql": (body) => {
      const { path } = (body.form as Form).source;
      return { json: path ? { sql: `FROM '${path}'`, faults: [], parameters: [] } : { sql: "", faults: [{ where: "source.path", what: "none" }], parameters: [] } };
    },
    "form/parse": (body) => ({ json: { form: formFrom(String(body.sql).slice(6, -1)), reason: "", where: null, parameters: /\$x/.test(String(body.sql)) ? ["x"] : [] } }),
    validate: () => ({ json: CHECKED }),
    ...more,
  });
}

async function settled(sync: FormSync): Promise<void> {
  const end = Date.now() + 60_000;
  while (sync.state.busy) {
    if (Date.now() > end) throw new Error("it is still busy");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("the SQL follows the form, and is checked", async () => {
  const sync = new FormSync(service(), { delay: 0 });
  sync.editForm(formFrom("a.csv"));
  await settled(sync);
  assert.equal(sync.state.sql, "FROM 'a.csv'");
  assert.equal(sync.state.checked?.text, "drawn");
});

test("the form follows the SQL, which stays as it was typed", async () => {
  const asked = service();
  const sync = new FormSync(asked, { delay: 0 });
  sync.editSql("FROM 'b.csv'");
  await settled(sync);
  assert.equal(sync.state.form.source.path, "b.csv");
  assert.equal(sync.state.sql, "FROM 'b.csv'");
  assert.deepEqual(asked.asked.map((one) => one.path), ["form/parse", "validate"]);
});

test("what comes late never changes what was typed since", async () => {
  const asked = service();
  asked.holding = true;
  const sync = new FormSync(asked, { delay: 0 });
  sync.editForm(formFrom("a.csv"));
  while (!asked.held.length) await new Promise((resolve) => setTimeout(resolve, 2));
  asked.holding = false;
  sync.editSql("FROM 'typed since'");
  asked.held.forEach((release) => release());
  await settled(sync);
  assert.equal(sync.state.sql, "FROM 'typed since'");
  assert.equal(sync.state.form.source.path, "typed since");
});

test("the form is gone back to, and the SQL brought back", async () => {
  const problem = { message: "syntax error", reason: "", where: null, hint: "", job_id: "" };
  const answers = service();
  const good = answers.answers["form/parse"] as Answer;
  answers.answers["form/parse"] = (body) => (String(body.sql).startsWith("FROM") ? good(body) : { status: 400, json: problem });
  const sync = new FormSync(answers, { delay: 0 });
  sync.editForm(formFrom("a.csv"));
  await settled(sync);
  sync.editSql("FRM 'mine'");
  await settled(sync);
  assert.ok(sync.state.blocked);
  sync.editForm(sync.state.form);
  await settled(sync);
  assert.equal(sync.state.sql, "FROM 'a.csv'");
  assert.equal(sync.state.before, "FRM 'mine'");
  sync.editSql(sync.state.before);
  assert.equal(sync.state.sql, "FRM 'mine'");
  sync.close();
});

test("several keys in a row ask once", async () => {
  const asked = service();
  const sync = new FormSync(asked, { delay: 20 });
  for (const text of ["F", "FR", "FRO", "FROM 'c'"]) sync.editSql(text);
  await settled(sync);
  assert.deepEqual(asked.asked.map((one) => one.body.sql), ["FROM 'c'", "FROM 'c'"]);
});

test("SQL without a form leaves the form as it was, and says why", async () => {
  const blocked = { form: null, reason: "a join", where: { file: null, line: 1, byte: null, column: 9 }, parameters: [] };
  const sync = new FormSync(service({ "form/parse": () => ({ json: blocked }) }), { delay: 0 });
  sync.editForm(formFrom("a.csv"));
  await settled(sync);
  sync.editSql("FROM a JOIN b");
  await settled(sync);
  assert.equal(sync.state.blocked?.reason, "a join");
  assert.equal(sync.state.form.source.path, "a.csv");
  assert.equal(sync.state.sql, "FROM a JOIN b");
  assert.ok(sync.state.checked, "it is checked, and can be submitted");
});

test("a mistake keeps both sides and is told with its place", async () => {
  const problem = { message: "syntax error", reason: "", where: { file: null, line: 2, byte: null, column: 3 }, hint: "did you mean FROM?", job_id: "" };
  const sync = new FormSync(service({ "form/parse": () => ({ status: 400, json: problem }) }), { delay: 0 });
  sync.editSql("SELECT a\nFRM b");
  await settled(sync);
  assert.equal(sync.state.problem?.hint, "did you mean FROM?");
  assert.equal(sync.state.sql, "SELECT a\nFRM b");
});

test("faults are kept at their controls and nothing is checked", async () => {
  const asked = service();
  const sync = new FormSync(asked, { delay: 0 });
  sync.editForm(EMPTY_FORM);
  await settled(sync);
  assert.deepEqual(sync.state.faults, [{ where: "source.path", what: "none" }]);
  assert.deepEqual(asked.asked.map((one) => one.path), ["form/sql"]);
});

test("a value that is given while the form is typed in does not hold the form up", async () => {
  const asked = service();
  const sync = new FormSync(asked, { delay: 10 });
  sync.editForm(formFrom("a.csv"));
  sync.setValue("x", { kind: "number", text: "5" });
  await settled(sync);
  assert.equal(sync.state.sql, "FROM 'a.csv'");
});

test("values of parameters go with the check, as what they are", async () => {
  const asked = service();
  const sync = new FormSync(asked, { delay: 0, sql: "FROM '$x'" });
  await settled(sync);
  assert.ok(!asked.asked.some((one) => one.path === "validate"), "nothing is checked without them");
  sync.setValue("x", { kind: "number", text: "5" });
  await settled(sync);
  assert.deepEqual(asked.asked.at(-1)?.body.params, { x: 5 });
  const least = { column: "n", op: ">", values: [{ kind: "parameter", text: "x" }] } as const;
  sync.editForm({ ...formFrom("t"), filters: [least] });
  assert.equal(sync.valueOf("x").kind, "text", "the column is not known yet");
  sync.setTypes(new Map([["n", "DATE"]]));
  assert.deepEqual(sync.valueOf("x"), { kind: "date", text: "5" });
  sync.setValue("x", { kind: "text", text: "5" });
  sync.setTypes(new Map([["n", "BIGINT"]]));
  assert.equal(sync.valueOf("x").kind, "text", "it was chosen");
  sync.close();
  assert.equal(jsonValue({ kind: "number", text: "12345678901234567890" }), "12345678901234567890");
  assert.equal(jsonValue({ kind: "boolean", text: "false" }), false);
  assert.equal(jsonValue({ kind: "text", text: "5" }), "5");
});

test("operators fit the type, and the chosen one stays", () => {
  assert.ok(!operatorsFor("BIGINT", "=").includes("contains"));
  assert.ok(operatorsFor("BIGINT", "contains").includes("contains"));
  assert.ok(operatorsFor("VARCHAR", "=").includes("starts_with"));
  assert.deepEqual(["DECIMAL(9,2)", "UBIGINT", "TIMESTAMP WITH TIME ZONE", "INTEGER[]", "VARCHAR"].map(kindOf), [
    "number",
    "number",
    "timestamp",
    null,
    "text",
  ]);
});

test("a filter keeps its values when its operator or column changes", () => {
  const filter = { column: "n", op: "=", values: [{ kind: "number", text: "5" }] } as const;
  assert.deepEqual(refit(filter, { op: "between" }, "BIGINT").values, [
    { kind: "number", text: "5" },
    { kind: "number", text: "" },
  ]);
  assert.deepEqual(refit(filter, { op: "is_null" }, "BIGINT").values, []);
  assert.deepEqual(refit(filter, { column: "s" }, "VARCHAR").values, [{ kind: "text", text: "5" }]);
});

test("groups follow where some columns are added up", () => {
  const plain = { column: "city", function: "", distinct: false, alias: "" };
  const sum = { column: "n", function: "sum", distinct: false, alias: "" };
  assert.equal(withColumns(EMPTY_FORM, [plain, sum]).group_all, true);
  assert.equal(withColumns({ ...EMPTY_FORM, group: ["city"] }, [plain, sum]).group_all, false);
  assert.equal(withColumns({ ...EMPTY_FORM, group_all: true }, [plain]).group_all, false);
});

test("names with line ends are meant by what a text field shows of them", () => {
  assert.equal(meantName("ab", ["a\nb"]), "a\nb");
});

test("a cell says what the form says", () => {
  const sql = "SELECT 1";
  assert.equal(cellOf(sql, "", {}), "%%fusionflow\nSELECT 1\n");
  assert.equal(
    cellOf(sql, "it's\n--cluster x", { least: 5, city: "O'Hare" }),
    `%%fusionflow --name 'it'"'"'s --cluster x' --params '{"least":5,"city":"O'"'"'Hare"}'\nSELECT 1\n`,
  );
});
