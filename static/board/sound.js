/* A two-tone bell until every new order is acknowledged. Browsers allow sound only after somebody
   touched the page, hence the button; it glows while a bell would ring and cannot. */
"use strict";

class Bell {
  constructor(button) {
    this.button = button;
    this.context = null;
    this.wanted = localStorage.getItem("board-sound") !== "off";
    this.ringing = false;
    this.alarmed = false;
    this.rings = 0;
    button.addEventListener("click", () => this.toggle());
    for (const gesture of ["pointerdown", "keydown"]) {
      document.addEventListener(gesture, (event) => {
        if (this.wanted && !button.contains(event.target)) this.wake();
      });
    }
    setInterval(() => this.chime(), 4000);
    setInterval(() => { if (this.alarmed) this.wail(); }, 1300);
    this.show();
  }

  get isOn() { return this.wanted && this.context !== null && this.context.state === "running"; }

  async wake() {
    if (!this.context) this.context = new AudioContext();
    if (this.context.state !== "running") await this.context.resume();
    this.show();
  }

  async toggle() {
    if (this.isOn) {
      this.wanted = false;
    } else {
      this.wanted = true;
      await this.wake();
    }
    localStorage.setItem("board-sound", this.wanted ? "on" : "off");
    this.show();
    this.chime();
  }

  ring(isNeeded) {
    const starts = isNeeded && !this.ringing;
    this.ringing = isNeeded;
    this.show();
    if (starts) this.chime();
  }

  chime() { if (this.ringing && !this.alarmed) this.strike(); }

  /* Nobody came when it rang: faster, louder and shriller, until somebody does. */
  alarm(isNeeded) {
    const starts = isNeeded && !this.alarmed;
    this.alarmed = isNeeded;
    document.body.dataset.alarm = isNeeded ? "yes" : "no";
    if (starts) this.wail();
  }

  wail() {
    if (!this.isOn) return;
    this.count();
    [1245, 932, 1245, 932].forEach((pitch, index) => this.tone(pitch, index * 0.24, "square", 0.8, 0.22));
  }

  count() {
    this.rings += 1;
    document.body.dataset.rings = this.rings;
  }

  /* Once, for what needs no acknowledgement. */
  strike() {
    if (!this.isOn) return;
    this.count();
    [880, 660].forEach((pitch, index) => this.tone(pitch, index * 0.22, "triangle", 0.5, 0.5));
  }

  tone(pitch, after, shape, loudness, length) {
    const start = this.context.currentTime + after;
    const tone = this.context.createOscillator();
    const volume = this.context.createGain();
    tone.type = shape;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(loudness, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
    tone.connect(volume).connect(this.context.destination);
    tone.start(start);
    tone.stop(start + length + 0.05);
  }

  show() {
    this.button.textContent = this.isOn ? "Sound is on" : "Turn sound on";
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.classList.toggle("urgent", (this.ringing || this.alarmed) && !this.isOn);
  }
}
