// Questions to the user: fields, a conflict of two texts, the shortcuts.

import { el } from "./element.js";

function show(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => { dialog.remove(); done(dialog.returnValue); }, { once: true });
  });
}

/**
 * Ask for values; null when it was cancelled.
 * fields  {name, label, value, options: [[value, words]…], hint, numeric, optional}
 * check   gives what is wrong with the values, or "" or a promise of either; the dialog stays open for it
 */
export async function ask({ title, words = "", fields, confirm = "Apply", check = () => "" }) {
  const problem = el("p", { class: "problem-text", role: "alert" });
  const made = fields.map((field) => {
    const control = field.options
      ? el("select", { name: field.name }, field.options.map(([value, shown]) => el("option", { value }, shown)))
      : el("input", { name: field.name, type: "text", autocomplete: "off", spellcheck: "false", required: !field.optional,
        inputmode: field.numeric ? "decimal" : "text", placeholder: field.hint ?? "" });
    if (field.value !== undefined) control.value = field.value;
    return el("label", { class: "field" }, field.label, control);
  });
  const form = el("form", { method: "dialog" },
    el("h2", {}, title), words ? el("p", {}, words) : null, made, problem,
    el("div", { class: "dialog-buttons" },
      el("button", { class: "plain", type: "button", onclick: () => dialog.close("") }, "Cancel"),
      el("button", { class: "solid", type: "submit" }, confirm)));
  const dialog = el("dialog", { "aria-label": title }, form);
  let values = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
    const fault = await check(given);
    problem.textContent = fault;
    if (fault) return;
    values = given;
    dialog.close("done");
  });
  const closing = show(dialog);
  form.querySelector("input, select")?.focus();
  form.querySelector("input")?.select?.();
  await closing;
  return values;
}

/** A question with some answers: the value of the one that was chosen, "" for none. */
export function choose({ title, words, answers }) {
  const dialog = el("dialog", { "aria-label": title });
  dialog.append(el("div", { class: "dialog-body" }, el("h2", {}, title), el("p", {}, words),
    el("div", { class: "dialog-buttons" }, answers.map(([value, shown], place) => el("button",
      { class: place ? "plain" : "solid", type: "button", onclick: () => dialog.close(value) }, shown)))));
  return show(dialog);
}

/** Two texts of one file: "mine", "theirs", or "" for not now. */
export function chooseText(mine, theirs) {
  const dialog = el("dialog", { class: "wide", "aria-label": "The file was changed elsewhere" });
  const [left, right] = compareLines(mine, theirs);
  const column = (title, lines) => el("div", {}, el("h3", {}, title),
    el("pre", { tabindex: "0" }, lines.map(([line, isOnly]) => el("span", { class: isOnly ? "only" : "" }, line))));
  dialog.append(el("div", { class: "dialog-body" },
    el("h2", {}, "The file was changed elsewhere"),
    el("p", {}, "Another page or editor has written it since you began. Nothing is overwritten until you choose; undo brings the other text back."),
    el("div", { class: "versus" }, column("Yours, on this page", left), column("Theirs, in the file", right)),
    el("div", { class: "dialog-buttons" },
      el("button", { class: "plain", type: "button", onclick: () => dialog.close("") }, "Not now"),
      el("button", { class: "plain", type: "button", onclick: () => dialog.close("theirs") }, "Take theirs"),
      el("button", { class: "solid", type: "button", onclick: () => dialog.close("mine") }, "Keep mine"))));
  return show(dialog);
}

/** Lines of both texts, each with whether the other text lacks it (by the longest common subsequence). */
export function compareLines(first, second) {
  const [a, b] = [first.split("\n"), second.split("\n")];
  if (a.length * b.length > 4e6) return [a.map((line) => [line, !b.includes(line)]), b.map((line) => [line, !a.includes(line)])];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const [left, right] = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      left.push([a[i], false]);
      right.push([b[j], false]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) left.push([a[i++], true]);
    else right.push([b[j++], true]);
  }
  return [left, right];
}

/** The list of shortcuts: groups of [title, [[keys, words]…]]. */
export function showKeys(groups) {
  const dialog = el("dialog", { class: "wide", "aria-label": "Keys" });
  const row = ([keys, words]) => el("div", {}, el("span", {}, words),
    el("span", {}, keys.split(" ").flatMap((key, place) => [place ? " " : "", el("kbd", {}, key)])));
  dialog.append(el("div", { class: "dialog-body" }, el("h2", {}, "Keys"),
    el("div", { class: "keys" }, groups.flatMap(([title, rows]) => [el("h3", {}, title), ...rows.map(row)])),
    el("div", { class: "dialog-buttons" },
      el("button", { class: "solid", type: "button", onclick: () => dialog.close("") }, "Close"))));
  return show(dialog);
}
