// Menus that hang from a button: arrow keys, Home, End, letters, Escape.

import { el } from "./element.js";

let open = null;

/**
 * Open a menu below its button.
 * items  {label, side, run, sign} for what can be chosen, {title} for a heading, "rule" for a line
 */
export function openMenu(button, items) {
  const again = open?.button === button;
  closeMenu();
  if (again) return;
  const menu = el("div", { class: "menu", role: "menu", "aria-label": button.getAttribute("aria-label") ?? "" });
  for (const item of items) {
    if (item === "rule") menu.append(el("hr", { role: "separator" }));
    else if (item.title) menu.append(el("div", { class: "menu-title", role: "presentation" }, item.title));
    else {
      const run = () => { closeMenu(); button.focus(); item.run(); };
      menu.append(el("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: run },
        el("span", {}, item.label), el("span", { class: "spring" }), item.side ? el("span", { class: "side" }, item.side) : null));
    }
  }
  document.body.append(menu);
  const box = button.getBoundingClientRect();
  menu.style.left = `${Math.max(6, Math.min(box.left, innerWidth - menu.offsetWidth - 6))}px`;
  menu.style.top = `${box.bottom + 4}px`;
  menu.style.maxHeight = `${innerHeight - box.bottom - 16}px`;
  button.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", steer);
  open = { menu, button };
  setTimeout(() => addEventListener("pointerdown", shutOutside, true));
  menu.querySelector("button")?.focus();
}

export function closeMenu() {
  if (!open) return;
  open.menu.remove();
  open.button.setAttribute("aria-expanded", "false");
  removeEventListener("pointerdown", shutOutside, true);
  open = null;
}

function shutOutside(event) {
  if (!open.menu.contains(event.target) && !open.button.contains(event.target)) closeMenu();
}

function steer(event) {
  const items = [...open.menu.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in steps) items[(steps[event.key] + items.length) % items.length]?.focus();
  else if (event.key === "Escape") { const { button } = open; closeMenu(); button.focus(); }
  else if (event.key === "Tab") { closeMenu(); return; }
  else if (event.key.length === 1) {
    const typed = event.key.toLowerCase();
    const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    order.find((item) => item.textContent.trim().toLowerCase().startsWith(typed))?.focus();
    if (event.key !== " ") event.preventDefault();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
