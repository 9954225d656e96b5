import assert from "node:assert/strict";
import { test } from "node:test";

import { render } from "preact";

import { EMPTY_FORM, type Form, type FormRead } from "../form/model";
import type { FolderListing, PlanStage } from "../model";
import { JobStore } from "../store";
import { button, click, draw, foreign, HOSTILE, one, settle, until } from "../testing";
import type { Method, Reply, RequestOptions, Transport } from "../transport";
import { folderOf, patternsOf } from "./FileBrowser";
import { SubmitForm } from "./SubmitForm";
import { figuresText } from "./SubmitFormSql";

const STAGE: PlanStage = {
  name: "stage_0",
  kind: "aggregate",
  pattern: "a.csv",
  format: "csv",
  files: 1,
  bytes: 2000,
  columns: [],
  map_sql: "",
  merge_sql: "",
  reduce_sql: "",
  reason: "",
  broadcast: [],
  evaluator: "duckdb",
  map_hash: "abcd",
  chunks: 3,
  chunks_known: 0,
  bytes_known: 500,
};

/** A service of files, schemas and forms; SQL is the form as JSON, so that both ways can be seen. */
class FormService implements Transport {
  asked: { path: string; body: unknown }[] = [];
  columns = [
    { name: "city", type: "VARCHAR" },
    { name: "amount", type: "BIGINT" },
  ];
  names = ["a.csv", "b.csv"];
  parameters: string[] = [];
  blocked = "";

  send(_: Method, path: string, options: RequestOptions = {}): Promise<Reply> {
    this.asked.push({ path, body: options.body });
    const json = this.#answer(path, (options.body ?? {}) as { form?: Form; sql?: string });
    const body = new TextEncoder().encode(JSON.stringify(json ?? { message: `nothing at ${path}` }));
    return Promise.resolve({ status: json ? 200 : 404, type: "application/json", headers: {}, body });
  }

  #answer(path: string, { form, sql }: { form?: Form; sql?: string }): unknown {
    switch (path) {
      case "form/sql":
        return { sql: JSON.stringify(form), faults: [], parameters: this.parameters };
      case "form/parse":
        return this.#read(String(sql));
      case "sniff":
        return { path: "", files: 2, bytes: 10, format: "csv", columns: this.columns, sample: "", source: "" };
      case "validate":
        return { text: "drawn", columns: this.columns, stages: [STAGE], final_sql: "", gathered: "", sink: "" };
      case "files":
        return this.#folder();
      case "jobs":
        return { id: "ab12", status: "QUEUED" };
      default:
        return null;
    }
  }

  #read(sql: string): FormRead {
    const form = this.blocked ? null : ({ ...EMPTY_FORM, ...JSON.parse(sql || "{}") } as Form);
    return { form, reason: this.blocked, where: null, parameters: this.parameters };
  }

  #folder(): FolderListing {
    const entries = this.names.map((name) => ({ name, path: `/d/${name}`, folder: false, size: 5, modified: 0 }));
    return { path: "/d", parent: "/", entries, more: false };
  }

  watch(): () => void {
    return () => undefined;
  }
}

interface Shown {
  box: HTMLElement;
  service: FormService;
  jobs: string[];
  cells: string[];
  /** What the SQL box holds, read as the form that it stands for. */
  form: () => Form;
  sql: () => HTMLTextAreaElement;
}

function onForm(name: string, change: (service: FormService) => void, run: (shown: Shown) => Promise<void>): void {
  test(name, async () => {
    const service = new FormService();
    change(service);
    const jobs: string[] = [];
    const cells: string[] = [];
    const store = new JobStore(service);
    const box = draw(
      <SubmitForm
        store={store}
        onJob={(id) => jobs.push(id)}
        onCell={(text) => Promise.resolve(String(cells.push(text)))}
      />,
    );
    const sql = (): HTMLTextAreaElement => one<HTMLTextAreaElement>(box, "textarea");
    const form = (): Form => JSON.parse(sql().value) as Form;
    try {
      await run({ box, service, jobs, cells, sql, form });
    } finally {
      render(null, box);
    }
  });
}

