// The little Markdown of hovers as elements: paragraphs, lists, **strong**, `code`. Nothing else has a meaning.

import { el } from "./element.js";

/** Elements for a text. */
export function renderMarkdown(text) {
  return text.split(/\n{2,}/).map((part) => {
    const lines = part.split("\n");
    const isList = lines.every((line) => /^[-*] /.test(line));
    return isList ? el("ul", {}, lines.map((line) => el("li", {}, renderLine(line.slice(2))))) : el("p", {}, renderLine(part));
  });
}

function renderLine(line) {
  return line.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((piece) => {
    if (/^\*\*.+\*\*$/.test(piece)) return el("strong", {}, piece.slice(2, -2));
    if (/^`.+`$/.test(piece)) return el("code", {}, piece.slice(1, -1));
    return piece;
  });
}
