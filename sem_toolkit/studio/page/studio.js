// The studio put together: text, picture and results around one loop of analysis.

import { Analyst } from "./analysis.js";
import { announce, hint } from "./announce.js";
import { closeCard, showTip } from "./card.js";
import { Comparison } from "./compare.js";
import { Connection, showSaved } from "./connection.js";
import { Deeds } from "./deeds.js";
import { showKeys } from "./dialogs.js";
import { byId, dress, el } from "./element.js";
import { Editor } from "./editor.js";
import { listExports } from "./exports.js";
import { Files } from "./files.js";
import { Gestures } from "./gestures.js";
import { listenToHovering } from "./hovering.js";
import { closeMenu, openMenu } from "./menus.js";
import { Picture } from "./picture.js";
import { listenToKeys } from "./picturekeys.js";
import { showProblems } from "./problems.js";
import { Results } from "./results.js";
import { Saver } from "./saving.js";
import { KEYS, findNextPane, listenEverywhere } from "./shortcuts.js";
import { TextDeeds } from "./textdeeds.js";
import { buildTools, buildZoom, showPane } from "./tools.js";
import { Trial } from "./trial.js";

export class Studio {
  #settings = { standardized: "std.all", misfit: false, group: 1 };
  #analysed = null;
  #last = null;
  #afterwards = null;

  constructor(server) {
    this.server = server;
    this.editor = this.#makeEditor();
    this.picture = new Picture(byId("drawing"));
    this.analyst = new Analyst(server, () => this.#ask(), {
      answer: (answer, question) => this.#show(answer, question),
      failed: (problem) => { if (problem.status) hint(problem.message, "problem"); },
      busy: (is) => byId("picture-pane").setAttribute("aria-busy", String(is)),
    });
    const refresh = () => this.analyst.request(0);
    this.saver = new Saver(server, () => this.editor.text, {
      state: showSaved,
      conflict: (theirs) => this.connection.meetConflict(theirs),
    });
    this.deeds = new Deeds({ server, editor: this.editor, picture: this.picture, getFile: () => this.files.state.file, refresh });
    this.files = new Files({ server, editor: this.editor, saver: this.saver, deeds: this.deeds, listeners: { opened: () => this.#begin() } });
    this.connection = new Connection({ server, editor: this.editor, saver: this.saver, files: this.files, refresh });
    this.textDeeds = new TextDeeds({ server, editor: this.editor, deeds: this.deeds, getFile: () => this.files.state.file });
    this.gestures = new Gestures(this.picture, {
      move: (name, x, y) => this.deeds.move(name, x, y),
      draw: (kind, from, to) => this.deeds.draw(kind, from, to),
      choose: (target) => this.#choose(target),
      begun: (kind, from) => this.#tellDrawing(kind, from),
      tool: (name) => { this.tools?.showTool(name); if (name === "select") hint(""); },
    });
    this.deeds.use(this.gestures);
    this.trial = new Trial({ server, deeds: this.deeds, picture: this.picture,
      listeners: { question: () => this.#ask(), ended: () => { if (this.#last) this.picture.show(this.#last); refresh(); } } });
    this.results = new Results({
      row: (lhs, op, rhs) => this.#showRow(lhs, op, rhs),
      trial: (index) => this.#try(index),
      need: refresh,
      tip: showTip,
      compare: () => this.comparison.build(),
      fileName: () => (this.files.state.file ?? "model").split("/").pop().replace(/\.[^.]+$/, ""),
    });
    this.comparison = new Comparison(server, {
      rivals: () => this.files.state.rivals, file: () => this.files.state.file,
      redraw: () => this.results.open("compare"), attempt: (call) => this.deeds.attempt(call),
      overlay: (found) => this.#showOverlay(found),
    });
    this.tools = buildTools(this.#settings, {
      tool: (name) => this.gestures.setTool(name), add: () => this.deeds.add(), tidy: () => this.deeds.tidy(),
      misfit: (is) => this.#set({ misfit: is }), values: (name) => this.#set({ standardized: name }),
      group: (number) => this.#set({ group: number }),
    });
    buildZoom(this.picture.viewport);
    this.#listen();
  }

  async start() {
    await this.files.begin();
    this.connection.watch();
  }

  #makeEditor() {
    const call = (path) => (text, offset) => this.server.post(path, { file: this.files.state.file, text, offset });
    return new Editor(byId("editor"), {
      language: { complete: call("/api/complete"), hover: call("/api/hover") },
      listeners: {
        changed: () => this.#changed(),
        moved: (pins) => this.deeds.restore(pins),
        caret: (offset) => this.#followCaret(offset),
        history: () => this.#showHistory(),
      },
      keys: [
        { key: "F2", run: () => { this.textDeeds.renameAtCaret(); return true; } },
        { key: "Shift-Alt-f", run: () => { this.textDeeds.format(); return true; } },
        { key: "Mod-.", run: () => this.textDeeds.fixAtCaret() },
      ],
    });
  }

  #ask() {
    const { standardized, misfit, group } = this.#settings;
    return { file: this.files.state.file, text: this.editor.text, standardized, overlay: misfit ? "misfit" : null, group,
      tables: this.results.needed };
  }

  #set(settings) {
    Object.assign(this.#settings, settings);
    this.analyst.request(0);
  }

  #begin() {
    this.#last = null;
    this.trial.forget();
    closeCard();
    this.picture.clear();
    this.results.clear();
    this.comparison.clear();
    this.picture.viewport.fit();
    this.#settings.group = 1;
    this.#showBlank(!this.editor.text.trim());
    this.analyst.request(0);
  }

  #changed() {
    this.trial.forget();
    if (this.files.state.file === null) this.files.settle();
    this.saver.touch();
    this.analyst.request();
  }

