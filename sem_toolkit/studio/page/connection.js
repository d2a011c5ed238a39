// The page and its file: the state of saving, another writer, a server that goes and comes back.

import { announce, notice } from "./announce.js";
import { chooseText } from "./dialogs.js";
import { byId, el } from "./element.js";
import { keepFile } from "./tables.js";

const POLL_EVERY = 3000;

/** Show the state of saving beside the name of the file. */
export function showSaved(name, words) {
  const state = byId("save-state");
  state.dataset.state = name;
  state.title = words;
  state.replaceChildren(el("span", { class: "words" }, words));
  state.hidden = !words;
}

export class Connection {
  constructor({ server, editor, saver, files, refresh }) {
    Object.assign(this, { server, editor, saver, files, refresh });
    this.#listen();
  }

  /** Look again and again whether the file was changed elsewhere. */
  watch() {
    setInterval(() => this.#poll(), POLL_EVERY);
    addEventListener("focus", () => this.#poll());
  }

  /** Two texts of one file: say so, and let the user choose. */
  meetConflict(theirs) {
    const settle = async () => {
      const answer = await chooseText(this.editor.text, theirs.text);
      if (!answer) return;
      notice("", { isKept: true });
      const mine = this.editor.text;
      this.editor.replace(theirs.text);
      if (answer === "mine") this.editor.replace(mine); // so that theirs is one step back
      this.saver.accept(theirs);
      announce(answer === "theirs" ? "their text is taken" : "your text is kept");
    };
    notice("The file was changed elsewhere while you typed: nothing is overwritten until you choose.", { kind: "problem", isKept: true,
      buttons: [el("button", { class: "plain", type: "button", id: "settle", onclick: settle }, "Choose a text …")] });
    announce("The file was changed elsewhere while you typed");
  }

  async #poll() {
    const { file } = this.files.state;
    if (document.hidden || file === null || !this.server.connected) return;
    const state = await this.server.get("/api/state", { file }).catch(() => null);
    if (!state || state.file !== this.files.state.file) return;
    this.files.refresh(state);
    if (state.recovered || this.saver.meet(state) !== "take") return;
    this.editor.replace(state.text);
    this.saver.accept(state);
    notice("The file was changed elsewhere: its new text is shown.", { seconds: 6 });
  }

  #listen() {
    this.server.addEventListener("lost", () => {
      this.saver.restate();
      notice("The studio's server does not answer. What you type stays on this page and is saved as soon as it is back.", { kind: "problem" });
    });
    this.server.addEventListener("found", () => {
      notice("Connected again.", { kind: "good", seconds: 5 });
      announce("Connected again");
      this.saver.touch();
      this.refresh();
      this.#poll();
    });
    this.server.addEventListener("stranger", () => {
      const keep = () => keepFile(this.editor.text, this.files.state.file?.split("/").pop() ?? "model.lav");
      notice("The studio was started anew with another address: open the one that it printed.", { kind: "problem",
        buttons: [el("button", { class: "plain", type: "button", onclick: keep }, "Keep a copy of the text")] });
    });
  }
}
