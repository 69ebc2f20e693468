// Follows a cut-out that is under way: asks where it stands and reloads when that has changed.
(() => {
  const page = document.getElementById("chooser");
  if (!page || !page.dataset.watch) return;
  const started = Date.now();

  // Every second at first, then ever more rarely; a hidden page does not ask at all.
  const pause = () => Math.min(1000 + (Date.now() - started) / 30, 30000);

  const look = async () => {
    if (!document.hidden) {
      try {
        const reply = await fetch(page.dataset.watch, {
          headers: { Accept: "application/json" },
          cache: "no-store",
        });
        const now = reply.ok ? await reply.json() : null;
        if (now && (now.status !== page.dataset.status || String(now.run) !== page.dataset.run)) {
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
