/* The estimate follows what is chosen, and tiers come and go without a new page. Without this
   script the same buttons do the same by a reload. */
"use strict";

(() => {
  const form = document.getElementById("cake-form");
  if (!form) return;
  const panel = document.getElementById("estimate");
  const PAUSE = 500;
  let timer = 0;
  let running = null;

  const typed = () => {
    const data = new FormData(form);
    data.delete("photo");
    return new URLSearchParams(data);
  };

  const ask = async () => {
    if (running) running.abort();
    running = new AbortController();
    panel.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(form.dataset.estimate, {
        method: "POST",
        body: typed(),
        signal: running.signal,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      });
      if (reply.ok) panel.innerHTML = await reply.text();
    } catch {
      // Offline, or asked anew meanwhile: the next change asks again.
    }
    panel.removeAttribute("aria-busy");
  };

  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  };

  form.addEventListener("input", later);
  document.getElementById("estimate-button").addEventListener("click", (event) => {
    event.preventDefault();
    ask();
  });

  // Tiers: the same button as without a script, but only that part of the page is drawn anew.
  form.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-tiers]");
    if (!button) return;
    event.preventDefault();
    const data = typed();
    data.set("do", button.value);
    const reply = await fetch(form.action, { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const tiers = page.getElementById("tiers");
    if (!tiers) { form.submit(); return; }
    document.getElementById("tiers").replaceWith(tiers);
    const fields = tiers.querySelectorAll("fieldset:last-of-type select, fieldset:last-of-type input");
    if (fields.length) fields[0].focus();
    later();
  });
})();
