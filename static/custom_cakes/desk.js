/* The margin and the mail while a price is typed; without a script there is a button for it. */
"use strict";

(() => {
  const form = document.getElementById("desk-form");
  if (!form) return;
  const WAIT = 350;
  const margin = document.getElementById("desk-margin");
  const marker = document.getElementById("desk-marker");
  const subject = document.getElementById("desk-subject");
  const mail = document.getElementById("desk-mail");
  let timer = 0;
  let asked = 0;

  function show(found) {
    margin.className = found.is_below_floor ? "desk-bad" : "";
    const strong = document.createElement("strong");
    strong.textContent = found.margin;
    const below = found.is_below_floor ? ", below the floor" : "";
    const outside = found.is_outside ? ", outside of the range: say why" : "";
    margin.replaceChildren("Margin ", strong, `, ${found.left} left${below}${outside}`);
    if (marker) marker.setAttribute("x", String(found.place));
    if (mail && found.text) {
      subject.textContent = found.subject;
      mail.textContent = found.text;
    }
  }

  async function ask() {
    asked += 1;
    const turn = asked;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      const found = await answer.json();
      if (turn !== asked) return;
      if (answer.ok) show(found);
      else margin.textContent = found.message;
    } catch {
      /* The button is still there. */
    }
  }

  form.addEventListener("input", (event) => {
    if (!["price", "servings_least", "servings_most", "slot_id", "expires_at", "words"].includes(event.target.name)) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT);
  });
})();
