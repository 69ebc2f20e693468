/* The kitchen's board: tickets by state, day and station, a bell until they are acknowledged. */
"use strict";

(() => {
  const root = document.getElementById("board");
  const byId = (id) => document.getElementById(id);
  const api = root.dataset.api;
  const COLUMN = { paid: "paid", in_production: "in_production", ready: "ready", out_for_delivery: "ready" };
  const LANES = { overdue: "Overdue", today: "Today", tomorrow: "Tomorrow", later: "Later" };
  const tickets = new Map();
  const days = new Days();
  const bell = new Bell(byId("sound"));
  const drawer = new TicketDrawer({
    days, mayOperate: root.dataset.operate === "yes", mayPrint: root.dataset.print === "yes",
    printUrl: root.dataset.printUrl, handUrl: root.dataset.handUrl, worker: root.dataset.worker,
  });
  let stations = [];
  let later = [];
  let leftOut = 0;

  /* ---- what this device remembers ---- */

  const seenChanges = JSON.parse(localStorage.getItem("board-seen-changes") || "{}");
  // Tickets that came up while the board was open, until somebody touches them here.
  const fresh = new Set();
  // What hung on the board when it was last drawn; null until there was anything to compare with.
  let wasUp = null;

  function unseenChanges(order) {
    const seen = seenChanges[order.number] || "";
    return (order.changes || []).filter((change) => change.at > seen);
  }

  /* Each device has to see a change itself: somebody at the counter must not hide it from the oven. */
  function markSeen(order) {
    const changes = order.changes || [];
    if (changes.length) seenChanges[order.number] = changes[changes.length - 1].at;
    for (const number of Object.keys(seenChanges)) if (!tickets.has(number)) delete seenChanges[number];
    localStorage.setItem("board-seen-changes", JSON.stringify(seenChanges));
    fresh.delete(order.number);
  }

  /* The address wins, so that a tablet can have its station as a bookmark. */
  function wantedStation() {
    const named = new URLSearchParams(location.search).get("station");
    const wanted = named !== null ? named : localStorage.getItem("board-station") || "";
    return /^\d+$/.test(wanted) ? Number(wanted) : null;
  }
  let station = wantedStation();
  let lane = "";

  function chosenStation() { return stations.some((one) => one.id === station) ? station : null; }

  /* ---- drawing ---- */

  function isAt(order, number) { return number === null || (order.stations || []).includes(number); }

  function focusedButton() {
    const button = document.activeElement;
    const card = button && button.closest ? button.closest(".ticket") : null;
    return card ? { number: card.dataset.number, action: button.dataset.action, line: button.dataset.line } : null;
  }

  function restoreFocus(held) {
    if (!held) return;
    const card = document.querySelector(`.ticket[data-number="${CSS.escape(held.number)}"]`);
    // A timer's button turns into another one of its line.
    const line = held.line ? `[data-line="${held.line}"]` : "";
    const button = card && (card.querySelector(`[data-action="${held.action}"]${line}`) || (line && card.querySelector(line)) || card.querySelector("button"));
    if (button) button.focus();
  }

  function byPickup(a, b) {
    if (a.pickup_starts_at !== b.pickup_starts_at) return a.pickup_starts_at < b.pickup_starts_at ? -1 : 1;
    return a.number < b.number ? -1 : 1;
  }

  function byFiring(a, b) {
    return a.fires_at === b.fires_at ? byPickup(a, b) : a.fires_at < b.fires_at ? -1 : 1;
  }

  /* Days as headings, so that tomorrow's are not taken for today's. */
  function fill(name, orders) {
    const nodes = [];
    let last = "";
    for (const order of orders) {
      const here = days.lane(order);
      if (here !== last && !lane) nodes.push(make("h3", `lane-head ${here}`, LANES[here]));
      last = here;
      nodes.push(drawer.draw(order, { station: chosenStation(), fresh: fresh.has(order.number), changes: unseenChanges(order) }));
    }
    byId(`column-${name}`).replaceChildren(...nodes);
    byId(`count-${name}`).textContent = orders.length;
  }

  function drawLater() {
    const list = byId("later-days");
    list.replaceChildren(...later.map((row) => {
      const item = make("li");
      const cakes = row.cakes ? `, ${row.cakes} with cake` : "";
      item.append(make("b", "", shopDate(row.day)), ` ${row.orders} ${row.orders === 1 ? "order" : "orders"}${cakes}`);
      return item;
    }));
    byId("later-box").hidden = !later.length || (lane !== "" && lane !== "later");
  }

  function drawChoices(held) {
    const inStation = held.filter((order) => isAt(order, chosenStation()));
    for (const button of document.querySelectorAll("[data-lane]")) {
      const name = button.dataset.lane;
      const here = inStation.filter((order) => !name || days.lane(order) === name).length;
      button.querySelector(".count").textContent = here;
      button.setAttribute("aria-pressed", String(name === lane));
      button.classList.toggle("alarm", name === "overdue" && here > 0);
    }
    const select = byId("station");
    byId("station-box").hidden = !stations.length;
    const wanted = [["", "All stations", held.length], ...stations.map((one) => [String(one.id), one.name, held.filter((order) => isAt(order, one.id)).length])];
    // Rewriting the choices would close the list under somebody's finger.
    if (select.options.length !== wanted.length || wanted.some(([value], index) => select.options[index].value !== value)) {
      select.replaceChildren(...wanted.map(([value]) => { const option = make("option"); option.value = value; return option; }));
    }
    wanted.forEach(([, name, count], index) => {
      const text = `${name} (${count})`;
      if (select.options[index].textContent !== text) select.options[index].textContent = text;
    });
    const chosen = chosenStation();
    if (document.activeElement !== select || select.value === "") select.value = chosen === null ? "" : String(chosen);
  }

  /* What was only coming up and now hangs there: say so once, and mark it. */
  function noticeFired(held) {
    const up = new Set(held.filter((order) => days.isUp(order)).map((order) => order.number));
    if (wasUp) {
      for (const order of held) {
        if (!up.has(order.number) || !wasUp.has(order.number) || wasUp.get(order.number)) continue;
        if (order.status !== "paid") continue;
        fresh.add(order.number);
        if (isAt(order, chosenStation())) {
          bell.strike();
          say(`Now to be made: order ${order.number}, pickup ${order.pickup_local}`);
        }
      }
    }
    wasUp = new Map(held.map((order) => [order.number, up.has(order.number)]));
  }

  function draw() {
    const focused = focusedButton();
    const held = [...tickets.values()].filter((order) => days.isHeld(order)).sort(byPickup);
    noticeFired(held);
    const inView = held.filter((order) => isAt(order, chosenStation()) && (!lane || days.lane(order) === lane));
    const shown = inView.filter((order) => !byId("cakes-only").checked || order.has_cake);
    const up = shown.filter((order) => days.isUp(order));
    for (const name of new Set(Object.values(COLUMN))) fill(name, up.filter((order) => COLUMN[order.status] === name));
    fill("coming", shown.filter((order) => !days.isUp(order)).sort(byFiring));
    byId("cake-count").textContent = inView.filter((order) => order.has_cake).length;
    drawChoices(held);
    drawLater();
    byId("left-out").hidden = !leftOut;
    byId("left-out").textContent = `${leftOut} more open orders do not fit here: see the list of orders in the console.`;
    const unseen = held.filter((order) => !order.acknowledged_at);
    bell.ring(unseen.length > 0);
    drawAlarm(unseen);
    document.title = unseen.length ? `(${unseen.length}) Kitchen board` : "Kitchen board";
    root.dataset.drawn = Number(root.dataset.drawn || 0) + 1;
    restoreFocus(focused);
    wakeAtNextMoment(held);
  }

  /* By the ticket's own times: it sounds also when nobody can be told in any other way. */
  function drawAlarm(unseen) {
    const patience = Number(root.dataset.alarmSeconds) * 1000;
    const cakes = unseen.filter((order) => order.has_cake && days.now() - days.waitsSince(order) >= patience);
    const box = byId("alarm");
    bell.alarm(cakes.length > 0);
    box.hidden = !cakes.length;
    if (!cakes.length) return;
    const longest = Math.floor((days.now() - Math.min(...cakes.map((order) => days.waitsSince(order)))) / 60000);
    const named = cakes.slice(0, 3).map((order) => order.number).join(", ");
    const more = cakes.length > 3 ? ` and ${cakes.length - 3} more` : "";
    const text = `NOBODY HAS TAKEN CHARGE for ${longest} min: ${named}${more}. Acknowledge to stop the alarm.`;
    if (box.textContent !== text) box.textContent = text;
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

  /* Nothing is redrawn under a finger: the button it presses would be gone before it lets go. */
  let pressed = false;
  document.addEventListener("pointerdown", () => { pressed = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => { pressed = false; });
  }

  let scheduled = false;
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    // A timer rather than an animation frame: a hidden tab draws no frames but must still ring.
    setTimeout(() => {
      scheduled = false;
      if (pressed) schedule();
      else draw();
    }, 30);
  }

  /* Firing, lateness and a new day are matters of the clock, not of events. */
  let alarm = null;
  let today = null;
  function wakeAtNextMoment(held) {
    clearTimeout(alarm);
    alarm = setTimeout(schedule, Math.max(20, days.nextMoment(held) + 20));
    const begins = days.start(0);
    if (today !== null && begins !== today) feed.reload();
    today = begins;
  }

  /* ---- what comes in ---- */

  function take(order) {
    const before = tickets.get(order.number);
    if (COLUMN[order.status]) {
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
    if (event.kind === "changed" && COLUMN[event.order.status]) {
      say(`Order ${event.order.number} was changed`);
      if (isAt(event.order, chosenStation())) bell.strike();
    }
    root.dataset.seq = event.seq;
    root.dataset.applied = Number(root.dataset.applied || 0) + 1;
    // Counted only, or not any more: the days ahead are told anew.
    if (!days.isHeld(event.order) || (before && !days.isHeld(before))) recount();
    schedule();
  }

  function onSnapshot(snapshot) {
    days.learn(snapshot);
    stations = snapshot.stations;
    later = snapshot.later;
    leftOut = snapshot.left_out;
    tickets.clear();
    snapshot.orders.forEach((order) => tickets.set(order.number, order));
    today = days.start(0);
    root.dataset.plan = snapshot.plan;
    tick();
    schedule();
  }

  let recounting = null;
  function recount() {
    clearTimeout(recounting);
    recounting = setTimeout(async () => {
      try {
        later = (await feed.get("/board/counts")).later;
        schedule();
      } catch (error) { /* told with the next picture of the board, a few minutes later */ }
    }, 800);
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
    if (action === "seen") {
      markSeen(order);
      draw();
      return;
    }
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    try {
      if (action.startsWith("timer-")) await post(`/orders/${order.public_id}/lines/${button.dataset.line}/timer`, { action: action.slice(6) });
      else if (action === "ack") await post("/board/ack", { number: order.number });
      else await post(`/orders/${order.public_id}/${action}`);
      markSeen(order);
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

  byId("station").addEventListener("change", (event) => {
    station = event.target.value === "" ? null : Number(event.target.value);
    localStorage.setItem("board-station", event.target.value);
    const address = new URL(location.href);
    address.search = station === null ? "" : `?station=${station}`;
    history.replaceState(null, "", address);
    draw();
  });

  document.querySelector(".lanes").addEventListener("click", (event) => {
    const button = event.target.closest("[data-lane]");
    if (!button) return;
    lane = button.dataset.lane;
    draw();
  });

  function tick() {
    byId("clock").textContent = shopTime(new Date(days.now()));
  }
  tick();
  setInterval(tick, 5000);
  // Should anything ever be missed, it is not for long; also keeps the clock set by the server's.
  setInterval(() => feed.reload(), 300000);
  feed.start();
})();
