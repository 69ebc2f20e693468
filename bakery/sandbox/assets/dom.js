// Small helpers for building elements: text only, never markup from a string.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const LINK = /https?:\/\/[^\s<>"']+/g;

export function linkify(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const url = match[0].replace(/[.,;:!?)]+$/, "");
    parts.push(text.slice(end, match.index));
    parts.push(el("a", { href: url, target: "_blank", rel: "noopener" }, url));
    end = match.index + url.length;
  }
  parts.push(text.slice(end));
  return parts;
}

// Brings a list up to date and touches only what changed, so that nothing flickers, loses its
// scroll position or its focus.
export function sync(container, items, build) {
  const present = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let cursor = container.firstElementChild;
  for (const item of items) {
    const mark = JSON.stringify(item);
    let node = present.get(item.id);
    present.delete(item.id);
    if (!node || node.dataset.mark !== mark) {
      const fresh = build(item);
      fresh.dataset.key = item.id;
      fresh.dataset.mark = mark;
      if (node) {
        if (cursor === node) cursor = fresh;
        replaceKeepingFocus(node, fresh);
      }
      node = fresh;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(node, cursor);
  }
  for (const node of present.values()) node.remove();
}

function replaceKeepingFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const name = focused && (focused.dataset.name || focused.textContent);
  old.replaceWith(fresh);
  if (!focused) return;
  const same = [...fresh.querySelectorAll("button, a, select, input")].find(
    (node) => (node.dataset.name || node.textContent) === name,
  );
  if (same) same.focus({ preventScroll: true });
}

export function showTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
  });
}

export async function control(service, action, given = {}) {
  const response = await fetch(`/${service}/_control/${action}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  const answer = await response.json();
  if (!response.ok) {
    document.getElementById("news").textContent = answer.error.message;
    throw new Error(answer.error.message);
  }
  return answer;
}
