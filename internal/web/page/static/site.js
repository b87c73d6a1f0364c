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
    setTimeout(unsend, 10000, form); // no event tells that the browser's Stop was pressed
  });
  const unsend = (f) => {
    delete f.dataset.sent;
    for (const b of f.elements) b.removeAttribute("aria-busy");
  };
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(unsend));

  // A booking form is kept while somebody is at it, if they have ticked that they may be contacted, or the page says so. A few
  // times at most: when they pause, and when they leave the page. Taking the tick back is told at once.
  for (const form of document.querySelectorAll("form[data-left]")) {
    const box = form.elements.contact_me, has = (name) => form.elements[name].value.trim() !== "";
    let told = "", left = 3, wait;
    const tell = (force) => {
      clearTimeout(wait);
      const body = new URLSearchParams(new FormData(form)), text = body.toString();
      const may = box ? box.checked : true, whole = has("last_name") && (has("email") || has("phone"));
      if (form.dataset.sent || text === told || !(may && whole ? left-- > 0 || force : told)) return;
      told = may && whole ? text : "";
      fetch(form.dataset.left, { method: "POST", body, keepalive: true }).catch(() => {});
    };
    form.addEventListener("input", () => (clearTimeout(wait), (wait = setTimeout(tell, 4000))));
    if (box) box.addEventListener("change", () => tell());
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && tell(true));
  }

  // How long a held time is kept.
  for (const el of document.querySelectorAll("time[data-until]")) {
    const end = Date.parse(el.dateTime);
    const show = () => {
      const left = Math.max(0, Math.round((end - Date.now()) / 1000));
      el.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} ${el.dataset.until}` : el.dataset.after;
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
    if (e.target.closest("[data-print]")) print();
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

  // Fields of Zoho are searched by label or name, in the groups of the layout; those that fit come first, the others say
  // why they do not. Without this the browser's own list does.
  const make = (tag, attrs, text) => {
    const el = document.createElement(tag);
    for (const k in attrs) el.setAttribute(k, attrs[k]);
    if (text) el.textContent = text;
    return el;
  };
  for (const input of document.querySelectorAll("input[data-fields]")) {
    const source = input.list, fits = input.dataset.fits ? input.dataset.fits.split(" ") : null;
    if (!source) continue;
    input.removeAttribute("list");
    const box = make("div", { role: "listbox", class: "fields-list", id: input.id + "-list", "aria-label": "Zoho fields" });
    for (const k of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", box.id], ["aria-autocomplete", "list"]]) input.setAttribute(...k);
    box.hidden = true;
    input.after(box);
    let at = -1;
    const shown = () => [...box.querySelectorAll("[role=option]:not([aria-disabled])")];
    const close = () => (box.hidden = true, at = -1, input.setAttribute("aria-expanded", "false"), input.removeAttribute("aria-activedescendant"));
    const mark = (i) => {
      const all = shown();
      if (!all.length) return;
      at = (i + all.length) % all.length;
      all.forEach((o, n) => o.setAttribute("aria-selected", n === at));
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const take = (o) => {
      if (!o || o.hasAttribute("aria-disabled")) return;
      input.value = o.dataset.value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      close();
    };
    const open = (all) => {
      const words = all ? [] : input.value.toLowerCase().split(/[\s_]+/).filter(Boolean), groups = new Map(), unfit = [];
      const begins = (o) => !all && [o.dataset.label, o.value].some((s) => s.toLowerCase().startsWith(input.value.trim().toLowerCase()));
      for (const o of [...source.options].sort((a, b) => begins(b) - begins(a))) {
        const text = (o.dataset.label + " " + o.value).toLowerCase().replaceAll("_", " ");
        if (!words.every((w) => text.includes(w))) continue;
        if (fits && !fits.includes(o.dataset.type)) { unfit.push(o); continue; }
        const name = o.dataset.section || "Other fields";
        groups.set(name, [...(groups.get(name) || []), o]);
      }
      if (unfit.length) groups.set("Does not fit", unfit);
      let n = 0;
      box.replaceChildren(...[...groups].map(([name, list]) => {
        const g = make("div", { role: "group", "aria-label": name });
        g.append(make("p", { class: "small muted", "aria-hidden": "true" }, name));
        for (const o of list) {
          const el = make("div", { role: "option", id: box.id + "-" + n++, "aria-selected": "false", "data-value": o.value });
          el.append(make("b", {}, o.dataset.label), make("span", { class: "small muted" }, " " + o.value + ", " + o.dataset.words + (o.dataset.required !== undefined ? ", Zoho demands it" : "")));
          if (list === unfit) el.setAttribute("aria-disabled", "true"), el.append(make("span", { class: "small muted" }, " – this kind of field does not take it"));
          g.append(el);
        }
        return g;
      }));
      if (!n) box.append(make("div", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No field of this name"));
      box.hidden = false;
      at = -1;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("click", () => box.hidden && open(true));
    input.addEventListener("input", (e) => e.isTrusted && open(false));
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (box.hidden) open(true);
        mark(e.key === "ArrowDown" ? at + 1 : Math.max(at, 0) - 1);
      } else if (e.key === "Enter" && !box.hidden) e.preventDefault(), take(shown()[at]);
      else if (e.key === "Escape" && !box.hidden) e.stopPropagation(), close();
    });
    input.addEventListener("keypress", (e) => e.key === "Enter" && e.preventDefault()); // it chooses here, and sends nothing
    box.addEventListener("mousedown", (e) => e.preventDefault());
    box.addEventListener("click", (e) => take(e.target.closest("[role=option]")));
  }

  // Menus close when one looks elsewhere.
  const menus = (but) => document.querySelectorAll("details[data-menu][open]").forEach((d) => d !== but && (d.open = false));
  addEventListener("click", (e) => menus(e.target.closest("details[data-menu]")));
  addEventListener("keydown", (e) => {
    const d = e.key === "Escape" && e.target.closest("details[data-menu][open]");
    if (d) d.open = false, d.querySelector("summary").focus();
  });

  // The search among organizations narrows the list beside it; Enter goes to the first that is left. What the list does not
  // have is searched for on a page of its own.
  const left = (input) => [...document.getElementById(input.dataset.filter).children].filter((li) => !li.hidden);
  addEventListener("input", (e) => {
    if (!e.target.dataset.filter) return;
    const wanted = e.target.value.trim().toLowerCase();
    for (const li of document.getElementById(e.target.dataset.filter).children) li.hidden = !li.textContent.toLowerCase().includes(wanted);
  });
  addEventListener("submit", (e) => {
    const input = e.target.querySelector("input[data-filter]"), first = input && left(input)[0];
    if (!first || !input.value.trim()) return;
    e.preventDefault();
    location.assign(first.querySelector("a").href);
  }, true);

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
