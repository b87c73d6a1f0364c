// Passkeys: the server says what to ask (the form's data-passkey), the browser asks the device, the form brings the answer back.
// A browser that has none never shows these forms.
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;
  const bytes = (s) => Uint8Array.from(atob(s.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const ask = (publicKey) => {
    publicKey.challenge = bytes(publicKey.challenge);
    for (const c of publicKey.excludeCredentials ?? []) c.id = bytes(c.id);
    if (!publicKey.user) return navigator.credentials.get({ publicKey });
    publicKey.user.id = bytes(publicKey.user.id);
    return navigator.credentials.create({ publicKey });
  };
  const answer = (c) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (c.response[name]) response[name] = text(c.response[name]);
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response, clientExtensionResults: {} });
  };
  const words = {
    NotAllowedError: "Nothing was done: it was cancelled, took too long, or there is no passkey for this site on this device.",
    InvalidStateError: "This device has a passkey of your account already.",
    NotSupportedError: "This device can't make passkeys that ask for a finger, face or PIN.",
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector("[role=alert]");
    let busy = false;
    form.hidden = false;
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      e.stopPropagation(); // the form is sent below, once
      if (busy) return;
      busy = true;
      problem.hidden = true;
      try {
        const res = await fetch(form.dataset.passkey, { method: "POST" });
        if (res.redirected) return location.assign(res.url);
        if (!res.ok) throw new Error(res.status === 429 ? "Too many attempts. Please wait a quarter of an hour." : "That did not work. Please load the page again.");
        form.elements.answer.value = answer(await ask((await res.json()).publicKey));
        form.submit();
      } catch (err) {
        problem.textContent = words[err.name] ?? (err instanceof DOMException ? "The browser refused: " + err.message : err.message);
        problem.hidden = false;
        busy = false;
      }
    });
  }
})();
