// Placing bids: what is asked before, one Idempotency-Key an attempt, the same key again while the outcome is not known.
import { clockOf, milliOf } from './clock.js';
import { count, inWords, parseYuan, price } from './amounts.js';

const ALWAYS_ASK = 4; // increments above the price from which a bid asks, whatever was switched off
const GIVE_UP = 90e3; // milliseconds of asking again with the same key

const key = () => {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
};
const wait = (ms) => new Promise((ok) => { setTimeout(ok, ms); });
const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, v) => { try { localStorage.setItem(name, v); } catch { /* a browser that keeps nothing still bids */ } };

export class Bids {
  constructor(r, room) {
    this.r = r;
    this.room = room;
    this.busy = false;
    this.dialog = document.getElementById('confirm');
    this.own = document.getElementById('own');
    this.receiptsName = 'mc.receipts.' + r.lot;
    this.prefs();
    this.receipts();
    if (!r.can_bid) return;
    document.querySelector('[data-raise-form]').addEventListener('submit', (e) => {
      e.preventDefault();
      const b = e.submitter;
      if (b) this.offer(Number(b.value), Number(b.dataset.steps), false);
    });
    document.querySelector('[data-own-form]').addEventListener('submit', (e) => {
      e.preventDefault();
      const fen = parseYuan(this.own.value);
      if (this.check(fen)) this.offer(fen, 0, true);
    });
    this.own.addEventListener('input', () => { this.typed = true; this.check(parseYuan(this.own.value)); });
    this.check(parseYuan(this.own.value));
  }

  prefs() {
    const box = document.querySelector('[data-prefs]');
    if (!box) return;
    box.hidden = false;
    box.querySelectorAll('[data-pref]').forEach((i) => {
      const name = 'mc.pref.' + i.dataset.pref;
      if (kept(name) !== null) i.checked = kept(name) === '1';
      i.addEventListener('change', () => { keep(name, i.checked ? '1' : '0'); if (i.checked) this.alarm(i.dataset.pref); });
    });
  }

  pref(name) { return document.querySelector(`[data-pref=${name}]`)?.checked; }

  // alarm tells the bidder of being outbid, in the ways that were asked for.
  alarm(only) {
    if (this.pref('vibrate') && only !== 'sound') navigator.vibrate?.([120, 60, 120]);
    if (!this.pref('sound') || only === 'vibrate' || only === 'ask') return;
    const ctx = new AudioContext(), o = ctx.createOscillator(), g = ctx.createGain();
    o.frequency.value = 660;
    g.gain.setValueAtTime(0.12, ctx.currentTime);
    g.gain.exponentialRampToValueAtTime(0.001, ctx.currentTime + 0.4);
    o.connect(g).connect(ctx.destination);
    o.start();
    o.stop(ctx.currentTime + 0.4);
  }

  least() { const r = this.r; return r.price_fen ? r.price_fen + r.increment_fen : r.starting_price_fen; }

  // check writes the words beside the amount, or what is wrong with it.
  check(fen) {
    const r = this.r, w = r.words, box = document.querySelector('[data-own-words]'), bad = document.querySelector('[data-own-error]');
    const base = r.price_fen || r.starting_price_fen, least = this.least();
    let wrong = '';
    if (!(fen > 0)) wrong = w.not_number;
    else if (fen < least) wrong = this.room.fill(w.too_low, { low: price(least) });
    else if ((fen - base) % r.increment_fen) {
      const low = fen - ((fen - base) % r.increment_fen);
      wrong = this.room.fill(w.off_step, { low: price(Math.max(low, least)), high: price(low + r.increment_fen) });
    }
    box.replaceChildren();
    if (fen > 0) {
      box.append(this.room.node('p', 'words', inWords(fen, r.lang)));
      if (!wrong && r.price_fen) box.append(this.room.node('p', 'small soft', this.room.fill(w.above, { more: price(fen - base), steps: this.steps((fen - base) / r.increment_fen) })));
    }
    const showWrong = wrong && this.typed;
    this.own.toggleAttribute('aria-invalid', Boolean(showWrong));
    bad.replaceChildren(...(showWrong ? [this.room.node('p', 'err', wrong)] : []));
    return !wrong;
  }

  steps(n) { return this.room.fill(n === 1 ? this.r.words.step : this.r.words.steps, { n: count(n) }); }

  priceMoved() {
    if (!this.own || !this.r.can_bid) return;
    if (!this.typed) this.own.value = price(this.least()).slice(1);
    this.check(parseYuan(this.own.value));
    if (this.dialog?.open) this.note(this.offered);
  }

