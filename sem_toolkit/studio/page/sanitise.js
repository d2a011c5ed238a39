// The server's SVG as elements. It is ours and escaped; whatever could act is taken out all the same.

const ACTIVE = new Set(["script", "foreignObject", "iframe", "object", "embed", "animate", "set", "handler", "a", "use", "image"]);

/** The root element of an SVG text, without scripts, handlers and links; null for what is no SVG. */
export function parseSvg(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (root.localName !== "svg" || root.querySelector("parsererror")) return null;
  for (const element of [...root.querySelectorAll("*")]) {
    if (ACTIVE.has(element.localName)) element.remove();
  }
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      const isLink = /(^|:)href$/i.test(name);
      if (/^on/i.test(name) || isLink || /javascript:|url\((?!['"]?#)/i.test(value)) element.removeAttribute(name);
    }
  }
  for (const style of root.querySelectorAll("style")) {
    if (/@import|url\((?!['"]?#)/i.test(style.textContent)) style.remove();
  }
  return document.importNode(root, true);
}
