// Shows a change of the order's status by itself: asks the API and reloads when it differs.
(() => {
  const order = document.getElementById("order");
  const still = new Set(["collected", "cancelled", "paid_unfulfillable"]);
  if (!order || still.has(order.dataset.status)) return;
  const started = Date.now();

  // Often right after payment, then ever more rarely; a hidden page does not ask at all.
  const pause = () => Math.min(2000 + (Date.now() - started) / 20, 60000);

  const look = async () => {
    if (!document.hidden) {
      try {
        const reply = await fetch(order.dataset.watch, {
          headers: { Accept: "application/json" },
          cache: "no-store",
        });
        if (reply.ok && (await reply.json()).status !== order.dataset.status) {
          window.location.reload();
          return;
        }
      } catch {
        // Offline: the next round asks again.
      }
    }
    window.setTimeout(look, pause());
  };
  window.setTimeout(look, 1000);
})();
