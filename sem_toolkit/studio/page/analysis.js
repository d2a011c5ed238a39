// The loop from key stroke to picture and fit: asked a moment after the last stroke, only the newest answer counts.

import { Lost, Refused } from "./server.js";

const PAUSE = 30;
/** A stroke after a rest is asked about almost at once; in a run of strokes each waits for the next. */
const PAUSE_AT_REST = 8;
const REST = 300;
/** Milliseconds without a stroke after which a better picture is asked for where the first one was a draft. */
const BETTER_AFTER = 400;

export class Analyst {
  #server;
  #getQuestion;
  #listeners;
  #sequence = 0;
  #shown = 0;
  #timer = 0;
  #struck = 0;
  #lastStroke = 0;
  #isAsking = false;

  /** getQuestion() gives the call without its sequence; listeners: {answer(answer, question), failed(problem), busy(is)}. */
  constructor(server, getQuestion, listeners) {
    this.#server = server;
    this.#getQuestion = getQuestion;
    this.#listeners = listeners;
  }

  /** The text or the settings have changed: ask when nothing more has come for a moment. */
  request(pause = null) {
    const now = performance.now();
    const isAtRest = now - this.#lastStroke > REST && !this.#isAsking;
    this.#lastStroke = now;
    this.#struck ||= now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), pause ?? (isAtRest ? PAUSE_AT_REST : PAUSE));
  }

  /** isHurried: the first picture is good enough, even where a few labels in it hit something. */
  async #ask(isHurried = true) {
    const sequence = ++this.#sequence;
    const struck = this.#struck;
    this.#struck = 0;
    const question = this.#getQuestion();
    this.#setBusy(true);
    try {
      const answer = await this.#server.post("/api/analyse", { ...question, sequence, hurry: isHurried });
      if (answer.stale || sequence < this.#shown || sequence < this.#sequence) return;
      this.#shown = sequence;
      this.#listeners.answer(answer, question);
      if (answer.draft) this.#timer = setTimeout(() => this.#ask(false), BETTER_AFTER);
      await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
      if (!struck) return;
      // from the first stroke that this answer is of to the frame that shows it; read by whoever measures
      performance.measure("studio-latency", { start: struck, end: performance.now() });
    } catch (problem) {
      if (!(problem instanceof Refused) && !(problem instanceof Lost)) throw problem;
      if (sequence === this.#sequence) this.#listeners.failed(problem);
    } finally {
      if (sequence === this.#sequence) this.#setBusy(false);
    }
  }

  #setBusy(is) {
    this.#isAsking = is;
    this.#listeners.busy(is);
  }
}
