import { control, el, linkify, showTime, sync } from "/assets/dom.js";
import { openMail, refreshReader } from "/assets/reader.js";

const find = (id) => document.getElementById(id);
const TONES = {
  paid: "good", delivered: "good", completed: "good", received: "good", won: "good", succeeded: "good",
  open: "wait", processing: "wait", pending: "wait", held: "wait", queued: "wait", sending: "wait",
  sent: "wait", needs_response: "wait", under_review: "wait", ringing: "wait",
  failed: "bad", dropped: "bad", undelivered: "bad", disputed: "bad", lost: "bad", "no-answer": "bad",
};
let shown = null;

function chip(word) {
  return el("span", { class: `chip ${TONES[word] || ""}` }, word.replaceAll("_", " "));
}

function button(label, run, name = label) {
  return el("button", { class: "quiet tiny", "data-name": name, onclick: run }, label);
}

function buildPayment(payment) {
  const { id } = payment;
  const actions = el("div", { class: "row" });
  if (payment.pay_url) {
    const cards = el("select", { class: "tiny", "aria-label": `Card for ${payment.reference}` });
    cards.append(find("card-options").content.cloneNode(true));
    actions.append(
      el("a", { class: "button tiny", href: payment.pay_url, target: "_blank", rel: "noopener" }, "Open payment page"),
      cards,
      button("Pay", () => pay(id, cards.value)),
      button("Expire", () => control("stripe", "expire", { session: id })),
    );
  }
  if (payment.state === "processing") {
    actions.append(
      button("Money arrives", () => control("stripe", "settle", { session: id, succeeds: true })),
      button("Bank refuses", () => control("stripe", "settle", { session: id, succeeds: false })),
    );
  }
  if (payment.can_dispute) {
    actions.append(
      button("Dispute", () => control("stripe", "dispute", { session: id })),
      button("Fraud warning", () => control("stripe", "fraud_warning", { session: id })),
    );
  }
  for (const dispute of payment.disputes) {
    if (["won", "lost", "warning_closed"].includes(dispute.status)) continue;
    actions.append(
      button("Shop wins", () => control("stripe", "decide_dispute", { dispute: dispute.id, verdict: "won" })),
      button("Shop loses", () => control("stripe", "decide_dispute", { dispute: dispute.id, verdict: "lost" })),
    );
  }
  return el(
    "li", {},
    el("div", { class: "line-head" }, el("strong", {}, payment.reference), el("span", {}, payment.amount)),
    el("div", { class: "line-head" },
      el("span", { class: "muted small clip" }, payment.items.join(", ")), chip(payment.state)),
    el("span", { class: "muted small" }, [showTime(payment.at), payment.email].filter(Boolean).join(" · ")),
    payment.error && payment.state === "open" && el("span", { class: "small" }, `Last attempt: ${payment.error}`),
    ...payment.refunds.map((r) => el("span", { class: "small" }, `Refund of ${r.amount}: `, chip(r.status))),
    ...payment.disputes.map((d) => el("span", { class: "small" }, `Dispute over ${d.amount} (${d.reason}): `, chip(d.status))),
    actions.childElementCount ? actions : null,
  );
}

