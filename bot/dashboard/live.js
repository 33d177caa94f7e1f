// Keeps the figures up to date. Without it, the page renews itself.
"use strict";

const figures = document.getElementById("facts");
const live = document.getElementById("live");
const events = new EventSource(new URL("events", document.baseURI.replace(/\/?(\?.*)?(#.*)?$/, "/")));

events.addEventListener("figures", (event) => {
  const focused = document.activeElement;
  if (figures.contains(focused)) {
    return; // somebody reads here; the next ones come soon
  }
  const parsed = new DOMParser().parseFromString(event.data, "text/html");
  figures.replaceChildren(...parsed.body.childNodes);
  if (live.textContent !== live.dataset.live) {
    live.textContent = live.dataset.live;
  }
});
events.addEventListener("over", () => {
  events.close();
  location.reload();
});
