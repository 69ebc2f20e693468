/* Drawing one ticket. Everything a customer wrote is set as text, never as HTML. */
"use strict";

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

const NEXT_STEP = {
  paid: { action: "start", label: "Start" },
  in_production: { action: "ready", label: "Ready" },
  ready: { action: "collected", label: "Collected" },
};

const inWords = (names) => names.map((name) => name.replaceAll("_", " ")).join(", ");

function allergenText(line) {
  const facts = line.allergens;
  if (!facts) return "allergens unknown";
  const parts = [];
  if ((facts.contains || []).length) parts.push(`contains ${inWords(facts.contains)}`);
  if ((facts.may_contain || []).length) parts.push(`may contain ${inWords(facts.may_contain)}`);
  if ((facts.unknown || []).length) parts.push(`not known: ${inWords(facts.unknown)}`);
  return parts.join("; ");
}

function drawLine(line) {
  const item = make("li", line.is_cake ? "item cake" : "item");
  const what = make("p", "what");
  what.append(make("span", "quantity", `${line.quantity}×`), make("span", "name", line.name));
  if (line.size) what.append(make("span", "size", line.size));
  item.append(what);
  if (line.message) {
    const message = make("blockquote", "message", line.message);
    message.dir = "auto";
    item.append(message);
  }
  const allergens = allergenText(line);
  if (allergens) item.append(make("p", "allergens", allergens));
  return item;
}

/* Times are the shop's, wherever the tablet believes to be. */
const SHOP_ZONE = document.getElementById("board").dataset.zone;

function shopTime(moment) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: SHOP_ZONE, hour: "2-digit", minute: "2-digit" }).format(moment);
}

function shopDay(moment) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: SHOP_ZONE, year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);
}

function pickupText(order) {
  const pickup = new Date(order.pickup_starts_at);
  if (shopDay(pickup) === shopDay(new Date())) return `Today ${shopTime(pickup)}`;
  return order.pickup_short || order.pickup_local;
}

function pickupUrgency(order, now) {
  const left = new Date(order.pickup_starts_at) - now;
  if (order.status === "ready") return "";
  if (left < 0) return "late";
  return left < 2 * 3600 * 1000 ? "soon" : "";
}

function drawButtons(order, mayOperate) {
  const row = make("div", "buttons");
  const add = (action, label, className) => {
    const button = make("button", className, label);
    button.type = "button";
    button.dataset.action = action;
    button.setAttribute("aria-label", `${label} order ${order.number}`);
    row.append(button);
  };
  if (!order.acknowledged_at) add("ack", "Acknowledge", "loud");
  const step = NEXT_STEP[order.status];
  if (step && mayOperate) add(step.action, step.label, order.acknowledged_at ? "strong" : "plain");
  return row;
}

function drawTicket(order, mayOperate) {
  const card = make("article", "ticket");
  card.dataset.number = order.number;
  card.setAttribute("aria-label", `Order ${order.number}, pickup ${order.pickup_local}`);
  card.classList.toggle("unseen", !order.acknowledged_at);
  const urgency = pickupUrgency(order, Date.now());
  if (urgency) card.classList.add(urgency);

  const head = make("header");
  head.append(make("p", "pickup", pickupText(order)), make("p", "number", order.number));
  card.append(head);
  if (urgency === "late") card.append(make("p", "flag", "Pickup time has passed"));
  if (order.allergy_flag) card.append(make("p", "flag allergy", "⚠ Allergy note: read the text"));
  const items = make("ul", "items");
  order.lines.forEach((line) => items.append(drawLine(line)));
  card.append(items, make("p", "who", order.customer_name), drawButtons(order, mayOperate));
  return card;
}
