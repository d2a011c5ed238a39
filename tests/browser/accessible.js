// What is wrong with a page for people who do not see it, or not well: a list of sentences, empty where nothing is.
// Names and texts follow the short form of the W3C's accessible name computation; contrast is that of WCAG 2.2, 1.4.3.
() => {
  const found = new Set();
  const isShown = (element) => {
    const { visibility, display } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return visibility !== "hidden" && display !== "none" && width > 0 && height > 0;
  };
  const read = (element) => [...element.childNodes].map((node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    const isRead = node.nodeType === Node.ELEMENT_NODE && node.getAttribute("aria-hidden") !== "true";
    return isRead && getComputedStyle(node).display !== "none" ? read(node) : "";
  }).join(" ").replace(/\s+/g, " ").trim();
  const name = (element) => {
    const owners = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    if (owners.length) return owners.map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    const own = element.getAttribute("aria-label") ?? "";
    const labels = element.labels?.length ? [...element.labels].map(read).join(" ") : "";
    return (own || labels || read(element) || element.title || "").trim();
  };
  const describe = (element) => `${element.localName}#${element.id}.${element.getAttribute("class") ?? ""}`;
  const fold = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  const roles = ["button", "tab", "menuitem", "menuitemradio", "menuitemcheckbox", "textbox", "application", "option"];
  const wanted = ["button", "a[href]", "input", "select", "textarea", '[tabindex="0"]', ...roles.map((role) => `[role=${role}]`)];
  for (const element of [...document.querySelectorAll(wanted.join())].filter(isShown)) {
    if (!name(element)) found.add(`without a name: ${describe(element)}`);
    const isLabelled = element.matches("button, a, [role=tab], [role=menuitem]");
    if (isLabelled && !fold(name(element)).includes(fold(read(element)))) {
      found.add(`shows "${read(element)}", is called "${name(element)}": ${describe(element)}`);
    }
    const { width, height } = element.getBoundingClientRect();
    if (element.localName === "button" && Math.min(width, height) < 24) found.add(`small to hit: ${describe(element)}`);
  }

  const counts = new Map();
  for (const { id } of document.querySelectorAll("[id]")) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, count] of counts) if (count > 1) found.add(`${count} elements are #${id}`);
  for (const attribute of ["aria-controls", "aria-labelledby", "aria-describedby", "aria-activedescendant"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const lost = element.getAttribute(attribute).split(/\s+/).filter((id) => id && !document.getElementById(id));
      if (lost.length) found.add(`${attribute} of ${describe(element)} is nothing: ${lost}`);
    }
  }

  const regions = "main, header, nav, footer, aside, dialog, a.skip, [role=dialog], [role=status], [role=menu], [role=tooltip], [aria-live]";
  const colour = (text) => {
    const numbers = (text.match(/[\d.]+/g) ?? []).map(Number);
    const share = text.startsWith("color(srgb") ? 255 : 1;
    return [numbers[0] * share, numbers[1] * share, numbers[2] * share, numbers[3] ?? 1];
  };
  const lay = (above, below) => [0, 1, 2].map((k) => above[k] * above[3] + below[k] * (1 - above[3]));
  const shine = (rgb) => rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, k) => sum + value * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (element) => {
    const layers = [];
    for (let own = element; own; own = own.parentElement) {
      const found = colour(getComputedStyle(own).backgroundColor);
      if (found[3] > 0) layers.push(found);
      if (found[3] === 1) break;
    }
    return layers.reverse().reduce((below, above) => lay(above, below), [255, 255, 255]);
  };
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent.trim()).join("");
    if (!text || !isShown(element) || element.closest("svg, script, style")) continue;
    if (!element.closest(regions)) found.add(`outside of all regions: ${text.slice(0, 40)}`);
    // what is of an earlier text is dimmed until the text means something again
    if (element.closest("[disabled], [aria-disabled=true], [data-old]")) continue;
    let seen = 1;
    for (let own = element; own; own = own.parentElement) seen *= Number(getComputedStyle(own).opacity);
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const below = ground(element);
    const [r, g, b, share] = colour(color);
    const [light, dark] = [shine(lay([r, g, b, share * seen], below)), shine(below)].sort((x, y) => y - x);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (isLarge ? 3 : 4.5) - 0.005) found.add(`contrast ${ratio.toFixed(2)}: "${text.slice(0, 40)}", ${describe(element)}`);
  }
  return [...found];
}
