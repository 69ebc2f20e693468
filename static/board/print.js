/* A page that was recorded as printed goes to the printer by itself, once. */
"use strict";

addEventListener("load", () => {
  const again = document.getElementById("again");
  again.hidden = false;
  again.addEventListener("click", () => window.print());
  document.body.dataset.sent = "yes";
  window.print();
});
