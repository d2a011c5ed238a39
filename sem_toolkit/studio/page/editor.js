// The text: CodeMirror with what the server knows of the language, and with one history for text and layout.

import {
  Decoration, EditorSelection, EditorState, EditorView, StateEffect, StateField, Transaction, autocompletion, bracketMatching,
  closeBrackets, completionKeymap, defaultKeymap, drawSelection, highlightActiveLine, highlightActiveLineGutter,
  highlightSelectionMatches, history, historyKeymap, hoverTooltip, invertedEffects, isolateHistory, keymap, lineNumbers,
  lintGutter, nextDiagnostic, placeholder, previousDiagnostic, redo, redoDepth, search, searchKeymap, setDiagnostics,
  tooltips, undo, undoDepth,
} from "./editor.bundle.js";
import { el } from "./element.js";
import { language } from "./language.js";
import { renderMarkdown } from "./markdown.js";
import { Lost, Refused } from "./server.js";

const EXAMPLE = `Write a model, for example

trust   =~ t1 + t2 + t3
loyalty =~ l1 + l2 + l3
loyalty ~ trust`;

/** A change of the layout, kept in the history beside changes of the text: the pins before and after. */
const moved = StateEffect.define();
const markTerm = StateEffect.define();

const chosenTerm = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(markTerm)) continue;
      const { from, to } = effect.value ?? { from: 0, to: 0 };
      marks = from < to ? Decoration.set([Decoration.mark({ class: "cm-term-chosen" }).range(from, to)]) : Decoration.none;
    }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const undoMoves = invertedEffects.of((transaction) => transaction.effects
  .filter((effect) => effect.is(moved))
  .map((effect) => moved.of({ before: effect.value.after, after: effect.value.before })));

/** What a call gives, or null where the server refuses or is lost: nobody waits for a completion. */
async function attempt(call) {
  try {
    return await call;
  } catch (problem) {
    if (problem instanceof Refused || problem instanceof Lost) return null;
    throw problem;
  }
}

export class Editor {
  #listeners;
  #extensions;

