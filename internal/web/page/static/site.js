// Small comforts. Every page is complete without them.
(() => {
  "use strict";

  // The visitor's time zone: offered on the page, once, by a link that the page brought along.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const el of document.querySelectorAll("[data-zone]")) {
    const url = new URL(location.href);
    if (!zone || zone === el.dataset.zone || url.searchParams.has("timezone")) continue;
    url.searchParams.set("timezone", zone);
    el.querySelector("a").href = url.pathname + url.search;
    el.querySelector("b").textContent = zone.replaceAll("_", " ");
    el.hidden = false;
  }
  for (const el of document.querySelectorAll("input[data-own-zone]")) el.value ||= zone || "";

  // A form is sent once, however often its button is pressed.
  addEventListener("submit", (e) => {
    const form = e.target;
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = "1";
    for (const b of form.elements) if (b.type === "submit") b.setAttribute("aria-busy", "true");
  });
  const unsend = (f) => {
    delete f.dataset.sent;
    for (const b of f.elements) b.removeAttribute("aria-busy");
  };
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach(unsend);
  });

  // How long a held time is kept.
  for (const el of document.querySelectorAll("time[data-until]")) {
    const end = Date.parse(el.dateTime);
    const show = () => {
      const left = Math.max(0, Math.round((end - Date.now()) / 1000));
      el.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} minutes` : "a moment longer";
      if (left) setTimeout(show, 1000);
    };
    show();
  }

  // Copy buttons, dialogs in browsers that don't know commandfor yet, selects that lead somewhere.
  addEventListener("click", async (e) => {
    const copy = e.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      const was = copy.textContent;
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = was), 1500);
    }
    const opener = e.target.closest("[commandfor]");
    if (opener && !("commandForElement" in HTMLButtonElement.prototype)) {
      const d = document.getElementById(opener.getAttribute("commandfor"));
      if (opener.getAttribute("command") === "show-modal") d.showModal();
      else d.close();
    }
  });
  addEventListener("change", (e) => {
    if (e.target.matches("select[data-go]")) location.assign(e.target.value);
    if (e.target.matches("select[data-submit]")) e.target.form.requestSubmit();
  });
  addEventListener("input", (e) => {
    const form = e.target.form;
    if (!form || form.dataset.guard === undefined) return;
    form.dataset.dirty = "1";
    for (const el of form.querySelectorAll("[data-unsaved]")) el.hidden = false;
  });

  // Unsaved changes ask before they are left.
  addEventListener("beforeunload", (e) => {
    for (const f of document.querySelectorAll("form[data-guard][data-dirty]")) {
      if (f.dataset.sent) continue;
      e.preventDefault();
      setTimeout(() => document.querySelectorAll("form[data-sent]").forEach(unsend)); // for whoever stays
    }
  });

  // What needs a script shows only with one.
  for (const el of document.querySelectorAll("[data-script]")) el.hidden = false;

  // A form that leads to Zoho may do so in a pop-up. One that the browser blocks leads there in this tab. The pop-up comes
  // back to a page of ours that tells the tab which opened it where to go on, and closes.
  const back = () => new BroadcastChannel("back-from-consent");
  addEventListener("submit", (e) => {
    const form = e.target, box = form.elements.popup;
    if (e.defaultPrevented || !box || !box.checked) return;
    const name = "consent" + Date.now();
    if (!open("", name, "popup,width=640,height=800")) return void (box.checked = false, form.removeAttribute("target"));
    form.target = name;
    setTimeout(() => unsend(form));
    for (const el of document.querySelectorAll("[data-waiting]")) el.hidden = false;
    const channel = back();
    channel.onmessage = (m) => {
      if (typeof m.data !== "string" || !m.data.startsWith(location.pathname + "?")) return;
      channel.postMessage({ took: m.data });
      location.assign(m.data);
    };
  });
  for (const el of document.querySelectorAll("[data-return]")) {
    const channel = back();
    channel.onmessage = (m) => m.data.took === el.dataset.return && close();
    channel.postMessage(el.dataset.return);
  }

  // Menus close when one looks elsewhere.
  const menus = (but) => document.querySelectorAll("details[data-menu][open]").forEach((d) => d !== but && (d.open = false));
  addEventListener("click", (e) => menus(e.target.closest("details[data-menu]")));
  addEventListener("keydown", (e) => {
    const d = e.key === "Escape" && e.target.closest("details[data-menu][open]");
    if (d) d.open = false, d.querySelector("summary").focus();
  });

  // A part that is still at work fetches itself anew until it is done: ever more seldom, not while nobody looks, and not
  // for ever, so that a page left open does not keep a session alive.
  const refresh = (el, was, round) => setTimeout(async () => {
    if (!document.hidden) {
      try {
        const res = await fetch(location.href, { headers: { Accept: "text/html" } });
        const next = new DOMParser().parseFromString(await res.text(), "text/html").getElementById(el.id);
        if (!next) return;
        if (next.outerHTML !== was) was = next.outerHTML, el.replaceWith(next), (el = next);
      } catch { /* offline for a moment: try again */ }
    }
    if (el.dataset.refresh && round < 40) refresh(el, was, round + 1);
  }, Math.min(1500 * 1.15 ** round, 15000));
  for (const el of document.querySelectorAll("[data-refresh]")) refresh(el, el.outerHTML, 0);

  // After a dialogue's page came back with something wrong, the dialogue opens again.
  for (const d of document.querySelectorAll("dialog[data-open]")) d.removeAttribute("open"), d.showModal();
})();
