/* Taking an order: the range is searched, lines are typed in, and the server prices each change. */
"use strict";

(() => {
  const form = document.getElementById("counter");
  const byId = (id) => document.getElementById(id);
  const lines = [];
  let account = null;
  let total = null;
  let key = newKey();
  let busy = false;

  function newKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
  }

  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const amount = (text) => `${text} ${form.dataset.currency}`;
  const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`).value;
  const say = (text) => { byId("spoken").textContent = text; };

  async function ask(path, body, headers = {}) {
    const options = { credentials: "same-origin", headers: { Accept: "application/json", ...headers } };
    if (body !== undefined) {
      options.method = "POST";
      options.body = JSON.stringify(body);
      Object.assign(options.headers, { "Content-Type": "application/json", "X-CSRFToken": form.dataset.csrf });
    }
    let reply;
    try {
      reply = await fetch(form.dataset.api + path, options);
    } catch {
      throw { message: "No connection. What you typed is still here; try again.", details: {} };
    }
    const answer = await reply.json().catch(() => ({}));
    if (reply.ok) return answer;
    throw { code: "", message: `The server answered ${reply.status}.`, details: {}, ...answer.error };
  }

  /* ---- lists that are searched and chosen from by keyboard ---- */

  class Finder {
    constructor(input, list, { look, pick }) {
      Object.assign(this, { input, list, look, pick, at: -1, turn: 0 });
      input.addEventListener("input", () => this.later());
      input.addEventListener("keydown", (event) => this.onKey(event));
      input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const item = event.target.closest("li[role=option]");
        if (item) this.choose(this.items().indexOf(item));
      });
    }

    items() { return [...this.list.querySelectorAll("li[role=option]")]; }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), 180);
    }

    async search() {
      const turn = ++this.turn;
      const rows = await this.look(this.input.value.trim()).catch((error) => [{ node: make("li", "is-none", error.message) }]);
      // An answer that was overtaken by a later one is not shown.
      if (turn !== this.turn) return;
      this.rows = (rows || []).filter((row) => row.value);
      this.list.replaceChildren(...(rows || []).map((row) => row.node));
      this.items().forEach((item, index) => { item.id = `${this.list.id}-${index}`; });
      const open = Boolean(rows && rows.length);
      this.list.hidden = !open;
      this.input.setAttribute("aria-expanded", String(open));
      this.mark(this.rows.length ? 0 : -1);
    }

    mark(index) {
      this.at = index;
      this.items().forEach((item, place) => {
        item.setAttribute("aria-selected", String(place === index));
        if (place === index) item.scrollIntoView({ block: "nearest" });
      });
      if (index >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
      else this.input.removeAttribute("aria-activedescendant");
    }

    onKey(event) {
      const last = this.items().length - 1;
      if (event.key === "ArrowDown" && last >= 0) this.mark(Math.min(this.at + 1, last));
      else if (event.key === "ArrowUp" && last >= 0) this.mark(Math.max(this.at - 1, 0));
      else if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && !event.ctrlKey) {
        event.preventDefault();
        if (this.at >= 0 && !this.list.hidden) this.choose(this.at);
        return;
      } else return;
      event.preventDefault();
    }

    choose(index) {
      const row = this.rows[index];
      if (!row) return;
      this.close();
      this.input.value = "";
      this.pick(row.value);
      this.input.focus();
    }

    close() {
      this.turn += 1;
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.mark(-1);
    }
  }

  /* ---- goods ---- */

  const COUNTED = /^(\d{1,3})\s+(.*)$/;

  function stockText(size) {
    if (size.remaining === null) return size.lead_time_hours ? `made to order, ${size.lead_time_hours} h` : "made to order";
    return size.remaining > 0 ? `${size.remaining} left` : "sold out";
  }

  async function lookForGoods(text) {
    const [, count, rest] = COUNTED.exec(text) || [null, "1", text];
    if (rest.length < 2) return [];
    const { results } = await ask(`/goods?q=${encodeURIComponent(rest)}`);
    const rows = results.flatMap((product) => product.sizes.map((size) => {
      const out = size.remaining !== null && size.remaining <= 0;
      const node = make("li", out ? "is-out" : "");
      const name = size.name ? `${product.product}, ${size.name}` : product.product;
      node.append(make("span", "", name), make("span", "", `${amount(size.price)} · ${stockText(size)}`));
      if (out) return { node };
      node.setAttribute("role", "option");
      return { node, value: { size, name, count: Number(count) || 1 } };
    }));
    return rows.length ? rows : [{ node: make("li", "is-none", "Nothing found.") }];
  }

  function addGood({ size, name, count }) {
    const there = lines.find((line) => line.size.variant_id === size.variant_id && !line.message);
    if (there) there.quantity += count;
    else lines.push({ size, name, quantity: count, message: "" });
    say(`${count} ${name} added`);
    drawLines();
    changed({ goods: true });
  }

  function most(line) {
    const { per_order_limit: limit, remaining } = line.size;
    const bounds = [limit, remaining].filter((bound) => bound !== null);
    return bounds.length ? Math.min(...bounds) : null;
  }

  function limitText(line) {
    const bound = most(line);
    const together = lines.filter((other) => other.size.variant_id === line.size.variant_id).reduce((sum, other) => sum + other.quantity, 0);
    return { text: bound === null ? "" : `at most ${bound}`, over: bound !== null && together > bound };
  }

  function drawLine(line, index) {
    const row = make("tr");
    const size = make("td", "size", line.name);
    size.append(make("small", "", `${line.size.sku} · ${amount(line.size.price)}`));

    const quantity = make("input");
    Object.assign(quantity, { type: "number", min: 1, max: 500, value: line.quantity });
    quantity.setAttribute("aria-label", `How many ${line.name}`);
    const left = make("span", "left");
    const showLimit = () => {
      const { text, over } = limitText(line);
      left.textContent = text;
      left.classList.toggle("is-over", over);
    };
    quantity.addEventListener("input", () => {
      line.quantity = Math.max(1, Math.min(500, Math.trunc(Number(quantity.value)) || 1));
      showLimit();
      changed({ goods: true });
    });
    const count = make("td");
    count.append(quantity, left);
    showLimit();

    const text = make("td");
    if (line.size.message_max_length) {
      const message = make("textarea");
      Object.assign(message, { rows: 1, maxLength: 300, value: line.message });
      message.setAttribute("aria-label", `Written on ${line.name}`);
      const room = make("span", "left");
      const showRoom = () => {
        const free = line.size.message_max_length - [...line.message].length;
        room.textContent = free < 0 ? `${-free} too many` : `${free} left`;
        room.classList.toggle("is-over", free < 0);
      };
      message.addEventListener("input", () => { line.message = message.value; showRoom(); changed(); });
      showRoom();
      text.append(message, room);
    }

    const drop = make("button", "button", "×");
    drop.type = "button";
    drop.setAttribute("aria-label", `Remove ${line.name}`);
    drop.addEventListener("click", () => {
      lines.splice(index, 1);
      drawLines();
      changed({ goods: true });
      byId("search").focus();
    });
    const last = make("td");
    last.append(drop);
    line.sum = make("td", "num");
    row.append(size, count, text, line.sum, last);
    return row;
  }

  function drawLines() {
    byId("lines").hidden = !lines.length;
    byId("empty").hidden = Boolean(lines.length);
    byId("lines").tBodies[0].replaceChildren(...lines.map(drawLine));
  }

  /* ---- customers ---- */

  async function lookForCustomers(text) {
    if (text.length < 3) return [];
    const { results } = await ask(`/customers?q=${encodeURIComponent(text)}`);
    const rows = results.map((known) => {
      const node = make("li");
      node.setAttribute("role", "option");
      node.append(make("span", "", known.name), make("span", "", [known.phone, known.email, known.user_id ? "account" : ""].filter(Boolean).join(" · ")));
      return { node, value: known };
    });
    return rows.length ? rows : [{ node: make("li", "is-none", "Nobody ordered before under that.") }];
  }

  function takeCustomer(known) {
    for (const name of ["name", "email", "phone"]) byId(name).value = known[name];
    account = known.user_id;
    drawAccount(known.name);
    changed();
  }

  function drawAccount(name) {
    byId("account").hidden = account === null;
    byId("account").querySelector("span").textContent = `On the account of ${name}: points are earned, and the order is in it.`;
  }

  /* ---- when ---- */

  let timesTurn = 0;

  async function readTimes() {
    const turn = ++timesTurn;
    const slot = byId("slot");
    if (!lines.length) {
      slot.replaceChildren(slot.options[0]);
      byId("promise").textContent = "";
      return;
    }
    let seen;
    try {
      seen = await ask("/times", { goods: goods().map((good) => ({ ...good, message: "" })) });
    } catch (error) {
      byId("promise").textContent = error.message;
      return;
    }
    if (turn !== timesTurn) return;
    const before = slot.value;
    const first = slot.options[0];
    const groups = seen.days.filter((day) => day.slots.length).map((day) => {
      const group = make("optgroup");
      group.label = `${day.weekday} ${day.day}`;
      group.append(...day.slots.map((time) => {
        const option = make("option", "", `${day.weekday.slice(0, 3)} ${day.day.slice(8)}, ${time.local_start.slice(11)} to ${time.local_end.slice(11)}`);
        option.value = time.id;
        return option;
      }));
      return group;
    });
    slot.replaceChildren(first, ...groups);
    slot.value = before;
    if (slot.selectedIndex < 0) slot.value = "";
    byId("promise").textContent = seen.promise.sentence;
  }

  /* ---- the whole order, its price, and placing it ---- */

  const goods = () => lines.map((line) => ({ variant_id: line.size.variant_id, quantity: line.quantity, message: line.message }));

  function order() {
    const isDelivery = chosen("fulfilment") === "delivery";
    const value = (id) => byId(id).value;
    return {
      channel: chosen("channel"),
      goods: goods(),
      customer: { name: value("name"), email: value("email"), phone: value("phone"), user_id: account },
      slot_id: value("slot") ? Number(value("slot")) : null,
      fulfilment: chosen("fulfilment"),
      delivery: isDelivery ? {
        recipient: value("recipient") || value("name"), phone: value("phone"), line1: value("line1"), line2: value("line2"),
        city: value("city"), postcode: value("postcode"), country: form.dataset.country, instructions: value("instructions"),
      } : null,
      event_on: value("event_on") || null,
      event_confirmed: byId("event_confirmed").checked,
      language: value("language") || undefined,
      note: value("note"),
      codes: value("code").trim() ? [value("code").trim()] : [],
      hold_hours: value("hold") ? Number(value("hold")) : null,
    };
  }

  function trouble(error) {
    const texts = error ? [error.message, ...(error.details.lines || []).map((line) => line.message).filter(Boolean)] : [];
    if (error && error.details.fields) texts.push(...inWords(error.details.fields));
    byId("trouble").hidden = !texts.length;
    byId("trouble").replaceChildren(...texts.map((text) => make("p", "", text)));
    byId("sure").hidden = !(error && error.code === "event_day") && !byId("event_confirmed").checked;
  }

  function inWords(details, name = "") {
    if (typeof details === "string") return [name ? `${name}: ${details}` : details];
    return Object.entries(details || {}).flatMap(([part, value]) => inWords(value, /^\d+$/.test(part) ? name : part));
  }

  function drawSums(quote) {
    const rows = [];
    const add = (label, value, className = "") => {
      rows.push(make("dt", className, label), make("dd", className, value));
    };
    quote.lines.forEach((line) => add(`${line.quantity} × ${line.description}`, line.line_total));
    (quote.adjustments || []).forEach((row) => add(row.label, `−${row.amount}`));
    if (Number(quote.delivery_fee || 0)) add("Delivery", quote.delivery_fee);
    quote.taxes.forEach((tax) => add(quote.prices_include_tax ? `of which ${tax.name}` : tax.name, tax.amount));
    add("Total", amount(quote.total), "total");
    byId("sums").replaceChildren(...rows);
    byId("pickup").textContent = `${quote.pickup.local} (${quote.pickup.in_words})`;
    lines.forEach((line, index) => {
      if (quote.lines.length === lines.length) line.sum.textContent = quote.lines[index].line_total;
    });
  }

  let quoteTurn = 0;
  let quoteTimer = 0;

  function changed({ goods: goodsToo = false } = {}) {
    total = null;
    key = newKey();
    byId("place").disabled = true;
    clearTimeout(quoteTimer);
    quoteTimer = setTimeout(() => {
      if (goodsToo) readTimes();
      quote();
    }, 250);
  }

  async function quote() {
    const turn = ++quoteTurn;
    if (!lines.length) {
      byId("sums").replaceChildren();
      byId("pickup").textContent = "";
      trouble(null);
      return;
    }
    const asked = order();
    if (asked.delivery && ["recipient", "line1", "postcode", "city"].some((name) => !asked.delivery[name].trim())) {
      byId("sums").replaceChildren();
      trouble({ code: "", message: "To price a delivery: for whom, street, postcode and city.", details: {} });
      return;
    }
    try {
      const answer = await ask("/quote", asked);
      if (turn !== quoteTurn) return;
      total = answer.total;
      drawSums(answer);
      trouble(null);
      byId("place").disabled = busy;
    } catch (error) {
      if (turn !== quoteTurn) return;
      byId("sums").replaceChildren();
      byId("pickup").textContent = "";
      trouble(error);
    }
  }

  async function place() {
    if (busy || total === null) return;
    busy = true;
    byId("place").disabled = true;
    try {
      const placed = await ask("", { ...order(), expected_total: total }, { "Idempotency-Key": key });
      window.location.assign(`${form.dataset.found}?then=payment&q=${placed.public_id}`);
    } catch (error) {
      busy = false;
      trouble(error);
      if (error.code === "price_changed") quote();
      else byId("place").disabled = false;
    }
  }

  new Finder(byId("search"), byId("found"), { look: lookForGoods, pick: addGood });
  new Finder(byId("known"), byId("known-found"), { look: lookForCustomers, pick: takeCustomer });
  byId("account").querySelector("button").addEventListener("click", () => { account = null; drawAccount(""); changed(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); place(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); place(); }
    else if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  });
  const OWN = new Set(["search", "known"]);
  form.addEventListener("input", (event) => {
    if (OWN.has(event.target.id) || event.target.closest("#lines")) return;
    if (event.target.name === "fulfilment") byId("address").hidden = chosen("fulfilment") !== "delivery";
    if (event.target.id === "event_on" || event.target.id === "slot") byId("event_confirmed").checked = false;
    changed();
  });
  // A page that the browser took back from its memory begins anew.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