/** Let what was done be drawn, as it is between two strokes of a hand. */
const drawn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

function type(box: ParentNode, label: string, text: string): Promise<void> {
  const input = one<HTMLInputElement>(box, `[aria-label="${label}"]`);
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  return drawn();
}

function choose(box: ParentNode, label: string, value: string): Promise<void> {
  const select = one<HTMLSelectElement>(box, `select[aria-label="${label}"]`);
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return drawn();
}

const nothing = (): void => undefined;

onForm("pick, add up, filter, and the SQL follows", nothing, async ({ box, form }) => {
  await type(box, "file, pattern, URL or table", "*.csv");
  await until(() => box.querySelector(".ff-picker"));
  click(one(box, '.ff-picker input[type="checkbox"]'));
  await until(() => box.querySelector('[aria-label="column 1"]'));
  click(button(box, "+ column"));
  await until(() => box.querySelector('[aria-label="function of column 2"]'));
  await choose(box, "function of column 2", "sum");
  await type(box, "name of column 2", "amount");
  click(button(box, "+ filter"));
  await until(() => box.querySelector('[aria-label="column of filter 1"]'));
  await until(() => document.activeElement?.getAttribute("aria-label") === "column of filter 1");
  await type(box, "column of filter 1", "amount");
  await until(() => box.querySelector<HTMLSelectElement>('[aria-label="kind of value of filter 1"]')?.value === "number");
  await choose(box, "operator of filter 1", ">");
  await type(box, "value of filter 1", "5");
  await until(() => form().filters[0]?.values[0]?.text === "5");
  assert.deepEqual(form().columns.map((one) => [one.function, one.column]), [
    ["", "city"],
    ["sum", "amount"],
  ]);
  assert.equal(form().group_all, true);
  assert.deepEqual(form().filters[0], { column: "amount", op: ">", values: [{ kind: "number", text: "5" }] });
});

onForm("the form follows the SQL, which is not written over", nothing, async ({ box, sql }) => {
  const text = '{"source": {"path": "x.csv", "function": "", "options": []},  "limit": {"kind": "number", "text": "7"}}';
  sql().value = text;
  sql().dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => one<HTMLInputElement>(box, '[aria-label="rows at most, or $parameter"]').value === "7");
  await until(() => /reads 1.5 kB/.test(box.textContent ?? ""));
  assert.equal(sql().value, text);
});

onForm("what the form cannot show is said, and the SQL can be submitted", (service) => (service.blocked = "a join"), async ({ box, sql, jobs }) => {
  sql().value = "SELECT 1";
  sql().dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => /The form cannot show a join/.test(box.textContent ?? ""));
  assert.ok(one<HTMLFieldSetElement>(box, "fieldset").disabled);
  await until(() => !(button(box, "Submit") as HTMLButtonElement).disabled);
  click(button(box, "Submit"));
  await until(() => jobs[0] === "ab12");
});

onForm("parameters are asked for and go along", (service) => (service.parameters = ["least"]), async (shown) => {
  const { box, service, cells } = shown;
  await type(box, "file, pattern, URL or table", "*.csv");
  await until(() => box.querySelector('[aria-label="value of $least"]'));
  await type(box, "value of $least", "5");
  await type(box, "name of the job", "trips of May");
  await until(() => !(button(box, "Insert") as HTMLButtonElement).disabled);
  click(button(box, "Insert"));
  await until(() => cells.length);
  assert.match(cells[0] ?? "", /^%%fusionflow --name 'trips of May' --params '{"least":5}'\n/);
  const checks = service.asked.filter((one) => one.path === "validate").map((one) => (one.body as { params: unknown }).params);
  assert.deepEqual(checks.at(-1), { least: 5 });
});

