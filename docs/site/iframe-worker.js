// Browsers start no worker from a page that was opened as a file, and the search box runs in one. A frame does as well:
// it loads the same script, whose messages come and go by this object.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.onmessage = this.onerror = null;
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.srcdoc = "<!doctype html>";
      this.ready = new Promise((resolve) => {
        frame.addEventListener("load", () => {
          const inner = frame.contentWindow;
          inner.postMessage = (data) => this.receive(data);
          inner.importScripts = (...addresses) =>
            addresses.reduce(
              (before, source) => before.then(() => this.load(inner, new URL(source, address).href)),
              Promise.resolve(),
            );
          this.load(inner, new URL(address, location.href).href).then(() => resolve(inner));
        }, { once: true });
      });
      document.body.appendChild(frame);
    }
    load(inner, address) {
      return new Promise((resolve, reject) => {
        const script = inner.document.createElement("script");
        script.src = address;
        script.onload = resolve;
        script.onerror = reject;
        inner.document.body.appendChild(script);
      });
    }
    receive(data) {
      const event = new MessageEvent("message", { data });
      if (this.onmessage) this.onmessage(event);
      this.dispatchEvent(event);
    }
    postMessage(data) {
      this.ready.then((inner) => inner.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {}
  };
}
