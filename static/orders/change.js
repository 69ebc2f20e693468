/* Change at the counter: worked out while the cash is typed in, with the notes one is handed. */
"use strict";

(() => {
  const form = document.getElementById("pay");
  if (!form) return;
  const { amount, received } = form.elements;
  const notes = document.getElementById("notes-of-cash");
  const cents = (text) => {
    const number = Number(text.replace(",", "."));
    return text.trim() && Number.isFinite(number) ? Math.round(number * 100) : null;
  };
  const NOTES = [500, 1000, 2000, 5000, 10000];

  function show() {
    const kind = form.querySelector('input[name="kind"]:checked').value;
    form.querySelectorAll("[data-for]").forEach((node) => { node.hidden = node.dataset.for !== kind; });
    notes.hidden = kind !== "cash";
    form.elements.slip.required = kind === "terminal";
    const due = cents(amount.value);
    const given = cents(received.value);
    const change = due === null || given === null ? null : given - due;
    const output = document.getElementById("change");
    if (change === null) output.textContent = "-";
    else if (change < 0) output.textContent = `${(-change / 100).toFixed(2)} is missing`;
    else output.textContent = `${(change / 100).toFixed(2)} ${form.dataset.currency}`;
  }

  function offer() {
    const due = cents(amount.value) || 0;
    const offered = [due, ...NOTES.filter((note) => note > due).slice(0, 3)];
    notes.replaceChildren(...offered.map((sum) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = sum === due ? "Exactly" : (sum / 100).toFixed(0);
      button.addEventListener("click", () => { received.value = (sum / 100).toFixed(2); show(); });
      return button;
    }));
  }

  form.addEventListener("input", show);
  amount.addEventListener("input", offer);
  offer();
  show();
})();
