// Bundles every *.test.ts(x) and runs them with Node's own test runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(here, "dist-test");

function tests(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.test\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

rmSync(OUT, { recursive: true, force: true });
await build({
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  jsx: "automatic",
  jsxImportSource: "preact",
  outExtension: { ".js": ".mjs" },
  entryPoints: ["shared/src", "widgets/src", "lab/src"].flatMap((name) => tests(join(here, name))),
  outdir: OUT,
  external: ["happy-dom"],
  logLevel: "warning",
});
const files = readdirSync(OUT, { recursive: true })
  .filter((name) => name.endsWith(".mjs"))
  .map((name) => join(OUT, name));
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