  note(amount) {
    const r = this.r, w = r.words;
    const text = amount < this.least() ? this.room.fill(w.too_low, { low: price(this.least()) })
      : this.room.fill(w.confirm_note, { more: price(amount - (r.price_fen || r.starting_price_fen)), deposit: price(r.deposit_fen) });
    this.dialog.querySelector('[data-dlg-note]').textContent = text;
  }

  // offer asks where it must and places the bid.
  offer(amount, steps, typed) {
    if (this.busy || this.room.isOver()) return;
    const above = amount - (this.r.price_fen || this.r.starting_price_fen);
    if (!typed && steps < 5 && above < ALWAYS_ASK * this.r.increment_fen && !this.pref('ask')) { this.place(amount); return; }
    this.offered = amount;
    const d = this.dialog;
    d.querySelector('[data-dlg-price]').textContent = price(amount);
    d.querySelector('[data-dlg-words]').textContent = inWords(amount, this.r.lang);
    this.note(amount);
    d.returnValue = 'no';
    d.onclose = () => { if (d.returnValue === 'yes') this.place(amount); };
    d.showModal();
  }

  async place(amount) {
    const k = key(), began = Date.now();
    this.busy = true;
    this.room.showPrice();
    this.room.lead('confirming', { price: price(amount) });
    try {
      for (let pause = 400; ; pause = Math.min(pause * 2, 5000)) {
        const done = await this.once(amount, k).catch(() => null); // no answer: the outcome is not known
        if (done && this.settled(done, amount)) return;
        if (Date.now() - began > GIVE_UP) {
          this.refusal(done?.body.refusal_token);
          this.room.lead('not_placed', { detail: this.r.words.pending });
          return;
        }
        if (!done || done.body.code === 'bid_pending') this.room.lead('confirming', { price: price(amount) });
        await wait(Math.max(pause, (done?.retry || 0) * 1000) + Math.random() * 200);
      }
    } finally {
      this.busy = false;
      this.room.showPrice();
    }
  }

  async once(amount, k) {
    const res = await fetch(`/api/v1/lots/${this.r.lot}/bids`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': k, 'Accept-Language': this.r.lang },
      body: JSON.stringify({ amount_fen: amount }), credentials: 'same-origin',
    });
    return { status: res.status, body: await res.json(), retry: Number(res.headers.get('Retry-After')) || 0 };
  }

  // settled says whether the answer is final; with 429 and 503 the same key is sent again.
  settled({ status, body }) {
    if (status === 429 || status === 503) return false;
    this.busy = false;
    this.refusal(body.refusal_token);
    if (status === 201) {
      this.typed = false;
      this.keepReceipt(body);
      this.room.onBid(body);
      this.room.judge({ at: clockOf(Date.parse(body.accepted_at)) });
      return true;
    }
    if (body.code === 'not_enrolled') { // the deposit has not arrived; its code is not on the course yet
      this.room.lead('deposit');
      return true;
    }
    this.room.lead('refused', { detail: status === 401 ? this.r.words.session_gone : body.detail || body.title || String(status) });
    return true;
  }

  // refusal offers the receipt of a refused bid until the next bid is answered.
  refusal(token) {
    const form = document.querySelector('[data-refusal]');
    if (!form) return;
    form.elements.token.value = token || '';
    form.hidden = !token;
  }

  keepReceipt(b) {
    const list = this.read().filter((x) => x.receipt !== b.receipt);
    list.unshift({ receipt: b.receipt, seq: b.seq, amount_fen: b.amount_fen, accepted_at: b.accepted_at });
    keep(this.receiptsName, JSON.stringify(list.slice(0, 200)));
    this.receipts();
  }

  read() {
    try { return JSON.parse(kept(this.receiptsName)) || []; } catch { return []; }
  }

  receipts() {
    const list = this.read(), box = document.querySelector('[data-receipts]');
    if (!box || !list.length) return;
    box.hidden = false;
    box.querySelector('[data-receipt-list]').replaceChildren(...list.slice(0, 20).map((x) => {
      const a = this.room.node('a', '', price(x.amount_fen));
      a.href = '/verify?q=' + encodeURIComponent(x.receipt);
      const day = this.room.node('span', 'day', String(x.seq));
      return this.room.node('li', '', day, this.room.node('div', '', a, this.room.node('p', 'n', milliOf(Date.parse(x.accepted_at)))));
    }));
  }
}
