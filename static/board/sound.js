/* A two-tone bell until every new order is acknowledged. Browsers allow sound only after somebody
   touched the page, hence the button; it glows while a bell would ring and cannot. */
"use strict";

class Bell {
  constructor(button) {
    this.button = button;
    this.context = null;
    this.wanted = localStorage.getItem("board-sound") !== "off";
    this.ringing = false;
    this.rings = 0;
    button.addEventListener("click", () => this.toggle());
    for (const gesture of ["pointerdown", "keydown"]) {
      document.addEventListener(gesture, (event) => {
        if (this.wanted && !button.contains(event.target)) this.wake();
      });
    }
    setInterval(() => this.chime(), 4000);
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

  chime() { if (this.ringing) this.strike(); }

  /* Once, for what needs no acknowledgement. */
  strike() {
    if (!this.isOn) return;
    this.rings += 1;
    document.body.dataset.rings = this.rings;
    [880, 660].forEach((pitch, index) => {
      const start = this.context.currentTime + index * 0.22;
      const tone = this.context.createOscillator();
      const volume = this.context.createGain();
      tone.type = "triangle";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.5, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
      tone.connect(volume).connect(this.context.destination);
      tone.start(start);
      tone.stop(start + 0.55);
    });
  }

  show() {
    this.button.textContent = this.isOn ? "Sound is on" : "Turn sound on";
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.classList.toggle("urgent", this.ringing && !this.isOn);
  }
}
