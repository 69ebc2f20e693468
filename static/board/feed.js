/* The board's source of events: a socket, and polling while there is none.

   Events are applied once and in order. A batch says after which number it begins: if that is
   beyond what we have, something is missing, and we ask again from where we stand. */
"use strict";

class BoardFeed {
  constructor({ socketUrl, apiUrl, onSnapshot, onEvent, onState }) {
    Object.assign(this, { socketUrl, apiUrl, onSnapshot, onEvent, onState });
    this.last = null;
    this.plan = null;
    this.loading = null;
    this.socket = null;
    this.heardAt = 0;
    this.failures = 0;
    this.polling = false;
    this.ready = false;
  }

  async start() {
    setInterval(() => this.tick(), 1000);
    window.addEventListener("online", () => this.reconnectNow());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.wakeUp(); });
    await this.load();
    this.connect();
  }

  async get(path) {
    const reply = await fetch(this.apiUrl + path, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (reply.status === 401 || reply.status === 403) {
      this.onState("signed-out");
      throw new Error("signed out");
    }
    if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
    return reply.json();
  }

  /* One at a time: whoever asks meanwhile gets the same picture. */
  load() {
    this.loading = this.loading || this.fetchPicture().finally(() => { this.loading = null; });
    return this.loading;
  }

  async fetchPicture() {
    try {
      const snapshot = await this.get("/board");
      // Overtaken by an event: what we have is newer than this picture.
      if (this.last !== null && snapshot.seq < this.last) return false;
      this.last = snapshot.seq;
      this.plan = snapshot.plan;
      this.onSnapshot(snapshot);
      return true;
    } catch (error) {
      return false;
    }
  }

  /* A new day, other stations: the picture is drawn anew, and what follows it still comes once. */
  async reload() {
    for (let tries = 0; tries < 3; tries += 1) {
      if (await this.load()) return;
      await new Promise((wake) => { setTimeout(wake, 300); });
    }
  }

  connect() {
    clearTimeout(this.retry);
    if (this.socket) return;
    const socket = new WebSocket(this.socketUrl);
    this.socket = socket;
    this.ready = false;
    this.heardAt = Date.now();
    socket.onopen = async () => {
      this.heardAt = Date.now();
      if (this.last === null) await this.load();
      if (this.last === null) { socket.close(); return; }
      this.ask();
    };
    socket.onmessage = (frame) => { if (socket === this.socket) this.hear(JSON.parse(frame.data)); };
    socket.onclose = () => { if (socket === this.socket) this.lose(); };
  }

  ask() { this.tell({ after: this.last }); }

  tell(message) {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  hear(message) {
    this.heardAt = Date.now();
    if (message.type === "beat") {
      this.tell({ type: "beat" });
      if (message.last !== null && message.last !== this.last && this.ready) this.ask();
      return;
    }
    if (message.type === "reset") {
      this.last = null;
      this.load().then(() => { if (this.last !== null) this.ask(); });
      return;
    }
    if (message.type !== "events") return;
    if (message.after > this.last) { this.ask(); return; }
    this.failures = 0;
    if (!this.ready) { this.ready = true; this.onState("live"); }
    this.apply(message);
  }

  apply(batch) {
    for (const event of batch.events) {
      if (event.seq <= this.last) continue;
      this.last = event.seq;
      this.onEvent(event);
    }
    if (batch.plan !== this.plan) this.reload();
  }

  lose() {
    this.socket = null;
    this.ready = false;
    this.failures += 1;
    this.onState("lost");
    const wait = Math.min(15000, 500 * 2 ** Math.min(this.failures, 6));
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
  }

  /* A tablet that slept: its timers stood still, and its clock may be set anew. */
  wakeUp() {
    this.reconnectNow();
    if (this.last !== null) this.reload();
  }

  reconnectNow() {
    if (this.socket && this.ready) { this.tell({ type: "beat" }); return; }
    if (!this.socket) this.connect();
  }

  /* Each second: has the server gone silent, and is it time to poll? */
  tick() {
    const silence = Date.now() - this.heardAt;
    if (this.socket && silence > (this.ready ? 35000 : 10000)) {
      const dead = this.socket;
      this.lose();
      dead.close();
    }
    if (!this.ready && Date.now() - (this.polledAt || 0) > 5000) this.poll();
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    this.polledAt = Date.now();
    try {
      if (this.last === null) {
        await this.load();
      } else {
        let batch;
        do {
          batch = await this.get(`/board?after=${this.last}`);
          this.apply(batch);
        } while (batch.events.length >= 200);
      }
      if (!this.ready && this.last !== null) this.onState("polling");
    } catch (error) {
      if (!this.ready && error.message !== "signed out") this.onState("lost");
    } finally {
      this.polling = false;
    }
  }
}
