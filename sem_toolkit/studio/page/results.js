// Below the picture: fit in short, and tabs for measures, tables, modification indices, residuals and comparison.

import { byId, el, icon } from "./element.js";
import { buildMeasures } from "./fitmeasures.js";
import { formatNumber, formatTest } from "./numbers.js";
import { buildHeatMap } from "./residuals.js";
import { buildTable } from "./tables.js";

const SHORT = ["chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr"];
const TABS = [["fit", "Fit"], ["parameters", "Estimates"], ["indices", "Modification indices"], ["residuals", "Residuals"],
  ["tables", "More tables"], ["compare", "Compare"]];
/** Tables that are asked for when they are chosen. */
const MORE = [["standardized", "Standardised solution"], ["r2", "R²"], ["loadings", "Loadings"], ["effects", "Effects"],
  ["reliability", "Reliability"], ["implied_cov", "Implied covariances"], ["sample_cov", "Sample covariances"]];

export class Results {
  #answer = null;
  #tab = "fit";
  #more = MORE[0][0];
  #isZ = true;
  #sorts = new Map();
  #isOld = false;
  #whyNot = "No fit";
  #listeners;

  /** listeners: {row(lhs, op, rhs), trial(index), need(), tip(…), compare(host), fileName()} */
  constructor(listeners) {
    this.#listeners = listeners;
    const tabs = byId("result-tabs");
    tabs.append(...TABS.map(([name, label]) => el("button", { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name,
      "aria-controls": "result", onclick: () => this.open(name) }, label, el("span", { class: "count" }))));
    tabs.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!way) return;
      const at = TABS.findIndex(([name]) => name === this.#tab);
      this.open(TABS[(at + way + TABS.length) % TABS.length][0]);
      byId(`tab-${this.#tab}`).focus();
    });
    this.#markTab();
  }

  /** Names of the tables that the next answer has to bring. */
  get needed() {
    return this.#tab === "tables" ? ["parameters", this.#more] : ["parameters"];
  }

  get isOpen() {
    return this.#tab;
  }

  open(name) {
    const wasTables = this.#tab === "tables";
    this.#tab = name;
    this.#markTab();
    this.#draw();
    if (name === "tables" && !wasTables) this.#listeners.need();
  }

  /** The answer to show, or why there is no fit. The last numbers stay, dimmed, while the text is broken. */
  show(answer, isBroken, whyNot) {
    this.#whyNot = whyNot;
    if (answer.fit || !isBroken) this.#answer = answer;
    this.#isOld = isBroken && !answer.fit;
    this.#drawStrip(answer.fit || !isBroken ? answer : this.#answer);
    if (this.#tab !== "compare") this.#draw();
    const indices = this.#answer?.indices ?? [];
    const large = indices.filter(({ mi }) => mi > 3.841).length;
    byId("tab-indices").querySelector(".count").textContent = large ? String(large) : "";
  }

  clear() {
    this.#answer = null;
    this.show({ fit: null, tables: [], indices: [], residuals: null }, false, "No fit yet");
  }

  #markTab() {
    for (const button of byId("result-tabs").children) {
      const isChosen = button.dataset.tab === this.#tab;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    byId("result").setAttribute("aria-labelledby", `tab-${this.#tab}`);
  }

  #drawStrip(answer) {
    const strip = byId("strip");
    const fit = answer?.fit;
    strip.toggleAttribute("data-old", this.#isOld);
    const toggle = strip.querySelector(".shut-results");
    if (!fit) {
      strip.replaceChildren(el("span", { class: "none" }, this.#whyNot));
    } else {
      const known = new Map(fit.measures.map((measure) => [measure.name, measure]));
      const shown = SHORT.filter((name) => known.get(name)?.value !== null && known.has(name)).map((name) =>
        el("span", { class: "measure" }, known.get(name).label, el("b", {}, formatNumber(name, known.get(name).value))));
      const { certified, verdict } = fit.certificate;
      const badge = el("span", { class: `badge ${certified ? "good" : "bad"}`, title: fit.certificate.text },
        icon(certified ? "check" : "cross"), certified ? "certified" : verdict ?? "not certified");
      strip.replaceChildren(badge, ...shown, el("span", { class: "measure" }, "n", el("b", {}, String(fit.n))));
    }
    if (toggle) strip.append(toggle);
  }

  #draw() {
    const host = byId("result");
    const top = host.scrollTop;
    host.replaceChildren(...this.#build());
    host.style.opacity = this.#isOld ? ".5" : "";
    host.scrollTop = top;
  }

  #build() {
    if (this.#tab === "compare") return this.#listeners.compare();
    const answer = this.#answer;
    if (!answer?.fit) return [el("p", { class: "nothing" }, this.#whyNot)];
    switch (this.#tab) {
      case "fit": return buildMeasures(answer.fit);
      case "parameters": return this.#buildTable(answer, "parameters");
      case "indices": return this.#buildIndices(answer);
      case "residuals": return this.#buildResiduals(answer);
      default: return this.#buildMore(answer);
    }
  }

  #buildTable(answer, name) {
    const found = answer.tables.find((entry) => entry.name === name);
    const table = found && dropSingle(found);
    if (!table) return [el("p", { class: "nothing" }, "There is no such table for this model and these data.")];
    const place = (wanted) => table.columns.findIndex((column) => column.name === wanted);
    const [lhs, op, rhs] = ["lhs", "op", "rhs"].map(place);
    const choose = lhs < 0 || op < 0 ? null : (row) => this.#listeners.row(row[lhs], row[op], row[rhs] ?? "");
    return buildTable(table, { choose, fileName: `${this.#listeners.fileName()}-${name}`, sort: this.#sort(name),
      note: choose ? "a row shows its path and its place in the text" : "" });
  }

  #buildIndices(answer) {
    if (!answer.indices.length) return [el("p", { class: "nothing" }, "No path could be added that the data ask for.")];
    const names = [["lhs", "lhs"], ["op", "op"], ["rhs", "rhs"], ["mi", "index"], ["epc", "expected change"], ["sepc_all", "standardised"]]
      .filter(([name]) => name in answer.indices[0]);
    const columns = names.map(([name, label], place) => ({ name, label, numeric: place > 2 }));
    const table = { title: "Modification indices", columns, rows: answer.indices.map((index) => names.map(([name]) => index[name])) };
    return buildTable(table, { choose: (_, place) => this.#listeners.trial(answer.indices[place]),
      fileName: `${this.#listeners.fileName()}-indices`, sort: this.#sort("indices"),
      note: "a row tries its path: the new χ² before anything is kept" });
  }

  #buildResiduals(answer) {
    if (!answer.residuals) return [el("p", { class: "nothing" }, "There are no residuals for this model.")];
    const setZ = (isZ) => { this.#isZ = isZ; this.#draw(); };
    return buildHeatMap(answer.residuals, { isZ: this.#isZ && Boolean(answer.residuals.z), setZ, tip: this.#listeners.tip });
  }

  #buildMore(answer) {
    const choice = el("select", { "aria-label": "Table", onchange: (event) => {
      this.#more = event.target.value;
      this.#listeners.need();
    } }, MORE.map(([value, label]) => el("option", { value }, label)));
    choice.value = this.#more;
    const bar = el("div", { class: "table-head" }, choice);
    return [bar, ...this.#buildTable(answer, this.#more)];
  }

  #sort(name) {
    if (!this.#sorts.has(name)) this.#sorts.set(name, { column: null, isDown: false });
    return this.#sorts.get(name);
  }
}

/** A table without the columns of group and level where there is one of them only. */
function dropSingle(table) {
  const kept = table.columns.map(({ name }, place) => !["group", "level"].includes(name)
    || table.rows.some((row) => row[place] !== table.rows[0][place]));
  const keep = (list) => list.filter((_, place) => kept[place]);
  return { ...table, columns: keep(table.columns), rows: table.rows.map(keep) };
}

/** The line over a trial: what the ghost has done to χ². */
export function describeTrial(found) {
  const number = (value) => formatNumber("chisq", value);
  return el("span", { class: "sum" }, "χ² ", el("b", {}, `${number(found.chisq_before)} → ${number(found.chisq)}`),
    ` (df ${found.df_before} → ${found.df})`, " · Δχ² ", el("b", {}, number(found.difference)),
    found.p === null || found.p === undefined ? "" : el("span", {}, ` · ${formatTest(found.p)}`));
}
