// Keys that work everywhere, and the list of all keys.

import { byId } from "./element.js";

export const KEYS = [
  ["Everywhere", [["Ctrl+Z", "Undo: text and layout"], ["Ctrl+Shift+Z", "Redo"], ["Ctrl+S", "Save now"],
    ["F6", "To the next part: text, picture, results"], ["Esc", "Close, put away, back"], ["?", "These keys (outside of the text)"]]],
  ["Text", [["Ctrl+Space", "What may be typed here"], ["Ctrl+.", "Apply the fix at the caret"], ["F8", "To the next problem"],
    ["F2", "Rename the name at the caret"], ["Shift+Alt+F", "Tidy the layout of the text"], ["Ctrl+F", "Find and replace"]]],
  ["Picture", [["← ↑ → ↓", "From variable to variable"], ["[ ]", "From a variable to its paths, and to their ends"],
    ["Enter", "Numbers and deeds of what is focused"], ["P", "Draw a path from here, then Enter at the other variable"],
    ["C", "Draw a covariance from here"], ["N", "Add a variable"], ["Shift+← …", "Move the variable"], ["F", "Fix a path"],
    ["E", "Free a path"], ["L", "Label a path"], ["Del", "Remove a path"], ["R", "Rename a variable"], ["+ − 0", "Larger, smaller, all of it"]]],
  ["Pointer", [["Drag", "Move a variable, or the paper"], ["Shift+Drag", "Draw a path from a variable"],
    ["Alt+Drag", "Draw a covariance"], ["Ctrl+Wheel", "Zoom"]]],
];

/** deeds: {undo(), redo(), save(), help(), next(isBack), escape()} */
export function listenEverywhere(deeds) {
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const isTyping = event.target.closest?.("input, select, .cm-editor");
    const isMod = (event.ctrlKey || event.metaKey) && !event.altKey;
    const key = event.key.toLowerCase();
    if (isMod && key === "s") deeds.save();
    else if (isMod && key === "z" && !isTyping) (event.shiftKey ? deeds.redo : deeds.undo)();
    else if (isMod && key === "y" && !isTyping) deeds.redo();
    else if (event.key === "F6") deeds.next(event.shiftKey);
    else if (event.key === "?" && !isTyping) deeds.help();
    else if (event.key === "Escape" && !isTyping && deeds.escape()) { /* something was put away */ }
    else return;
    event.preventDefault();
  });
}

/** The parts of the page in their order, for F6. */
export function findNextPane(isBack) {
  const order = ["text-pane", "picture-pane", "results-pane"];
  const at = order.findIndex((id) => byId(id).contains(document.activeElement));
  return order[(at + (isBack ? order.length - 1 : 1) + order.length) % order.length];
}
