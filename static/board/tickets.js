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

/* What was agreed of a custom cake, from the bottom tier up. */
function drawDetails(rows) {
  const list = make("dl", "agreed");
  rows.forEach(([label, text]) => {
    const row = make("div");
    const words = make("dd", "", text);
    words.dir = "auto";
    row.append(make("dt", "", label), words);
    list.append(row);
  });
  return list;
}

function minutesText(minutes) {
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
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
  if ((line.details || []).length) item.append(drawDetails(line.details));
  const allergens = allergenText(line);
  if (allergens) item.append(make("p", "allergens", allergens));
  return item;
}

/* Times are the shop's, wherever the tablet believes to be. */
const SHOP_ZONE = document.getElementById("board").dataset.zone;

function shopTime(moment) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: SHOP_ZONE, hour: "2-digit", minute: "2-digit" }).format(moment);
}

function shopDate(day) {
  const options = { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${day}T12:00:00Z`));
}

class TicketDrawer {
  constructor({ days, mayOperate, mayPrint, printUrl, handUrl, worker }) {
    Object.assign(this, { days, mayOperate, mayPrint, printUrl, handUrl, worker });
  }

  /* Who works on a line, and the buttons of this person's own timer. Cakes alone are timed. */
  labour(order, line) {
    const atWork = line.at_work || [];
    const own = atWork.find((one) => one.worker === this.worker);
    const others = atWork.length - (own ? 1 : 0);
    const workable = this.mayOperate && line.id && line.is_cake && (order.status === "paid" || order.status === "in_production");
    if (!workable && !atWork.length && !line.worked_minutes) return null;
    const row = make("p", "labour");
    const told = [];
    if (own) told.push(`You since ${shopTime(Date.parse(own.since))}`);
    if (others) told.push(`${others} ${own ? "more" : ""} at work`.replace("  ", " "));
    if (line.worked_minutes) told.push(`${minutesText(line.worked_minutes)} worked`);
    if (told.length) row.append(make("span", own ? "timer own" : "timer", told.join(" · ")));
    if (!workable) return row;
    const add = (action, label) => {
      const button = make("button", "timer-button", label);
      button.type = "button";
      button.dataset.action = `timer-${action}`;
      button.dataset.line = line.id;
      button.setAttribute("aria-label", `${label}: ${line.name}, order ${order.number}`);
      row.append(button);
    };
    if (own) {
      add("stop", "Stop timer");
      add("undo", "Undo");
    } else add("start", "Start timer");
    return row;
  }

  /* "Today 10:00" near, "Sat 28 Nov 10:00" further away. */
  when(iso, short) {
    const moment = Date.parse(iso);
    if (moment < this.days.start(0) || moment >= this.days.start(2)) return short;
    return `${moment < this.days.start(1) ? "Today" : "Tomorrow"} ${shopTime(moment)}`;
  }

  urgency(order) {
    if (order.status !== "paid" && order.status !== "in_production") return "";
    const left = Date.parse(order.pickup_starts_at) - this.days.now();
    if (left < 0) return "late";
    return left < 2 * 3600 * 1000 ? "soon" : "";
  }

  /* `fresh`: it came up while the board was open; `changes`: what this device has not seen. */
  draw(order, { station, fresh, changes }) {
    const isUp = this.days.isUp(order);
    const card = make("article", "ticket");
    card.dataset.number = order.number;
    card.setAttribute("aria-label", `Order ${order.number}, pickup ${order.pickup_local}`);
    card.classList.toggle("unseen", !order.acknowledged_at);
    card.classList.toggle("coming", !isUp);
    card.classList.toggle("fresh", fresh);
    card.classList.toggle("changed", changes.length > 0);
    const urgency = this.urgency(order);
    if (urgency) card.classList.add(urgency);
    card.append(this.head(order), ...this.flags(order, { urgency, isUp, fresh }));
    if (changes.length) card.append(this.changes(changes));
    card.append(this.items(order, station), ...this.notes(order), this.buttons(order, fresh || changes.length > 0));
    return card;
  }

  head(order) {
    const head = make("header");
    head.append(make("p", "pickup", this.when(order.pickup_starts_at, order.pickup_short)), make("p", "number", order.number));
    return head;
  }

  flags(order, { urgency, isUp, fresh }) {
    const flags = [];
    const coming = order.fires_at && Date.parse(order.fires_at) > this.days.now();
    if (!isUp) flags.push(make("p", "tag", `Comes up ${this.when(order.fires_at, order.fires_short)}`));
    else if (fresh) flags.push(make("p", "tag new", `Came up ${this.when(order.fires_at, order.fires_short)}`));
    else if (order.status === "paid" && coming) flags.push(make("p", "tag", `Begin ${this.when(order.fires_at, order.fires_short)}`));
    if (urgency === "late") flags.push(make("p", "flag", "Pickup time has passed"));
    else if (order.status === "ready" && this.days.lane(order) === "overdue") flags.push(make("p", "tag", "Waits for its customer"));
    if (order.allergy_flag) flags.push(make("p", "flag allergy", "⚠ Allergy note: read the text"));
    if (order.fulfilment === "delivery") {
      const zone = order.delivery_zone ? `: ${order.delivery_zone}` : "";
      flags.push(make("p", "tag delivery", order.status === "out_for_delivery" ? `Out for delivery${zone}` : `Delivery${zone}`));
    }
    return flags;
  }

  changes(changes) {
    const box = make("div", "changes");
    box.append(make("p", "changes-head", "Changed"));
    const list = make("ul");
    changes.forEach((change) => change.what.forEach((text) => list.append(make("li", "", text))));
    box.append(list);
    return box;
  }

  /* At a station: what it makes, and how much more there is elsewhere. */
  items(order, station) {
    const items = make("ul", "items");
    const own = order.lines.filter((line) => station === null || (line.stations || []).includes(station));
    own.forEach((line) => {
      const item = drawLine(line);
      const labour = this.labour(order, line);
      if (labour) item.append(labour);
      items.append(item);
    });
    const others = order.lines.length - own.length;
    if (others) items.append(make("li", "elsewhere", `and ${others} more ${others === 1 ? "line" : "lines"} at other stations`));
    return items;
  }

  notes(order) {
    const notes = [];
    if (order.customer_note) notes.push(["Customer", order.customer_note]);
    (order.notes || []).forEach((text) => notes.push(["Note", text]));
    const drawn = notes.map(([who, text]) => {
      const note = make("p", "note");
      const words = make("span", "", text);
      words.dir = "auto";
      note.append(make("b", "", `${who}: `), words);
      return note;
    });
    return [...drawn, make("p", "who", order.customer_name)];
  }

  buttons(order, isMarked) {
    const row = make("div", "buttons");
    const add = (action, label, className) => {
      const button = make("button", className, label);
      button.type = "button";
      button.dataset.action = action;
      button.setAttribute("aria-label", `${label} order ${order.number}`);
      row.append(button);
    };
    const link = (address, label) => {
      const node = make("a", "button", label);
      node.href = address;
      node.target = "_blank";
      node.rel = "noopener";
      node.setAttribute("aria-label", `${label} order ${order.number}`);
      row.append(node);
    };
    if (!order.acknowledged_at) add("ack", "Acknowledge", "loud");
    else if (isMarked) add("seen", "Seen", "loud");
    const step = NEXT_STEP[order.status];
    const quiet = !order.acknowledged_at || isMarked;
    if (step && this.mayOperate) add(step.action, step.label, quiet ? "plain" : "strong");
    if (order.status === "ready" && order.fulfilment === "delivery" && this.mayOperate) add("out", "Out for delivery", "strong");
    else if ((order.status === "ready" || order.status === "out_for_delivery") && this.mayOperate) link(this.handUrl.replace("ORDER", order.public_id), "Hand over");
    if (this.mayPrint) link(this.printUrl.replace("ORDER", order.public_id), "Print");
    return row;
  }
}
