// Shows the fields that a promotion's kind knows. Without this script all of them are shown, and
// those of other kinds are left alone when the form is saved.
"use strict";

const form = document.getElementById("promotion-form");
const kind = form.elements.namedItem("kind");
const value = form.elements.namedItem("value");
const label = form.querySelector(`label[for="${value.id}"]`);
const LABELS = {
  percentage: "Percent off:",
  amount: "Amount off:",
  buy_x_get_y: "Percent off what is got:",
  free_item: "Percent off the item:",
};

function show() {
  for (const row of form.querySelectorAll("[data-kinds]")) {
    row.hidden = !row.dataset.kinds.split(" ").includes(kind.value);
  }
  label.textContent = LABELS[kind.value] || "Value:";
  if (!value.value && (kind.value === "buy_x_get_y" || kind.value === "free_item")) value.value = "100";
}

kind.addEventListener("change", show);
show();
