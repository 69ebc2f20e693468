/* Which day an order belongs to, and whether its ticket hangs on the board yet.

   The mirror of apps/orders/rules/firing.py, on instants that the server sends: the beginnings of
   the shop's days by its own calendar. Nothing here counts hours or knows of clock changes. */
"use strict";

class Days {
  constructor() {
    this.starts = [];
    this.offset = 0;
  }

  /* A tablet's clock may be wrong: what counts is the server's. */
  learn(snapshot) {
    this.offset = Date.parse(snapshot.at) - Date.now();
    this.starts = snapshot.day_starts.map(Date.parse);
  }

  now() { return Date.now() + this.offset; }

  /* The beginning of the day that is so many days after today; far ahead when it is not known. */
  start(days) {
    const now = this.now();
    let today = 0;
    while (today + 1 < this.starts.length && this.starts[today + 1] <= now) today += 1;
    return this.starts[today + days] ?? Infinity;
  }

  due(order) {
    const making = order.status === "paid" || order.status === "in_production";
    return Date.parse(making || !order.pickup_ends_at ? order.pickup_starts_at : order.pickup_ends_at);
  }

  /* Since when somebody should acknowledge it: a change may ask for that anew. */
  waitsSince(order) {
    const changes = order.changes || [];
    const moments = [order.paid_at, ...changes.map((change) => change.at)].filter(Boolean).map((text) => Date.parse(text));
    return moments.length ? Math.max(...moments) : this.now();
  }

  lane(order) {
    const due = this.due(order);
    if (due < this.now()) return "overdue";
    if (due < this.start(1)) return "today";
    return due < this.start(2) ? "tomorrow" : "later";
  }

  isUp(order) {
    if (order.status !== "paid" || !order.acknowledged_at || !order.fires_at) return true;
    return Date.parse(order.fires_at) <= this.now();
  }

  /* Whether the board holds it at all; of the others it only tells how many there are. */
  isHeld(order) { return this.isUp(order) || Date.parse(order.fires_at) < this.start(2); }

  /* When the board must be drawn anew though nothing happened. */
  nextMoment(orders) {
    const now = this.now();
    let next = now + 30000;
    const consider = (moment) => { if (moment > now && moment < next) next = moment; };
    this.starts.forEach(consider);
    for (const order of orders) {
      consider(this.due(order));
      if (order.fires_at) consider(Date.parse(order.fires_at));
    }
    return next - now;
  }
}
