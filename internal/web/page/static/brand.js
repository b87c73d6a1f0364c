// The preview follows what is typed, and a colour can be picked from a palette.
(() => {
  "use strict";
  const form = document.querySelector("form[data-look]");
  if (!form) return;
  let wait;
  const show = () => {
    const url = form.querySelector("[data-show]").formAction + "?" + new URLSearchParams(new FormData(form));
    document.querySelector("iframe.preview").contentWindow.location.replace(url);
  };
  form.addEventListener("input", () => (clearTimeout(wait), (wait = setTimeout(show, 250))));
  form.querySelector("[data-show]").addEventListener("click", (e) => (e.preventDefault(), show()));

  for (const input of form.querySelectorAll("input[data-color]")) {
    if (input.matches(":disabled")) continue;
    const palette = document.createElement("input");
    palette.type = "color";
    palette.setAttribute("aria-label", form.querySelector(`label[for=${input.id}]`).firstChild.textContent.trim() + ", from a palette");
    const follow = () => (palette.value = /^#[0-9a-f]{6}$/i.test(input.value) ? input.value : "#ffffff");
    follow();
    input.addEventListener("input", follow);
    palette.addEventListener("input", () => {
      input.value = palette.value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const row = document.createElement("div");
    row.className = "with-palette";
    input.before(row);
    row.append(input, palette);
  }
})();
