/* The kitchen's board: tickets by state, a bell until they are acknowledged. */
"use strict";

(() => {
  const root = document.getElementById("board");
  const byId = (id) => document.getElementById(id);
  const api = root.dataset.api;
  const mayOperate = root.dataset.operate === "yes";
  const OPEN = ["paid", "in_production", "ready"];
  const tickets = new Map();
  const bell = new Bell(byId("sound"));

  /* ---- drawing ---- */

  function isShown(order) {
    return OPEN.includes(order.status) && (!byId("cakes-only").checked || order.has_cake);
  }

  function focusedButton() {
    const button = document.activeElement;
    const card = button && button.closest ? button.closest(".ticket") : null;
    return card ? { number: card.dataset.number, action: button.dataset.action } : null;
  }

  function restoreFocus(held) {
    if (!held) return;
    const card = document.querySelector(`.ticket[data-number="${CSS.escape(held.number)}"]`);
    const button = card && (card.querySelector(`[data-action="${held.action}"]`) || card.querySelector("button"));
    if (button) button.focus();
  }

  function draw() {
    const held = focusedButton();
    const orders = [...tickets.values()].sort((a, b) =>
      a.pickup_starts_at < b.pickup_starts_at ? -1 : a.pickup_starts_at > b.pickup_starts_at ? 1 : a.number < b.number ? -1 : 1);
    for (const status of OPEN) {
      const shown = orders.filter((order) => order.status === status && isShown(order));
      byId(`column-${status}`).replaceChildren(...shown.map((order) => drawTicket(order, mayOperate)));
      byId(`count-${status}`).textContent = shown.length;
    }
    const open = orders.filter((order) => OPEN.includes(order.status));
    byId("cake-count").textContent = open.filter((order) => order.has_cake).length;
    const unseen = open.filter((order) => !order.acknowledged_at);
    bell.ring(unseen.length > 0);
    document.title = unseen.length ? `(${unseen.length}) Kitchen board` : "Kitchen board";
    restoreFocus(held);
  }

  function say(text) { byId("spoken").textContent = text; }

  function news(text) {
    const line = make("p", "headline", text);
    const close = make("button", "plain", "Seen");
    close.type = "button";
    close.addEventListener("click", () => line.remove());
    line.append(close);
    byId("news").append(line);
  }

  /* ---- what comes in ---- */

  function take(order) {
    const before = tickets.get(order.number);
    if (OPEN.includes(order.status)) {
      tickets.set(order.number, order);
    } else {
      tickets.delete(order.number);
      if (before && order.status === "cancelled") news(`Order ${order.number} (${before.pickup_short}) was cancelled.`);
    }
    return before;
  }

  function onEvent(event) {
    const before = take(event.order);
    if (!before && event.kind === "new_order") say(`New order ${event.order.number}, pickup ${event.order.pickup_local}`);
    root.dataset.seq = event.seq;
    root.dataset.applied = Number(root.dataset.applied || 0) + 1;
    schedule();
  }

  function onSnapshot(orders) {
    tickets.clear();
    orders.forEach((order) => tickets.set(order.number, order));
    draw();
  }

  let scheduled = false;
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    // A timer rather than an animation frame: a hidden tab draws no frames but must still ring.
    setTimeout(() => { scheduled = false; draw(); }, 30);
  }

  const LINK = {
    live: ["Live", ""],
    polling: ["Every 5 s", "The live connection is lost. The board looks for news every 5 seconds and keeps trying."],
    lost: ["No connection", "Connection lost. What you see may be out of date; trying again."],
    "signed-out": ["Signed out", "You are signed out, or this account may not see the board."],
  };

  function onState(state) {
    if (root.dataset.state === "signed-out" && state !== "live") return;
    if (root.dataset.state === "polling" && state === "lost" && feed.failures < 3) return;
    root.dataset.state = state;
    const [short, long] = LINK[state];
    byId("link-text").textContent = short;
    const banner = byId("banner");
    banner.hidden = !long;
    banner.textContent = long;
    if (state === "signed-out") {
      const link = make("a", "", "Sign in");
      link.href = "/console/login/?next=/board/";
      banner.append(" ", link);
    }
  }

  const feed = new BoardFeed({
    socketUrl: root.dataset.socket, apiUrl: api, onSnapshot, onEvent, onState,
  });

  /* ---- what goes out ---- */

  async function post(path, body) {
    const reply = await fetch(api + path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": root.dataset.csrf },
      body: JSON.stringify(body || {}),
    });
    if (!reply.ok) {
      const problem = await reply.json().catch(() => ({}));
      throw new Error((problem.error && problem.error.message) || `The server answered ${reply.status}.`);
    }
  }

  async function act(button, order) {
    const action = button.dataset.action;
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    try {
      if (action === "ack") await post("/board/ack", { number: order.number });
      else await post(`/orders/${order.public_id}/${action}`);
      say(`${button.textContent}: ${order.number}`);
    } catch (error) {
      news(`${order.number}: ${error.message}`);
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
    if (!feed.ready) feed.poll();
  }

  document.querySelector(".columns").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action]");
    const card = button && button.closest(".ticket");
    const order = card && tickets.get(card.dataset.number);
    if (order) act(button, order);
  });

  byId("cakes-only").checked = localStorage.getItem("board-cakes-only") === "yes";
  byId("cakes-only").addEventListener("change", (event) => {
    localStorage.setItem("board-cakes-only", event.target.checked ? "yes" : "no");
    draw();
  });

  function tick() {
    byId("clock").textContent = shopTime(new Date());
  }
  tick();
  setInterval(tick, 5000);
  // Lateness is a matter of the clock, not of events. Not while a button is held, though.
  setInterval(() => { if (!focusedButton()) draw(); }, 30000);
  feed.start();
})();
