// Files of the folder: which is open, which others were, and the data that the header names.

import { notice } from "./announce.js";
import { ask, choose } from "./dialogs.js";
import { byId, dress, el, icon } from "./element.js";
import { keep, recall } from "./keeping.js";
import { openMenu } from "./menus.js";

const KEPT = "studio-file";
const MOST_IN_MENU = 60;
const DATA_LINE = /^#'[ \t]*data:[ \t]*(.*)$/m;

export class Files {
  #server;
  #editor;
  #saver;
  #deeds;
  #listeners;
  #sessions = new Map();
  #opened = [];
  #making = null;
  state = { file: null, text: "", version: "", data: null, data_columns: [], files: [], datasets: [], rivals: [] };

  /** listeners: {opened()}: another file is in the editor. */
  constructor({ server, editor, saver, deeds, listeners }) {
    this.#server = server;
    this.#editor = editor;
    this.#saver = saver;
    this.#deeds = deeds;
    this.#listeners = listeners;
    byId("file-button").addEventListener("click", (event) => openMenu(event.currentTarget, this.#listFiles()));
    byId("data-button").addEventListener("click", (event) => openMenu(event.currentTarget, this.#listData()));
  }

  /** What the studio begins with: the file that this page had last, or the one that the command named. */
  async begin() {
    const kept = recall(KEPT);
    const state = (kept && await this.#server.get("/api/state", { file: kept }).catch(() => null)) || await this.#server.get("/api/state");
    this.#take(state);
  }

  /** Open a file of the folder. */
  async open(name) {
    if (name === this.state.file || !(await this.#leave())) return;
    const state = await this.#deeds.attempt(this.#server.post("/api/open", { file: name }));
    if (state) this.#take(state);
  }

  /** Make a new file, with a text where there is one already. */
  async make(text = "") {
    const given = await ask({
      title: "New model", fields: [{ name: "file", label: "File name", value: this.#freeName() }], confirm: "Make",
      check: async ({ file }) => {
        if (!(await this.#leave())) return "the open file is not saved yet";
        const name = /\.[a-z]+$/i.test(file) ? file : `${file}.lav`;
        try {
          this.#take(await this.#server.post("/api/new", { file: name, text }));
          return "";
        } catch (problem) {
          return [problem.message, problem.hint].filter(Boolean).join(": ");
        }
      },
    });
    if (given) this.#editor.focus();
  }

  /** A text that has no file yet gets one, so that nothing typed is lost. */
  async settle() {
    if (this.state.file !== null || this.#making || !this.#editor.text.trim()) return;
    this.#making = this.#server.post("/api/new", { file: this.#freeName() }).catch(() => null);
    const state = await this.#making;
    this.#making = null;
    if (!state || this.state.file !== null) return;
    this.state = state;
    keep(KEPT, state.file);
    this.#opened = [state.file];
    this.#saver.begin(state.file, state.text, state.version);
    this.#saver.touch();
    this.#show();
    notice(`Saved as ${state.file} in the folder of the studio`, { seconds: 6 });
  }

  /** Lists of the folder, as a poll brings them. */
  refresh({ files, datasets, rivals, data, data_columns }) {
    const isOther = JSON.stringify([files, data]) !== JSON.stringify([this.state.files, this.state.data]);
    Object.assign(this.state, { files, datasets, rivals, data, data_columns });
    if (isOther) this.#show();
  }

  /** Name data in the header: a plain edit of the text, to be undone like any other. */
  nameData(name) {
    const path = this.#relate(name);
    const text = this.#editor.text;
    const found = text.match(DATA_LINE);
    if (found) {
      const from = found.index + found[0].length - found[1].length;
      this.#editor.apply([{ from, to: from + found[1].length, insert: path }]);
    } else this.#editor.apply([{ from: 0, to: 0, insert: `#' data: ${path}\n` }]);
  }

  #take(state) {
    if (this.state.file !== null) this.#sessions.set(this.state.file, this.#editor.keep());
    notice("", { isKept: true }); // what was to be settled was about the file before
    this.state = state;
    if (state.file !== null) {
      keep(KEPT, state.file);
      if (!this.#opened.includes(state.file)) this.#opened.push(state.file);
    }
    this.#editor.load(state.text, this.#sessions.get(state.file) ?? null);
    this.#saver.begin(state.file, state.text, state.version, state.recovered);
    if (state.recovered) notice("The text was found in the journal: it had not been written to the file before the server ended.", { kind: "good", seconds: 12 });
    this.#show();
    this.#listeners.opened();
  }

  async #leave() {
    if (this.state.file === null && !this.#editor.text.trim()) return true;
    if (await this.#saver.flush()) return true;
    const answer = await choose({ title: "Not saved yet", words: `The text of ${this.state.file ?? "this page"} is not in its file.`,
      answers: [["stay", "Stay here"], ["leave", "Leave it"]] });
    return answer === "leave";
  }

  #show() {
    const { file, data, files } = this.state;
    document.title = file ? `${file} · Studio` : "Studio";
    const button = byId("file-button");
    button.replaceChildren(el("span", { class: "words" }, file?.split("/").pop() ?? "New model"));
    button.title = file ?? "";
    button.setAttribute("aria-label", `Model: ${file ?? "no file yet"}`);
    const dataButton = byId("data-button");
    dataButton.replaceChildren(icon("table"), el("span", { class: "words" }, data?.split("/").pop() ?? "No data"));
    dataButton.title = data ?? "";
    dataButton.setAttribute("aria-label", `Data: ${data ?? "none"}`);
    const tabs = this.#opened.filter((name) => files.includes(name) || name === file);
    byId("file-tabs").replaceChildren(...(tabs.length > 1 ? tabs.map((name) => this.#buildTab(name)) : []));
    byId("file-tabs").querySelector("[data-chosen]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #buildTab(name) {
    const isChosen = name === this.state.file;
    const shut = () => {
      this.#opened = this.#opened.filter((other) => other !== name);
      this.#show();
    };
    return el("span", { class: "file-tab", role: "presentation", "data-chosen": isChosen },
      el("button", { type: "button", role: "tab", "aria-selected": String(isChosen), title: name, onclick: () => this.open(name) },
        name.split("/").pop()),
      isChosen ? null : dress(el("button", { class: "shut", type: "button", onclick: shut }), "cross", `Close the tab of ${name}`));
  }

  #listFiles() {
    const { files, file } = this.state;
    const shown = files.slice(0, MOST_IN_MENU);
    return [
      { label: "New model …", run: () => this.make() },
      { label: "Save a copy as …", run: () => this.make(this.#editor.text) },
      ...(shown.length ? ["rule", { title: "Models of the folder" }] : []),
      ...shown.map((name) => ({ label: name, side: name === file ? "open" : "", run: () => this.open(name) })),
      ...(files.length > shown.length ? [{ title: `and ${files.length - shown.length} more` }] : []),
    ];
  }

  #listData() {
    const { datasets, data } = this.state;
    const upload = () => {
      const input = el("input", { type: "file", accept: ".csv,.tsv,.tab,.dat,.parquet,.xlsx,.sav,.zsav,.dta" });
      input.addEventListener("change", async () => {
        const file = input.files?.[0];
        const found = file && await this.#deeds.attempt(this.#server.upload(file));
        if (found) this.nameData(found.file);
      });
      input.click();
    };
    return [
      { label: "Add data from this machine …", run: upload },
      ...(datasets.length ? ["rule", { title: "Data of the folder: named in the header of the model" }] : []),
      ...datasets.slice(0, MOST_IN_MENU).map((name) => ({ label: name, side: name === data ? "in use" : "", run: () => this.nameData(name) })),
    ];
  }

  #freeName() {
    const taken = new Set(this.state.files);
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? "model.lav" : `model-${number}.lav`;
      if (!taken.has(name)) return name;
    }
  }

  /** A file of the folder as the open spec names it: from its own folder. */
  #relate(name) {
    const here = (this.state.file ?? "").split("/").slice(0, -1);
    const there = name.split("/");
    while (here.length && there.length > 1 && here[0] === there[0]) {
      here.shift();
      there.shift();
    }
    return [...here.map(() => ".."), ...there].join("/");
  }
}
