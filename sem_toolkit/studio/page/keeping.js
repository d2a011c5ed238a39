// What the browser keeps for the page. In the frame of a notebook it may keep nothing: then it lasts as long as the page.

const own = new Map();

/** What was kept under a name, for this tab or, `always`, for all; null for nothing. */
export function recall(name, { always = false } = {}) {
  try {
    return (always ? localStorage : sessionStorage).getItem(name);
  } catch {
    return own.get(name) ?? null;
  }
}

/** Keep a text under a name, for this tab or, `always`, for all. */
export function keep(name, text, { always = false } = {}) {
  try {
    (always ? localStorage : sessionStorage).setItem(name, text);
  } catch {
    own.set(name, String(text));
  }
}
