// The row of tools over the picture, zoom, and on small screens the switch between the parts.

import { byId, dress, el } from "./element.js";

const TOOLS = [["select", "Choose and move", "V"], ["path", "Draw a path", "P"], ["covariance", "Draw a covariance", "C"]];
const VALUES = [["std.all", "Standardised"], ["est", "Unstandardised"], ["both", "Both"], ["none", "No numbers"]];
const PANES = [["text", "Text"], ["picture", "Picture"], ["results", "Results"]];

/** deeds: {tool(name), add(), tidy(), misfit(is), values(name), group(number)}; gives what shows the state of tools. */
export function buildTools(settings, deeds) {
  const buttons = TOOLS.map(([name, words, key]) => dress(el("button", { class: "icon", type: "button", "data-tool": name,
    "aria-pressed": String(name === "select"), onclick: () => deeds.tool(name) }), name, words, key));
  const misfit = dress(el("button", { class: "icon", type: "button", id: "misfit", "aria-pressed": "false", onclick: () => {
    const isOn = misfit.getAttribute("aria-pressed") !== "true";
    misfit.setAttribute("aria-pressed", String(isOn));
    deeds.misfit(isOn);
  } }), "misfit", "Show where the model misfits");
  const values = el("select", { id: "values", "aria-label": "Numbers in the picture", onchange: () => deeds.values(values.value) },
    VALUES.map(([value, words]) => el("option", { value }, words)));
  values.value = settings.standardized;
  const group = el("select", { id: "group", "aria-label": "Group that is drawn", hidden: true, onchange: () => deeds.group(Number(group.value)) });
  const gap = () => el("span", { class: "gap", "aria-hidden": "true" });
  byId("tools").append(...buttons, gap(),
    dress(el("button", { class: "icon", type: "button", id: "add-variable", onclick: deeds.add }), "add", "Add a variable", "N"),
    dress(el("button", { class: "icon", type: "button", id: "tidy", onclick: deeds.tidy }), "tidy", "Let the layout place every variable"),
    misfit, gap(), values, group, el("span", { class: "latency", id: "latency", "aria-hidden": "true" }));
  return {
    showTool(name) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
    },
    showGroups(groups, chosen) {
      group.hidden = groups.length < 2;
      group.replaceChildren(...groups.map(({ label }, place) => el("option", { value: place + 1 }, label)));
      group.value = String(chosen);
    },
  };
}

export function buildZoom(viewport) {
  byId("zoom").append(
    dress(el("button", { class: "icon", type: "button", onclick: () => viewport.zoom(0.8) }), "minus", "Smaller", "-"),
    dress(el("button", { class: "icon", type: "button", id: "zoom-fit", onclick: () => viewport.fit() }), "fit", "All of it", "0"),
    dress(el("button", { class: "icon", type: "button", onclick: () => viewport.zoom(1.25) }), "add", "Larger", "+"));
}

/** On a phone one part is seen at a time. */
export function showPane(name) {
  byId("desk").dataset.pane = name;
  for (const button of byId("pane-switch").children) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
}

export function buildPaneSwitch() {
  byId("pane-switch").append(...PANES.map(([name, words]) => {
    const button = dress(el("button", { type: "button", "data-pane": name, onclick: () => showPane(name) }), name, words, "", true);
    button.removeAttribute("title");
    return button;
  }));
  showPane("text");
}
