// Light, dark, or as the system has it.

import { byId, dress } from "./element.js";
import { keep, recall } from "./keeping.js";

const KEPT = "studio-theme";
const ORDER = ["system", "light", "dark"];
const SIGNS = { system: "system", light: "sun", dark: "moon" };

export function startTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = recall(KEPT, { always: true });
  let chosen = ORDER.includes(kept) ? kept : "system";
  const show = () => {
    const root = document.documentElement;
    if (chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = chosen;
    root.toggleAttribute("data-dark", chosen === "dark" || (chosen === "system" && system.matches));
    dress(byId("theme"), SIGNS[chosen], `Colours: ${chosen === "system" ? "as the system" : chosen}`);
  };
  byId("theme").addEventListener("click", () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    keep(KEPT, chosen, { always: true });
    show();
  });
  system.addEventListener("change", show);
  show();
}
