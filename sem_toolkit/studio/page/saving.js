// The text is saved as it is edited. Where the file was changed elsewhere, nothing is overwritten before somebody chose.

import { Lost, Refused } from "./server.js";

const DELAY = 250;

export class Saver {
  #server;
  #getText;
  #listeners;
  #timer = 0;
  #running = null;
  #saved = "";
  #isHeld = false;
  file = null;
  version = "";

  /** listeners: {state(name, words), conflict(theirs)}, theirs being {text, version} of the file as it is. */
  constructor(server, getText, listeners) {
    this.#server = server;
    this.#getText = getText;
    this.#listeners = listeners;
  }

  get isClean() {
    return this.#getText() === this.#saved;
  }

  /** Begin with a file as the server has it; a recovered text is not in the file yet. */
  begin(file, text, version, isRecovered = false) {
    clearTimeout(this.#timer);
    Object.assign(this, { file, version });
    this.#saved = isRecovered ? null : text;
    this.#isHeld = false;
    this.#tell();
    if (isRecovered) this.touch();
  }

  /** The text has changed: save it soon. */
  touch() {
    clearTimeout(this.#timer);
    this.#tell();
    if (!this.isClean && !this.#isHeld) this.#timer = setTimeout(() => this.flush(), DELAY);
  }

  /** Save now; true when the file holds the text. */
  async flush() {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (this.isClean) return true;
    if (this.file === null || this.#isHeld) return false;
    this.#running = this.#save().finally(() => { this.#running = null; });
    await this.#running;
    return this.isClean;
  }

  /** What another writer left in the file: "take" it when nothing here is unsaved, else there is a conflict. */
  meet(theirs) {
    if (this.#isHeld || this.#running || theirs.version === this.version) return "same";
    if (theirs.text === this.#getText()) {
      this.accept(theirs);
      return "same";
    }
    if (this.isClean) return "take";
    this.#hold(theirs);
    return "conflict";
  }

  /** The file as it is now is what this page has seen; what stands here and differs is saved over it. */
  accept(theirs) {
    this.#isHeld = false;
    this.version = theirs.version;
    this.#saved = theirs.text;
    this.touch();
  }

  #hold(theirs) {
    this.#isHeld = true;
    this.#tell();
    this.#listeners.conflict(theirs);
  }

  async #save() {
    const text = this.#getText();
    const file = this.file;
    this.#listeners.state("saving", "Saving …");
    try {
      const { version } = await this.#server.post("/api/save", { file, text, version: this.version });
      if (file !== this.file) return;
      this.version = version;
      this.#saved = text;
    } catch (problem) {
      if (file !== this.file) return;
      if (problem instanceof Refused && problem.status === 409 && problem.body?.version !== undefined) {
        this.#hold(problem.body);
      } else if (problem instanceof Refused) {
        this.#listeners.state("lost", `Not saved: ${problem.message}`);
        return;
      } else if (!(problem instanceof Lost)) throw problem;
    }
    this.#tell();
    if (!this.isClean && !this.#isHeld && this.#server.connected) this.#timer = setTimeout(() => this.flush(), DELAY);
  }

  #tell() {
    const { state } = this.#listeners;
    if (!this.#server.connected) state("lost", this.isClean ? "No connection" : "No connection, not saved");
    else if (this.#isHeld) state("conflict", "Changed elsewhere: choose");
    else if (this.file === null) state("unsaved", this.#getText() ? "Not saved: no name yet" : "");
    else if (this.isClean) state("saved", "Saved");
    else state("unsaved", "Not saved yet");
  }

  /** Say the state again, after the connection has changed. */
  restate() {
    this.#tell();
  }
}
