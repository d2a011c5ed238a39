// The studio's server, as the page sees it: calls with the token, and word of when it is lost and found again.

import { keep, recall } from "./keeping.js";

const KEPT = "studio-token";
const PROBE_EVERY = 1000;

/** What the server refused, with its message and hint. */
export class Refused extends Error {
  constructor(status, body) {
    const error = body?.error ?? {};
    super(error.message ?? `the server answered with ${status}`);
    this.status = status;
    this.body = body;
    this.code = error.code ?? "";
    this.hint = error.hint ?? "";
  }
}

/** No answer came: the server is gone, or the request was ended. */
export class Lost extends Error {}

/** Take the token out of the address, so that it is in no history and no screenshot. */
function takeToken() {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given) {
    keep(KEPT, given);
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
  return given ?? recall(KEPT) ?? "";
}

function makePageId() {
  return [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Server extends EventTarget {
  #token = takeToken();
  #connected = true;
  page = makePageId();

  get connected() {
    return this.#connected;
  }

  /** The answer to a GET. Raises Refused or Lost. */
  async get(path, query = {}) {
    const search = new URLSearchParams(query).toString();
    return (await this.#call(search ? `${path}?${search}` : path, {})).json();
  }

  /** The answer to a POST. Raises Refused or Lost. */
  async post(path, body) {
    return (await this.#post(path, body)).json();
  }

  /** A file that the server makes: its bytes and its name. */
  async download(path, body) {
    const answer = await this.#post(path, body);
    const given = answer.headers.get("content-disposition") ?? "";
    const wide = given.match(/filename\*=(?:UTF-8|utf-8)''([^;]+)/)?.[1];
    const name = wide ? decodeURIComponent(wide) : given.match(/filename="?([^";]+)"?/)?.[1];
    return { blob: await answer.blob(), name: name ?? "model" };
  }

  /** Send a file of data. */
  async upload(file) {
    const query = new URLSearchParams({ name: file.name });
    const headers = { "content-type": "application/octet-stream" };
    return (await this.#call(`/api/upload?${query}`, { method: "POST", body: file, headers })).json();
  }

  #post(path, body) {
    const headers = { "content-type": "application/json" };
    return this.#call(path, { method: "POST", body: JSON.stringify({ ...body, page: this.page }), headers });
  }

  async #call(path, options) {
    const headers = { ...options.headers, "x-studio-token": this.#token };
    let answer;
    try {
      answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit" });
    } catch {
      this.#lose();
      throw new Lost("the server does not answer");
    }
    if (!answer.ok) {
      const refused = new Refused(answer.status, await answer.json().catch(() => null));
      if (refused.code === "missing-token") this.dispatchEvent(new Event("stranger"));
      throw refused;
    }
    this.#find();
    return answer;
  }

  #lose() {
    if (!this.#connected) return;
    this.#connected = false;
    this.dispatchEvent(new Event("lost"));
    const probe = async () => {
      await this.get("/api/state").catch(() => null);
      if (!this.#connected) setTimeout(probe, PROBE_EVERY);
    };
    setTimeout(probe, PROBE_EVERY);
  }

  #find() {
    if (this.#connected) return;
    this.#connected = true;
    this.dispatchEvent(new Event("found"));
  }
}
