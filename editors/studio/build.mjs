// Bundles codemirror.js into the page's editor.bundle.js with the licences of what is in it.
//   node build.mjs          writes it
//   node build.mjs --check  fails when it is not what the installed packages give
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../../sem_toolkit/studio/page/editor.bundle.js");

const result = await build({
  absWorkingDir: here,
  entryPoints: ["codemirror.js"],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
});

// node_modules/@scope/name/… or node_modules/name/…
const packageOf = (path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
const packages = [...new Set(Object.keys(result.metafile.inputs).map(packageOf).filter(Boolean))].sort();
const texts = new Map();
for (const name of packages) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence text`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  const together = texts.get(text) ?? [];
  texts.set(text, [...together, `${name} ${version} (${license})`]);
}
const notes = [...texts].map(([text, names]) => `${names.join("\n")}\n\n${text}`).join("\n\n---\n\n");
const banner = `/*! Bundled by editors/studio/build.mjs; make studio-assets makes it anew. It contains:\n\n${notes}\n*/\n`;
if (banner.slice(0, -3).includes("*/")) throw new Error("a licence text would end the comment");
const made = banner + result.outputFiles[0].text;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== made) {
    console.error("editor.bundle.js is not what the pinned packages give: run make studio-assets");
    process.exit(1);
  }
} else {
  writeFileSync(target, made);
  console.log(`${target}: ${Math.round(made.length / 1024)} kB of ${packages.length} packages`);
}
