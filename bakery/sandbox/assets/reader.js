// The pane that shows one mail.
import { el, showTime } from "/assets/dom.js";

const find = (id) => document.getElementById(id);
let current = null;

export function openMail(mail) {
  current = mail;
  find("reader").hidden = false;
  find("reader-title").textContent = mail.subject;
  find("reader-meta").textContent = `From ${mail.from} to ${mail.to} at ${showTime(mail.at)}`;
  find("reader-source").href = `/mails/${mail.id}/source`;
  find("reader-body").textContent = mail.text;
  find("reader-attachments").replaceChildren(...mail.attachments.map((attachment, number) =>
    el("li", {}, el("a", { class: "button quiet tiny", href: `/mails/${mail.id}/attachments/${number}` },
      `${attachment.name} (${Math.ceil(attachment.size / 1024)} kB)`))));
  find("reader-html").hidden = !mail.has_html;
  choose(mail.has_html);
  markCurrent();
  find("reader").scrollIntoView({ block: "nearest" });
  find("reader").focus({ preventScroll: true });
}

function choose(html) {
  const frame = find("reader-frame");
  frame.hidden = !html;
  find("reader-body").hidden = html;
  find("reader-html").setAttribute("aria-pressed", String(html));
  find("reader-text").setAttribute("aria-pressed", String(!html));
  const address = `/mails/${current.id}/html`;
  if (html && frame.getAttribute("src") !== address) frame.setAttribute("src", address);
}

function markCurrent() {
  for (const open of document.querySelectorAll(".mail-open")) {
    open.setAttribute("aria-current", String(current !== null && open.dataset.name === current.id));
  }
}

function close() {
  const id = current && current.id;
  current = null;
  find("reader").hidden = true;
  find("reader-frame").removeAttribute("src");
  markCurrent();
  const opener = document.querySelector(`.mail-open[data-name="${id}"]`);
  if (opener) opener.focus();
}

export function refreshReader(mails) {
  if (current && !mails.some((mail) => mail.id === current.id)) close();
  else markCurrent();
}

find("reader-html").addEventListener("click", () => choose(true));
find("reader-text").addEventListener("click", () => choose(false));
find("reader-close").addEventListener("click", close);