  /**
   * parent     element that the editor fills
   * language   {complete(text, offset), hover(text, offset)}, answers of the server
   * listeners  {changed(text), moved(pins), caret(offset), history()}
   */
  constructor(parent, { language: server, listeners, keys }) {
    this.#listeners = listeners;
    this.#extensions = [
      lineNumbers(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(),
      drawSelection(), history(), undoMoves, chosenTerm, bracketMatching(), closeBrackets(), search({ top: true }), language,
      placeholder(EXAMPLE), EditorView.lineWrapping, tooltips({ position: "fixed", parent: document.body }),
      EditorView.contentAttributes.of({ "aria-label": "Model text in lavaan syntax", spellcheck: "false", autocorrect: "off" }),
      autocompletion({ override: [(context) => this.#complete(context, server)], icons: false }),
      hoverTooltip((view, offset) => this.#describe(view, offset, server)),
      keymap.of([
        ...keys,
        { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
        ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap,
      ]),
      EditorView.updateListener.of((update) => this.#hear(update)),
    ];
    this.view = new EditorView({ parent, state: this.#makeState("") });
  }

  get text() {
    return this.view.state.doc.toString();
  }

  get caret() {
    return this.view.state.selection.main.head;
  }

  get canUndo() {
    return undoDepth(this.view.state) > 0;
  }

  get canRedo() {
    return redoDepth(this.view.state) > 0;
  }

  /** Another file: its text and a history of its own; `session` from keep() brings an earlier one back. */
  load(text, session = null) {
    this.view.setState(session?.doc.toString() === text ? session : this.#makeState(text));
    this.#listeners.history();
  }

  /** What load() can bring back. */
  keep() {
    return this.view.state;
  }

  /** Take another text over, as an edit that can be undone: only the part that differs is exchanged. */
  replace(text) {
    const old = this.text;
    let from = 0;
    while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
    let shared = 0;
    while (shared < old.length - from && shared < text.length - from
      && old[old.length - 1 - shared] === text[text.length - 1 - shared]) shared += 1;
    this.apply([{ from, to: old.length - shared, insert: text.slice(from, text.length - shared) }]);
  }

  /** Edits as one step of the history; the place of the first is shown. `move` {before, after} goes with them. */
  apply(edits, userEvent = "input.studio", move = null) {
    if (!edits.length) return;
    const first = Math.min(...edits.map((edit) => edit.from));
    const scroll = EditorView.scrollIntoView(first, { y: "nearest", yMargin: 40 });
    this.view.dispatch({
      changes: edits.map(({ from, to, insert }) => ({ from, to, insert })),
      annotations: [isolateHistory.of("full"), Transaction.userEvent.of(userEvent)],
      effects: move ? [scroll, moved.of(move)] : scroll,
    });
  }

  /** Note a change of the layout that the server has made. */
  recordMove(before, after) {
    this.view.dispatch({
      effects: moved.of({ before, after }),
      annotations: [isolateHistory.of("full"), Transaction.userEvent.of("move.studio")],
    });
  }

  undo() {
    return undo(this.view);
  }

  redo() {
    return redo(this.view);
  }

  /** Underline what is wrong; fixes are offered in the tooltip and applied by `fix`. */
  showDiagnostics(diagnostics, fix) {
    const length = this.view.state.doc.length;
    const shown = diagnostics.filter((entry) => entry.from !== null && entry.from <= length).map((entry) => {
      const to = Math.min(Math.max(entry.to, entry.from), length);
      return {
        from: entry.from === to && to > 0 && entry.from === length ? entry.from - 1 : entry.from,
        to,
        severity: entry.severity === "note" ? "info" : entry.severity,
        message: entry.hint && !entry.fixes.length ? `${entry.message}\n${entry.hint}` : entry.message,
        actions: entry.fixes.map((offered) => ({ name: offered.title, apply: () => fix(offered) })),
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, shown));
  }

  /** Show which term belongs to what is chosen in the picture; null shows none. */
  mark(from, to, { scroll = false } = {}) {
    const length = this.view.state.doc.length;
    const range = from === null || to > length ? null : { from, to };
    const effects = [markTerm.of(range)];
    if (range && scroll) effects.push(EditorView.scrollIntoView(from, { y: "center" }));
    this.view.dispatch({ effects });
  }

  /** Put the caret somewhere and type on from there. */
  goTo(from, to = from) {
    const length = this.view.state.doc.length;
    this.view.dispatch({
      selection: EditorSelection.single(Math.min(from, length), Math.min(to, length)),
      effects: EditorView.scrollIntoView(Math.min(from, length), { y: "center" }),
    });
    this.view.focus();
  }

  focus() {
    this.view.focus();
  }

  #makeState(text) {
    return EditorState.create({ doc: text, extensions: this.#extensions });
  }

  #hear(update) {
    for (const transaction of update.transactions) {
      const isStep = transaction.isUserEvent("undo") || transaction.isUserEvent("redo");
      for (const effect of transaction.effects) {
        if (isStep && effect.is(moved)) this.#listeners.moved(effect.value.after);
      }
    }
    if (update.docChanged) this.#listeners.changed(this.text);
    if (update.docChanged || update.transactions.length) this.#listeners.history();
    if (update.selectionSet && !update.docChanged) this.#listeners.caret(this.caret);
  }

  async #complete(context, server) {
    const before = context.matchBefore(/[\p{L}\p{N}_.]+$/u);
    if (!context.explicit && !before) return null;
    const answer = await attempt(server.complete(context.state.doc.toString(), context.pos));
    if (!answer?.items.length) return null;
    const options = answer.items.map(({ label, detail, kind, insert }) => ({ label, detail, type: kind, apply: insert ?? label }));
    return { from: answer.from, options, validFor: /^[\p{L}\p{N}_.]*$/u };
  }

  async #describe(view, offset, server) {
    const text = view.state.doc.toString();
    const answer = await attempt(server.hover(text, offset));
    if (!answer || view.state.doc.toString() !== text) return null;
    const create = () => ({ dom: el("div", { class: "about" }, renderMarkdown(answer.markdown)) });
    return { pos: answer.from, end: answer.to, above: true, create };
  }
}
