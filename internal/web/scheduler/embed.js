// Shows the booking pages on a website:
//   <script src="https://…/embed.js" data-scheduler="…" data-mode="inline"></script>
// inline: a frame where the tag stands; popup: links to the booking page open it in a dialogue; button: a button in the
// corner does. It stores nothing, asks for nothing but the frame, and writes no style attribute.
(() => {
  "use strict";
  const script = document.currentScript, set = script.dataset, base = new URL(script.src).origin;
  const lang = set.lang || document.documentElement.lang;
  const words = {
    es: ["Reservar una visita", "Abrir la página de reservas", "Cerrar"],
    fr: ["Réserver une visite", "Ouvrir la page de réservation", "Fermer"],
    de: ["Termin buchen", "Buchungsseite öffnen", "Schließen"],
  }[lang.slice(0, 2).toLowerCase()] || ["Book a visit", "Open the booking page", "Close"];
  const title = set.label || words[0];

  // The address of a page, with what led the visitor to this one.
  const carried = /^(utm_(source|medium|campaign|term|content)|g(clid|braid)|wbraid|fbclid|msclkid)$/;
  const at = (s) => { try { const u = new URL(s); return u.origin + u.pathname; } catch { return ""; } };
  const address = (page, framed) => {
    const url = new URL(page), put = (k, v) => v && !url.searchParams.has(k) && url.searchParams.set(k, v.slice(0, 500));
    for (const [k, v] of new URLSearchParams(location.search)) if (carried.test(k)) put(k, v);
    put("landing_page", at(location.href));
    if (document.referrer && new URL(document.referrer).origin !== location.origin) put("referrer", at(document.referrer));
    put("lang", lang);
    if (framed) url.searchParams.set("embed", location.origin);
    return url.href;
  };
  const home = new URL("/book/" + encodeURIComponent(set.scheduler), base);
  if (set.service) home.searchParams.set("service", set.service);

  const make = (tag, style, more) => {
    const el = Object.assign(document.createElement(tag), more);
    Object.assign(el.style, style);
    return el;
  };
  const font = "550 16px/1.4 system-ui, sans-serif", color = set.color || "#1f6f54";

  // Everything of ours stands in a shadow tree: the site's styles end before it.
  const place = make("div");
  script.before(place);
  const shadow = place.attachShadow({ mode: "open" });

  // What happens is told to the page, once: as an event that bubbles to the document, and to the function it has named.
  const told = new Set();
  let last;
  const tell = (event, service, start) => {
    const key = event === "viewed" ? event : event + start;
    last = event || last;
    if (!event || told.has(key)) return;
    told.add(key);
    const detail = { event, scheduler: set.scheduler, service, start };
    place.dispatchEvent(new CustomEvent("heavyset:" + event, { bubbles: true, detail }));
    const f = set.callback && window[set.callback];
    if (typeof f === "function") f(detail);
  };

  // A frame that grows with its content; and the plain link, for when the site or the browser does not let it in.
  const frame = (box, page, reserve, close) => {
    const link = make("a", { font, color, display: "inline-flex", alignItems: "center", minHeight: "44px" }, { href: address(page), target: "_blank", textContent: words[1], hidden: true });
    const mark = make("div", { position: "absolute", left: 0, width: 0, height: 0 });
    const el = make("iframe", { display: "block", width: "100%", height: reserve + "px", border: 0 }, { title, src: address(page, true), referrerPolicy: "origin" });
    let pages = 0, alive = false, wait = 0; // alive: the page that is loading has spoken; wait: for one that has loaded silently
    const failed = () => {
      link.style.display = "inline-flex", link.hidden = false;
      if (!pages) el.style.display = "none";
    };
    link.style.display = "none";
    const slow = setTimeout(failed, 20000);
    el.addEventListener("load", () => {
      clearTimeout(slow);
      if (!alive) wait = setTimeout(() => ((wait = 0), failed()), 1500);
      alive = false;
    });
    addEventListener("message", (e) => {
      const m = e.data;
      if (e.origin !== base || !e.source || e.source !== el.contentWindow || !m) return;
      if (m.heavyset === "ready") {
        alive = !wait;
        clearTimeout(slow), clearTimeout(wait), (wait = 0);
        link.style.display = "none", el.style.display = "block";
        e.source.postMessage({ heavyset: "hello" }, base);
        mark.style.top = (Number(m.top) || 0) + "px";
        const y = mark.getBoundingClientRect().top;
        if (pages++ && (y < 0 || y > innerHeight * 0.6)) mark.scrollIntoView({ block: "start", behavior: "instant" });
        tell(m.event, m.service, m.start);
      } else if (m.heavyset === "size") {
        // What comes after the frame and is seen stays where it is when the content gets shorter.
        const keep = Math.min(el.offsetHeight, innerHeight - el.getBoundingClientRect().top);
        el.style.height = Math.min(Math.max(reserve, keep, Number(m.height) || 0), 20000) + "px";
      } else if (m.heavyset === "close") close && close();
    });
    box.append(mark, el, link);
  };

  if (set.mode !== "popup" && set.mode !== "button") {
    const box = make("div", { position: "relative" });
    shadow.append(box);
    return frame(box, home, Number(set.height) || 720);
  }

  // The dialogue, made when it is first opened and kept, so that closing it loses nothing.
  let dialog, shown, undo;
  const open = (page) => {
    if (!dialog) {
      dialog = make("dialog", {
        width: "min(760px, 100vw)", maxWidth: "100vw", height: "min(900px, 100dvh)", maxHeight: "100dvh", padding: 0, border: 0, overflow: "auto", overscrollBehavior: "contain", background: "Canvas",
      }, { ariaLabel: title });
      const bar = make("div", { position: "sticky", top: 0, zIndex: 1, display: "flex", justifyContent: "flex-end", background: "Canvas" });
      const x = make("button", { font, width: "44px", height: "44px", border: 0, background: "none", color: "CanvasText", cursor: "pointer" }, { type: "button", textContent: "✕", ariaLabel: words[2] });
      x.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", (e) => {
        const r = dialog.getBoundingClientRect();
        if (e.target === dialog && (e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom)) dialog.close();
      });
      dialog.addEventListener("close", () => {
        undo();
        if (last === "booked" || last === "enquiry") shown = ""; // the next time it begins anew
      });
      bar.append(x);
      dialog.append(bar, make("div", { position: "relative" }));
      shadow.append(dialog);
    }
    // The page behind neither scrolls nor moves.
    const s = document.documentElement.style, was = [s.overflow, s.paddingRight], gap = innerWidth - document.documentElement.clientWidth;
    undo = () => ([s.overflow, s.paddingRight] = was);
    s.overflow = "hidden";
    if (gap) s.paddingRight = gap + "px";
    dialog.showModal();
    if (shown !== page) {
      dialog.lastChild.replaceChildren();
      frame(dialog.lastChild, (shown = page), dialog.clientHeight - 44, () => dialog.close());
    }
  };

  document.addEventListener("click", (e) => {
    const a = e.target.closest && e.target.closest("a[href]");
    if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    if (at(a.href) !== base + home.pathname) return;
    e.preventDefault();
    open(a.href);
  });
  if (set.mode === "button") {
    const b = make("button", {
      font, position: "fixed", right: "16px", bottom: "16px", zIndex: 2147483000, minHeight: "52px", padding: "0 24px", border: 0, borderRadius: "26px", background: color, color: "#fff",
      boxShadow: "0 2px 12px rgb(0 0 0 / .25)", cursor: "pointer",
    }, { type: "button", textContent: title });
    b.addEventListener("click", () => open(home.href));
    shadow.append(b);
  }
})();
