// lavaan's syntax for the eye: what is coloured while the server reads the text in earnest.

import { HighlightStyle, StreamLanguage, syntaxHighlighting, tags } from "./editor.bundle.js";

const NAME = /^[\p{L}_.][\p{L}\p{N}_.]*/u;
const OPERATOR = /^(=~|<~|~\*~|~~|\|~|:~|:=|==|~|\||<|>)/;

const lavaan = StreamLanguage.define({
  name: "lavaan",
  token(stream) {
    if (stream.sol() && stream.match(/^\s*#'/)) {
      const rest = stream.string.slice(stream.pos);
      const key = rest.match(/^\s*[\p{L}_][\p{L}\p{N}_ .-]*:/u);
      if (key) return "headerMark";
      stream.skipToEnd();
      return "headerValue";
    }
    if (/^\s*#'/.test(stream.string)) {
      if (stream.match(/^\s*[\p{L}_][\p{L}\p{N}_ .-]*:/u)) return "headerKey";
      stream.skipToEnd();
      return "headerValue";
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^[#!].*/)) return "comment";
    if (stream.match(/^"[^"]*"?|^'[^']*'?/)) return "string";
    if (stream.match(/^(group|level|class|block)\s*:/)) return "headerKey";
    if (stream.match(OPERATOR)) return "operator";
    if (stream.match(/^(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/)) return "number";
    if (stream.match(NAME)) {
      const rest = stream.string.slice(stream.pos);
      const word = stream.current();
      if (/^\s*\*/.test(rest)) return word === "NA" ? "number" : "labelName";
      if (/^\(/.test(rest) && /^(c|start|equal|lower|upper|label|efa|rv)$/.test(word)) return "modifier";
      if (/^\s*(=~|<~)/.test(rest)) return "factor";
      if (/^\s*:=/.test(rest)) return "labelName";
      return word === "NA" ? "number" : "variableName";
    }
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
  tokenTable: {
    headerMark: tags.processingInstruction, headerKey: tags.propertyName, headerValue: tags.attributeValue,
    labelName: tags.labelName, modifier: tags.modifier, factor: tags.typeName,
  },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--syntax-comment)", fontStyle: "italic" },
  { tag: tags.processingInstruction, color: "var(--syntax-comment)" },
  { tag: tags.propertyName, color: "var(--syntax-header)", fontWeight: "600" },
  { tag: tags.attributeValue, color: "var(--syntax-string)" },
  { tag: tags.string, color: "var(--syntax-string)" },
  { tag: tags.operator, color: "var(--syntax-operator)", fontWeight: "600" },
  { tag: tags.number, color: "var(--syntax-number)" },
  { tag: tags.labelName, color: "var(--syntax-label)" },
  { tag: tags.modifier, color: "var(--syntax-label)", fontStyle: "italic" },
  { tag: tags.typeName, color: "var(--syntax-factor)", fontWeight: "600" },
]);

export const language = [lavaan, syntaxHighlighting(colours)];
