// Dragging in the calendar. What may be dropped where is asked from the page on which a visit is moved without a script.
(() => {
  "use strict";
  const table = document.querySelector(".agenda"), dialog = document.getElementById("drop");
  if (!table) return;
  const cells = [...table.querySelectorAll("td[data-at]")];
  let visit = null;

  const clear = () => {
    for (const c of cells) c.classList.remove("agenda-open", "agenda-over"), delete c.dataset.start;
    table.classList.remove("agenda-asks");
  };
  const open = (start, reps) => {
    const t = Date.parse(start);
    for (const c of cells) {
      const from = Date.parse(c.dataset.at);
      if (!c.dataset.start && from <= t && t < from + c.dataset.minutes * 60000 && reps.includes(c.dataset.rep)) c.dataset.start = start, c.classList.add("agenda-open");
    }
  };
  const ask = async (el) => {
    const url = new URL(el.dataset.move, location.href);
    url.searchParams.set("from", table.dataset.from);
    table.classList.add("agenda-asks");
    const res = await fetch(url, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await res.text(), "text/html");
    if (visit !== el) return;
    table.classList.remove("agenda-asks");
    for (const i of page.querySelectorAll("input[name=start][data-reps]")) open(i.value, i.dataset.reps.split(" "));
    for (const f of page.querySelectorAll("[aria-labelledby=hands] form")) open(f.elements.start.value, [f.elements.rep.value]); // at the same time
  };

  table.addEventListener("dragstart", (e) => {
    visit = e.target.closest("[data-move]");
    if (!visit) return;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", visit.dataset.words);
    visit.classList.add("visit-dragged");
    ask(visit).catch(() => table.classList.remove("agenda-asks"));
  });
  table.addEventListener("dragend", () => {
    if (visit) visit.classList.remove("visit-dragged");
    visit = null;
    clear();
  });
  table.addEventListener("dragover", (e) => {
    const cell = e.target.closest("td.agenda-open");
    for (const c of cells) c.classList.toggle("agenda-over", c === cell);
    if (cell) e.preventDefault();
  });
  table.addEventListener("drop", (e) => {
    const cell = e.target.closest("td.agenda-open");
    if (!cell || !visit) return;
    e.preventDefault();
    const form = dialog.querySelector("form"), zone = document.querySelector("[data-calendar-zone]");
    const when = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZone: zone.dataset.calendarZone }).format(new Date(cell.dataset.start));
    const rep = document.querySelector(`#rep option[value="${CSS.escape(cell.dataset.rep)}"]`);
    form.action = new URL(visit.dataset.move, location.href).pathname;
    form.elements.start.value = cell.dataset.start;
    form.elements.rep.value = cell.dataset.rep;
    form.elements.revision.value = visit.dataset.revision;
    form.elements.next.value = location.pathname + location.search;
    dialog.querySelector("[data-words]").textContent = `${visit.dataset.words}: from ${visit.dataset.now} to ${when}${rep ? " with " + rep.textContent : ""}.`;
    dialog.showModal();
  });
})();