onForm("of 10,000 files and 500 columns only those in sight are in the document", (service) => {
  service.names = Array.from({ length: 10_000 }, (_, at) => `part-${at}.csv`);
  service.columns = Array.from({ length: 500 }, (_, at) => ({ name: `column ${at}`, type: "DOUBLE" }));
}, async ({ box, form }) => {
  click(button(box, "Browse"));
  await until(() => box.querySelector(".ff-file"));
  assert.ok(box.querySelectorAll(".ff-file").length < 20);
  await type(box, "search in this folder", "part-9999");
  await until(() => box.querySelectorAll(".ff-file").length === 1);
  click(button(box, "take /d/*.csv"));
  await until(() => box.querySelector(".ff-picker"));
  assert.equal(form().source.path, "/d/*.csv");
  assert.ok(box.querySelectorAll(".ff-picker .ff-file").length < 20);
  await type(box, "search 500 columns", "column 49");
  await until(() => box.querySelectorAll(".ff-picker .ff-file").length <= 11);
});

onForm("a row that the SQL takes away and brings back leaves the focus where the SQL is typed", nothing, async ({ box, form, sql }) => {
  const write = async (...columns: string[]): Promise<void> => {
    sql().value = JSON.stringify({ columns: columns.map((column) => ({ column, function: "", distinct: false, alias: "" })) });
    sql().dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => box.querySelectorAll('[aria-label^="name of column"]').length === columns.length);
  };
  await write("city");
  click(button(box, "+ column"));
  await until(() => document.activeElement?.getAttribute("aria-label") === "name of column 2");
  await until(() => form().columns.length === 2);
  sql().focus();
  await write("city");
  await write("city", "amount");
  await settle();
  assert.equal(document.activeElement, sql());
});

const NASTY = HOSTILE.join(" ");

onForm("hostile names show as text", (service) => {
  service.names = [NASTY];
  service.columns = [{ name: NASTY, type: NASTY }];
  service.parameters = [NASTY];
  service.blocked = NASTY;
}, async ({ box, sql }) => {
  click(button(box, "Browse"));
  await type(box, "file, pattern, URL or table", "*.csv");
  await until(() => box.querySelector(".ff-picker .ff-file") && box.querySelector(".ff-files .ff-file"));
  click(one(box, '.ff-picker input[type="checkbox"]'));
  await until(() => box.querySelector('[aria-label="column 1"]'));
  sql().value = NASTY;
  sql().dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => /The form cannot show/.test(box.textContent ?? ""));
  assert.deepEqual(foreign(box), []);
});

test("every control has a name", async () => {
  const box = draw(<SubmitForm store={new JobStore(new FormService())} />);
  click(button(box, "+ filter"));
  click(button(box, "+ column"));
  click(button(box, "+ sort"));
  await choose(box, "where rows go", "files");
  await until(() => box.querySelector('[aria-label="format"]'));
  for (const control of box.querySelectorAll("input, select, textarea, button")) {
    const name = control.getAttribute("aria-label") ?? control.closest("label")?.textContent ?? control.textContent ?? "";
    assert.ok(name.trim(), control.className);
  }
  render(null, box);
});

test("folders and patterns are told from paths", () => {
  assert.deepEqual(["data/2024/*.csv", "*.csv", "s3://bucket/a/b.csv", "s3://bucket", "/a.csv", "/d/x"].map(folderOf), [
    "data/2024",
    "",
    "s3://bucket/a",
    "s3://",
    "/",
    "/d",
  ]);
  const entry = (name: string) => ({ name, path: name, folder: false, size: 1, modified: null });
  const listing = { path: "/d", parent: "", more: false, entries: ["a.csv", "b.CSV", "c.csv", "d.txt"].map(entry) };
  assert.deepEqual(patternsOf(listing), [{ pattern: "/d/*.csv", files: 2 }]);
});

test("a dry run in words", () => {
  assert.equal(figuresText({ stages: [STAGE], columns: [] }), "3 chunks · reads 1.5 kB, 500 B are known already");
  assert.equal(figuresText({ stages: [{ ...STAGE, bytes_known: 2000 }], columns: [] }), "3 chunks · reads nothing: all 2.0 kB are known");
});
