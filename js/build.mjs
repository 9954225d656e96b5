// Bundles the widgets into fusionflow_lab/static and the panel's sources into lab/lib.
import { build } from "esbuild";
import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const STATIC = join(here, "..", "fusionflow_lab", "static");
const MOST_BYTES = 200 * 1024;

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  legalComments: "none",
};

// Each file of widgets/src is one widget: an ES module of its own, because a front end loads it as text.
const widgets = readdirSync(join(here, "widgets/src"))
  .filter((name) => /^[a-z]+\.tsx?$/.test(name))
  .map((name) => join(here, "widgets/src", name));

rmSync(STATIC, { recursive: true, force: true });
await build({ ...common, entryPoints: widgets, outdir: STATIC, minify: true });
await build({
  ...common,
  entryPoints: [join(here, "shared/src/style.css")],
  outfile: join(STATIC, "style.css"),
  minify: true,
});
for (const name of readdirSync(STATIC)) {
  const size = statSync(join(STATIC, name)).size;
  if (size > MOST_BYTES) throw new Error(`${basename(name)} has ${size} bytes, more than ${MOST_BYTES}`);
}

rmSync(join(here, "lab/lib"), { recursive: true, force: true });
await build({
  ...common,
  entryPoints: [join(here, "lab/src/index.ts")],
  outdir: join(here, "lab/lib"),
  external: ["@jupyterlab/*", "@lumino/*", "@codemirror/*", "@lezer/*"],
  // With its imports already in it.
  alias: { "@fusionflow/shared/style.css": join(STATIC, "style.css") },
  loader: { ".svg": "text", ".css": "text" },
});
