// What is taken along: the picture in every format, the report, the spec.

import { hint, notice } from "./announce.js";
import { keepFile } from "./tables.js";

const GROUPS = [
  ["Picture", "diagram", [["svg", "SVG"], ["pdf", "PDF"], ["png", "PNG"], ["docx", "Word"], ["pptx", "PowerPoint"], ["drawio", "draw.io"], ["tex", "TikZ for LaTeX"], ["dot", "DOT"]]],
  ["Report", "report", [["html", "Web page"], ["docx", "Word"], ["md", "Markdown"], ["tex", "LaTeX"]]],
  ["Model", "spec", [["lav", "Spec, lavaan syntax"]]],
];

/** Items of the menu. getCall() gives text and settings; attempt shows refusals. */
export function listExports(server, getCall, attempt) {
  return GROUPS.flatMap(([title, what, formats], place) => [
    ...(place ? ["rule"] : []), { title },
    ...formats.map(([format, label]) => ({ label, side: `.${format}`, run: () => exportAs(server, getCall(), attempt, what, format) })),
  ]);
}

async function exportAs(server, call, attempt, what, format) {
  hint(what === "report" ? "Writing the report …" : "Making the file …", "word", true);
  const made = await attempt(server.download("/api/export", { ...call, what, format }));
  if (!made) return;
  keepFile(made.blob, made.name);
  hint("");
  notice(`${made.name}: written to your downloads`, { kind: "good", seconds: 5 });
}
