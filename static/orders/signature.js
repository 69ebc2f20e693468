/* A signature drawn with a finger, pen or mouse; and the code of a scan, taken from the address. */
"use strict";

(() => {
  const form = document.getElementById("hand-over");
  if (!form) return;
  const pad = document.getElementById("pad");
  const field = document.getElementById("signature");
  const pen = pad.getContext("2d");
  let drawn = false;
  let last = null;

  function clear() {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, pad.width, pad.height);
    Object.assign(pen, { strokeStyle: "#111111", lineWidth: 3, lineCap: "round", lineJoin: "round" });
    drawn = false;
    field.value = "";
  }

  function spot(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
  }

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    last = spot(event);
    event.preventDefault();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const here = spot(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...here);
    pen.stroke();
    last = here;
    drawn = true;
  });
  const lift = () => {
    last = null;
    if (drawn) field.value = pad.toDataURL("image/png");
  };
  pad.addEventListener("pointerup", lift);
  pad.addEventListener("pointercancel", lift);
  document.getElementById("clear").addEventListener("click", clear);

  const before = field.value;
  clear();
  if (before.startsWith("data:image/png;base64,")) {
    const picture = new Image();
    picture.addEventListener("load", () => { pen.drawImage(picture, 0, 0); drawn = true; field.value = before; });
    picture.src = before;
  }

  const code = document.getElementById("code");
  const scanned = decodeURIComponent(window.location.hash.slice(1));
  if (code && /^[0-9A-Z]{6}$/i.test(scanned)) {
    code.value = scanned;
    history.replaceState(null, "", window.location.pathname);
  }
})();