  #show(answer, question) {
    this.#analysed = question.text;
    this.textDeeds.take(answer.diagnostics, question.text);
    const isBlank = !question.text.trim();
    const isBroken = answer.svg === null && !isBlank;
    this.editor.showDiagnostics(isBlank ? [] : answer.diagnostics, (offered) => this.textDeeds.fix(offered));
    showProblems(isBlank ? [] : answer.diagnostics, question.text, {
      goTo: (entry) => { showPane("text"); this.editor.goTo(entry.from, entry.to); },
      fix: (offered) => this.textDeeds.fix(offered),
    });
    if (this.trial.isOn) return;
    if (isBlank || (isBroken && this.picture.isEmpty)) this.picture.clear();
    else if (isBroken) this.picture.age();
    else this.picture.show(answer);
    if (answer.svg !== null) this.#last = answer;
    this.#showBlank(isBlank);
    this.results.show(answer, isBroken, this.#tellWhyNoFit(answer, isBlank));
    if (answer.svg !== null) {
      this.#settings.group = answer.group;
      this.tools.showGroups(answer.parts, answer.group);
    }
    const next = this.#afterwards;
    this.#afterwards = null;
    next?.();
  }

  #tellWhyNoFit(answer, isBlank) {
    if (isBlank) return "No fit: there is no model yet";
    if (answer.diagnostics.some(({ severity }) => severity === "error")) return "No fit: see the problems under the text";
    return this.files.state.data ? "No fit" : "No fit: no data are named yet; choose some above";
  }

  #showBlank(isBlank) {
    const blank = byId("blank");
    blank.hidden = !isBlank;
    if (!isBlank) return;
    const others = this.files.state.files.length > 0;
    blank.replaceChildren(el("h2", {}, "No model yet"),
      el("p", {}, "Write one at the left, or begin with a variable. The picture and the fit follow what you type."),
      el("button", { class: "plain", type: "button", onclick: () => this.deeds.add() }, "Add a variable"),
      others ? el("button", { class: "quiet", type: "button", onclick: () => byId("file-button").click() }, "Open a model of the folder") : "");
  }

  #choose(target) {
    closeCard();
    showTip(null);
    if (!target) {
      this.picture.choose(null);
      return;
    }
    if (this.trial.isOn) return;
    const path = target.kind === "path" ? this.picture.path(target.id) : null;
    if (path?.candidate) this.trial.start(path);
    else this.deeds.open(target);
  }

  /** Try a modification index, in the picture of its own block where the text has several. */
  #try(index) {
    showPane("picture");
    if (!index.block || index.group === this.#settings.group) return this.trial.start(index);
    this.#afterwards = () => this.trial.start(index);
    return this.#set({ group: index.group });
  }

  #showRow(lhs, op, rhs) {
    const path = this.picture.paths.find((entry) => entry.lhs === lhs && entry.op === op && entry.rhs === rhs);
    if (!path) return announce("this parameter is not drawn");
    this.picture.choose({ kind: "path", id: path.id });
    if (path.from !== null) this.editor.mark(path.from, path.to, { scroll: true });
    return undefined;
  }

  /** The path whose term the caret stands in is shown in the picture. */
  #followCaret(offset) {
    if (this.editor.text !== this.#analysed || this.trial.isOn) return;
    const found = this.picture.paths.filter((path) => path.from !== null && path.from <= offset && offset <= path.to)
      .sort((a, b) => (a.to - a.from) - (b.to - b.from))[0];
    this.picture.choose(found ? { kind: "path", id: found.id } : null);
  }

  #tellDrawing(kind, from) {
    const word = kind === "path" ? "Path" : "Covariance";
    hint(from === null ? `${word}: drag from one variable to another, or choose both` : `${word} from ${from}: choose the other variable (Esc ends it)`, "word", true);
  }

  #showOverlay(found) {
    this.picture.choose(null);
    this.picture.show({ svg: found.svg, picture: null });
    showPane("picture");
    this.trial.hold(found.names.join(" | "));
  }

  #listen() {
    this.picture.addEventListener("chosen", ({ detail }) => {
      const path = detail?.kind === "path" ? this.picture.path(detail.id) : null;
      this.editor.mark(path?.from ?? null, path?.to ?? null);
      if (!detail) closeCard();
    });
    listenToHovering(this.picture, () => this.gestures.isBusy);
    listenToKeys(this.picture, this.gestures, this.deeds);
    const help = () => showKeys(KEYS);
    const undo = () => this.editor.undo();
    const redo = () => this.editor.redo();
    listenEverywhere({ undo, redo, help, save: () => this.saver.flush(), next: (isBack) => this.#goToPane(findNextPane(isBack)),
      escape: () => this.trial.discard() || this.gestures.cancel() || closeCard() });
    dress(byId("undo"), "undo", "Undo", "Ctrl+Z").addEventListener("click", undo);
    dress(byId("redo"), "redo", "Redo", "Ctrl+Shift+Z").addEventListener("click", redo);
    dress(byId("help"), "help", "Keys", "?").addEventListener("click", help);
    dress(byId("export-button"), "export", "Export", "", true).addEventListener("click", (event) =>
      openMenu(event.currentTarget, listExports(this.server, () => this.#ask(), (call) => this.deeds.attempt(call))));
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.saver.flush(); });
    addEventListener("beforeunload", (event) => {
      if (!this.saver.isClean && this.files.state.file !== null) event.preventDefault();
    });
    addEventListener("resize", () => { closeCard(); closeMenu(); });
    new PerformanceObserver((list) => {
      const [last] = list.getEntriesByName("studio-latency").slice(-1);
      if (last) byId("latency").textContent = `${Math.round(last.duration)} ms`;
    }).observe({ type: "measure" });
  }

  #goToPane(id) {
    showPane(id.replace("-pane", ""));
    if (id === "text-pane") this.editor.focus();
    else if (id === "picture-pane") (byId("drawing").querySelector('[tabindex="0"]') ?? byId("tools").firstChild).focus();
    else byId(`tab-${this.results.isOpen}`).focus();
  }

  #showHistory() {
    byId("undo").disabled = !this.editor?.canUndo;
    byId("redo").disabled = !this.editor?.canRedo;
  }
}
