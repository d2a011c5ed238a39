// The tab of fit measures: the certificate first, then the measures in the order in which people read them.

import { el, icon } from "./element.js";
import { formatNumber } from "./numbers.js";

const GROUPS = [
  ["Exact fit", ["chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor",
    "baseline.chisq", "baseline.df", "baseline.pvalue"]],
  ["Approximate fit", ["rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue", "rmsea.scaled", "rmsea.robust",
    "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "srmr", "crmr", "rmr"]],
  ["Comparative fit", ["cfi", "tli", "cfi.scaled", "tli.scaled", "cfi.robust", "tli.robust", "nnfi", "rfi", "nfi", "pnfi",
    "ifi", "rni"]],
  ["Information", ["npar", "ntotal", "logl", "unrestricted.logl", "aic", "bic", "bic2"]],
];
const LABELS = {
  "baseline.chisq": "χ² of the baseline", "baseline.df": "df of the baseline", "baseline.pvalue": "p of the baseline",
  "unrestricted.logl": "log-likelihood, unrestricted", "chisq.scaled": "χ², scaled", "df.scaled": "df, scaled",
  "pvalue.scaled": "p, scaled", "chisq.scaling.factor": "scaling factor", "cfi.robust": "CFI, robust", "tli.robust": "TLI, robust",
  "cfi.scaled": "CFI, scaled", "tli.scaled": "TLI, scaled", "rmsea.scaled": "RMSEA, scaled", "rmsea.robust": "RMSEA, robust",
  "rmsea.ci.lower.robust": "RMSEA, robust, lower limit", "rmsea.ci.upper.robust": "RMSEA, robust, upper limit", crmr: "CRMR",
  pnfi: "PNFI",
};

/** The content of the tab for a fit. */
export function buildMeasures(fit) {
  const known = new Map(fit.measures.map((measure) => [measure.name, measure]));
  const groups = GROUPS.map(([title, names]) => [title, names.filter((name) => known.has(name)).map((name) => known.get(name))]);
  const named = new Set(GROUPS.flatMap(([, names]) => names));
  const others = fit.measures.filter(({ name }) => !named.has(name));
  const lists = groups.filter(([, measures]) => measures.length).map(([title, measures]) =>
    el("section", {}, el("h2", {}, title), buildList(measures)));
  const rest = others.length
    ? el("details", {}, el("summary", {}, `${others.length} more, by lavaan's names`), el("div", { class: "fit" }, buildList(others))) : null;
  return [el("div", { class: "fit" }, el("section", {}, buildCertificate(fit)), lists), rest].filter(Boolean);
}

function buildList(measures) {
  return el("dl", {}, measures.flatMap(({ name, label, value, text }) =>
    [el("dt", {}, LABELS[name] ?? label), el("dd", {}, (text ?? formatNumber(name, value)).replace(/^-/, "−"))]));
}

function buildCertificate(fit) {
  const { certified, text, verdict } = fit.certificate;
  return [
    el("div", { class: certified ? "certificate" : "certificate bad" },
      el("h2", {}, icon(certified ? "check" : "cross"), certified ? "Certified optimum" : "Not certified"),
      el("p", {}, text ?? verdict)),
    fit.warnings.length ? el("ul", { class: "warnings" }, fit.warnings.map(({ message, hint }) =>
      el("li", {}, hint ? `${message} (${hint})` : message))) : null,
  ];
}
