// In a frame on another site: tells the page around how high the content is and what has happened. It speaks to the one
// origin that the page was made for, and listens to nobody else.
(() => {
  "use strict";
  const { host, event, service, start } = document.body.dataset;
  if (parent === self) return;
  const say = (what, more) => parent.postMessage({ heavyset: what, ...more }, host);
  let heard = false;
  addEventListener("message", (e) => {
    if (heard || e.origin !== host || e.source !== parent || !e.data || e.data.heavyset !== "hello") return;
    heard = true; // from now on the frame grows: no scroll bar of its own
    document.documentElement.classList.add("grown");
    new ResizeObserver(() => say("size", { height: Math.ceil(document.body.getBoundingClientRect().height) })).observe(document.body);
  });
  addEventListener("keydown", (e) => { if (e.key === "Escape" && !e.defaultPrevented) say("close"); });
  const mark = location.hash && document.getElementById(location.hash.slice(1));
  say("ready", { event, service, start, top: mark ? mark.getBoundingClientRect().top + scrollY : 0 });
})();