async function pay(session, card) {
  await fetch(`/stripe/_pay/${session}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ card }),
  });
}

function buildEntry(entry) {
  const mine = entry.mine ? " mine" : "";
  const call = entry.kind === "call";
  const words = call ? `Call: ${entry.body || "(nothing was said yet)"}` : entry.body;
  return el(
    "li", { class: `bubble${mine}${call ? " call" : ""}` },
    el("p", {}, ...linkify(words)),
    el("small", {}, `${showTime(entry.at)} · ${entry.status}${entry.error ? ` (${entry.error})` : ""}`),
    call && entry.asks_digits && el("div", { class: "row" },
      ...["1", "2"].map((d) => button(`Press ${d}`, () => control("twilio", "press", { call: entry.id, digits: d })))),
  );
}

function buildPhone(number) {
  const bubbles = el("ol", { class: "bubbles", tabindex: "0", "aria-label": `Messages of ${number}` });
  const input = el("input", { "aria-label": `Reply from ${number}`, placeholder: "Reply", autocomplete: "off" });
  const form = el(
    "form", { class: "reply" }, input,
    el("button", { class: "quiet" }, "Send"),
    el("button", { class: "quiet", type: "button", onclick: () => reply(form, "OK") }, "OK"),
    el("button", { class: "quiet", type: "button", onclick: () => reply(form, "STOP") }, "STOP"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    await reply(form, input.value.trim());
    input.value = "";
  });
  const node = el("section", { class: "phone", "aria-label": `Phone ${number}` },
    el("header", {}, number, el("span", { class: "stopped" })), bubbles, form);
  node.dataset.key = number;
  return node;
}

function reply(form, body) {
  return control("twilio", "reply", { from: form.dataset.number, to: form.dataset.other, body });
}

function showPhones(phones) {
  const container = find("phones");
  const present = new Map([...container.children].map((node) => [node.dataset.key, node]));
  phones.forEach((phone, place) => {
    const node = present.get(phone.number) || buildPhone(phone.number);
    present.delete(phone.number);
    if (container.children[place] !== node) container.insertBefore(node, container.children[place] || null);
    const form = node.querySelector("form");
    form.dataset.number = phone.number;
    form.dataset.other = phone.entries.at(-1).other;
    node.querySelector(".stopped").replaceChildren(phone.stopped ? chip("stopped") : "");
    const bubbles = node.querySelector(".bubbles");
    const atEnd = bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 40;
    const before = bubbles.childElementCount;
    sync(bubbles, phone.entries, buildEntry);
    if (atEnd && bubbles.childElementCount !== before) bubbles.scrollTop = bubbles.scrollHeight;
  });
  for (const node of present.values()) node.remove();
}

function buildMail(mail) {
  const open = el(
    "button", { class: "mail-open", "data-name": mail.id, onclick: () => openMail(mail) },
    el("span", { class: "line-head" }, el("strong", {}, mail.subject), el("span", { class: "muted small" }, showTime(mail.at))),
    el("span", { class: "small clip" }, `To ${mail.to}`),
    el("span", { class: "muted small clip" }, mail.preview),
  );
  return el("li", {}, open);
}

function buildDelivery(delivery) {
  const answer = delivery.status ?? (delivery.error || (delivery.next_attempt_at ? "waiting" : ""));
  return el(
    "tr", {},
    el("td", {}, showTime(delivery.at)),
    el("td", {}, delivery.channel === "stripe" ? "Stripe" : "Twilio"),
    el("td", { title: delivery.url }, delivery.type, delivery.rule ? el("span", { class: "muted" }, ` (${delivery.rule})`) : null),
    el("td", {}, chip(delivery.state)),
    el("td", { class: "clip" }, String(answer), delivery.ms ? el("span", { class: "muted" }, ` ${Math.round(delivery.ms)} ms`) : null),
    el("td", {}, String(delivery.attempts)),
    el("td", {}, delivery.state === "held"
      ? button("Release", () => control(delivery.channel, "release", { order: [delivery.id] }))
      : button("Send again", () => control(delivery.channel, "resend", { delivery: delivery.id }))),
  );
}

function showList(name, items, build) {
  sync(find(name), items, build);
  showCount(name, items.length);
}

function showCount(name, count) {
  find(`${name}-count`).textContent = count || "";
  find(`${name}-empty`).hidden = count > 0;
}

function showControls(state) {
  const lines = [];
  for (const [service, given] of Object.entries(state.controls)) {
    const title = service[0].toUpperCase() + service.slice(1);
    for (const what of [...(given.faults || []), ...(given.rules || []), ...(given.refusals || [])]) {
      lines.push({ id: `${service} ${what}`, text: `${title}: ${what}` });
    }
    const toggle = document.querySelector(`[data-toggle="${service}"]`);
    if (toggle) toggle.setAttribute("aria-pressed", String(given.paused));
  }
  sync(find("in-force"), lines, (line) => el("li", {}, line.text));
  find("in-force-empty").hidden = lines.length > 0;
  const minutes = Math.round(state.clock.offset / 60);
  find("clock").textContent = minutes ? `It is ${minutes} minutes ahead.` : "";
}

function announce(state) {
  if (!shown) return;
  const seen = new Set([...shown.mails, ...shown.phones.flatMap((p) => p.entries)].map((e) => e.id));
  const mail = state.mails.find((m) => !seen.has(m.id));
  const text = state.phones.flatMap((p) => p.entries).find((e) => !e.mine && !seen.has(e.id));
  if (text) find("news").textContent = `New message: ${text.body.slice(0, 120)}`;
  else if (mail) find("news").textContent = `New mail: ${mail.subject}`;
}

function show(state) {
  announce(state);
  showList("payments", state.payments, buildPayment);
  showPhones(state.phones);
  showCount("phones", state.phones.length);
  showList("mails", state.mails, buildMail);
  showList("deliveries", state.deliveries, buildDelivery);
  showControls(state);
  refreshReader(state.mails);
  shown = state;
}

async function follow() {
  for (;;) {
    try {
      const response = await fetch(`/api/state?since=${shown ? shown.version : ""}`);
      if (response.status === 200) show(await response.json());
      else if (response.status !== 204) throw new Error(String(response.status));
      find("connection").hidden = true;
    } catch {
      find("connection").hidden = false;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

function readForm(form) {
  return Object.fromEntries(new FormData(form));
}

const PLANS = {
  fault: (given) => {
    const timed = ["hang", "delay", "delay_after"].includes(given.kind);
    return control(given.service, "fault", {
      kind: given.kind, status: Number(given.status), times: Number(given.times),
      seconds: timed ? Number(given.seconds) : 0,
    });
  },
  rule: (given) => control(given.service, "rule", {
    action: given.action, pattern: given.pattern, times: Number(given.times), seconds: Number(given.seconds),
  }),
  fail: (given) => Number(given.code) < 1000
    ? control("mail", "refuse", { text: given.target, code: Number(given.code) })
    : control("twilio", "fail", { to: given.target, code: Number(given.code) }),
  clock: (given) => control("sandbox", "clock", { seconds: Number(given.minutes) * 60 }),
};

for (const form of document.querySelectorAll("form[data-control]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await PLANS[form.dataset.control](readForm(form));
    find("news").textContent = "Planned.";
  });
}
for (const toggle of document.querySelectorAll("[data-toggle]")) {
  toggle.addEventListener("click", () =>
    control(toggle.dataset.toggle, "pause", { paused: toggle.getAttribute("aria-pressed") !== "true" }));
}
for (const [id, reverse] of [["release", false], ["release-reverse", true]]) {
  find(id).addEventListener("click", () =>
    Promise.all(["stripe", "twilio"].map((service) => control(service, "release", { reverse }))));
}
find("behave").addEventListener("click", () => control("sandbox", "behave"));
find("reset").addEventListener("click", () => find("confirm-reset").showModal());
find("confirm-reset").addEventListener("close", async (event) => {
  if (event.target.returnValue === "yes") await control("sandbox", "reset");
});
follow();
