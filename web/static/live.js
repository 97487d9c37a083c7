// The live room: events of the course, the desk, bids with one key an attempt. The page as rendered is the start;
// nothing here ever reloads it.
import { countdown, clockOf, dateOf, milliOf, now, shortOf, sync } from './clock.js';
import { count, figures, inWords, money, price } from './amounts.js';
import { draw } from './chart.js';
import { Bids } from './bids.js';

const el = document.querySelector('[data-room]');
const r = JSON.parse(el.dataset.room);
r.points ||= [];
const w = r.words;
const codes = new Set(r.codes || []);
const fill = (text, args) => text.replace(/\{(\w+)\}/g, (all, k) => (k in args ? args[k] : all));
const $ = (s) => document.querySelector(s);
const $$ = (s) => document.querySelectorAll(s);
const lot = '/api/v1/lots/' + r.lot;
let bidBefore = r.points.some((p) => p[3]);
let heardAt = Date.now(), connected = false, stayed = r.phase === 'suspended', over = false, chartDue = false;

const icon = (name) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  if (name.startsWith('s-')) svg.setAttribute('viewBox', '0 0 16 16');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', r.icons + '#' + name);
  svg.append(use);
  return svg;
};
const iconI = (name) => { const s = icon(name); s.classList.add('i'); return s; };
const node = (name, cls, ...kids) => { const e = document.createElement(name); if (cls) e.className = cls; e.append(...kids); return e; };
function priceNode(fen, run) {
  const [yuan, cents] = figures(fen).split('.');
  const e = node('span', 'price' + (run ? ' run' : '') + (yuan.length > 9 ? ' long' : ''), node('i', '', '¥'), yuan);
  if (cents) e.append(node('s', '', '.' + cents));
  return e;
}

// lead shows the head of the desk in words and shape; being outbid is said at once, the rest politely.
export function lead(kind, args = {}) {
  const old = $('.lead-state');
  const all = { price: price(r.price_fen || r.starting_price_fen), code: r.leader_code, start: price(r.starting_price_fen), deposit: price(r.deposit_fen), at: clockOf(now()), detail: '', ...args };
  const box = node('div', 'lead-state' + (kind === 'leading' || kind === 'won' ? ' in' : kind === 'outbid' ? ' out' : ''),
    icon(w[kind + '_icon']), node('b', '', fill(w[kind + '_title'], all)), node('p', '', fill(w[kind + '_text'], all)));
  box.dataset.lead = kind;
  box.setAttribute('role', kind === 'outbid' ? 'alert' : 'status');
  old.replaceWith(box);
  const bar = $('[data-bar-state]');
  if (bar) bar.replaceChildren(iconI(w[kind + '_icon']), fill(w[kind + '_short'], all));
}

// judge says whether the reader leads, from the committed course.
export function judge(args) {
  if (over) return;
  if (stayed) { lead('stayed'); return; }
  if (!r.code) { lead(r.leader_code ? 'watching' : 'open', args); return; }
  if (r.leader_code === r.code) lead('leading', args);
  else lead(bidBefore ? 'outbid' : 'none', args);
}

function showPrice() {
  const run = !over && r.price_fen > 0;
  const shown = r.price_fen || r.starting_price_fen;
  $('[data-price]')?.replaceChildren(priceNode(shown, run));
  $('[data-bar-price]')?.replaceChildren(priceNode(shown, run));
  const words = $('[data-price-words]');
  if (words) words.textContent = inWords(shown, r.lang);
  const label = $('[data-price-label]');
  if (label && r.price_fen) label.textContent = over ? w.final : w.price;
  $$('[data-raise-form] button[data-steps]').forEach((b) => {
    const n = Number(b.dataset.steps);
    const amount = r.price_fen ? r.price_fen + n * r.increment_fen : r.starting_price_fen + (n - 1) * r.increment_fen;
    b.value = amount;
    b.querySelector('small').textContent = fill(w.bid_of, { price: price(amount) });
    b.disabled = r.leader_code === r.code || bids.busy;
  });
}

function showEnd() {
  $$('[data-end]').forEach((e) => { e.dataset.until = r.ends_at; });
  const ends = $('[data-ends]');
  if (ends) ends.textContent = dateOf(r.ends_at) === dateOf(now()) ? clockOf(r.ends_at) : shortOf(r.ends_at);
}

function chip(name, text, cls = 'solid') {
  $('[data-chip]')?.replaceChildren(node('span', 'chip ' + cls, icon(name), text));
}

// row puts a bid where its number belongs in the record, which shows the last twelve.
function row(b, raise, moved) {
  const body = $('[data-record]');
  if (!body) return;
  const mine = b.bidder_code === r.code;
  const small = node('small', 'n', raise > 0 ? '+' + figures(raise) : w.first);
  const th = node('th', '', b.bidder_code, mine ? '　' + w.you : '', small);
  if (b.automatic) th.append(node('small', '', iconI('device'), ' ' + w.automatic));
  th.scope = 'row';
  const at = Date.parse(b.accepted_at);
  const tr = node('tr', mine ? 'me' : '', node('td', 'n', String(b.seq)), th, node('td', 'n', money(b.amount_fen)),
    node('td', 'n', milliOf(at), node('small', '', moved ? fill(w.moved, { at: clockOf(Date.parse(b.ends_at)) }) : dateOf(at))));
  body.firstElementChild?.classList.remove('top');
  body.insertBefore(tr, [...body.children].find((e) => Number(e.firstElementChild.textContent) < b.seq) || null);
  body.firstElementChild.classList.add('top');
  while (body.children.length > 12) body.lastElementChild.remove();
  $('[data-no-bids]')?.remove();
}

function redraw() {
  if (chartDue) return;
  chartDue = true;
  requestAnimationFrame(() => {
    chartDue = false;
    const svg = $('svg[data-chart]');
    if (svg && r.phase !== 'announced') draw(svg, r, w, fill);
  });
}

// Bids come by the stream, by the answer to an own bid, which may be faster, and by fetching what was missed: each counts once.
const start = r.seq, seen = new Set();
let streamed = r.seq;
export function take(b) {
  if (b.seq <= start || seen.has(b.seq)) return;
  seen.add(b.seq);
  if (b.seq > r.seq) onBid(b);
  else late(b, true);
}

// onStream takes a bid of the stream. Bids that were skipped before it are counted now and fetched in a while.
function onStream(b) {
  if (b.skipped) {
    r.bids += b.skipped - [...seen].filter((n) => n > streamed && n < b.seq).length;
    older(streamed, b.seq);
  }
  streamed = Math.max(streamed, b.seq);
  take(b);
}

// late takes a bid that newer ones have overtaken: it moves neither price nor clock.
function late(b, counts) {
  const mine = b.bidder_code === r.code, at = Date.parse(b.accepted_at);
  codes.add(b.bidder_code);
  bidBefore ||= mine;
  if (counts) r.bids++;
  let i = r.points.length;
  while (i > 0 && (r.points[i - 1][0] > at || (r.points[i - 1][0] === at && r.points[i - 1][1] > b.amount_fen))) i--;
  r.points.splice(i, 0, [at, b.amount_fen, 0, mine ? 1 : 0]);
  row(b, i ? b.amount_fen - r.points[i - 1][1] : 0, false);
  counted();
  redraw();
}

function counted() {
  const sum = $('[data-record-count]');
  if (sum) sum.textContent = fill(w.count, { n: count(r.bids), codes: codes.size });
}

// onBid takes the newest committed bid.
function onBid(b) {
  const was = r.leader_code, ends = Date.parse(b.ends_at), moved = ends !== r.ends_at;
  const raise = r.price_fen ? b.amount_fen - r.price_fen : 0;
  r.seq = b.seq;
  r.price_fen = b.amount_fen;
  r.leader_code = b.bidder_code;
  r.ends_at = ends;
  r.bids++;
  codes.add(b.bidder_code);
  const mine = b.bidder_code === r.code;
  bidBefore ||= mine;
  r.points.push([Date.parse(b.accepted_at), b.amount_fen, moved ? 1 : 0, mine ? 1 : 0]);
  if (moved) { r.extensions++; chip('s-extended', fill(w.extended_chip, { n: count(r.extensions) })); }
  row(b, raise, moved);
  counted();
  showPrice();
  showEnd();
  redraw();
  if (!bids.busy || mine) judge({ at: clockOf(Date.parse(b.accepted_at)) });
  if (was === r.code && r.code && !mine) bids.alarm();
  bids.priceMoved();
}

const heard = () => { heardAt = Date.now(); if (!connected) { connected = true; if (!bids.busy) judge(); } };

// between fetches the bids above after and below before, in order.
async function between(after, before, take) {
  while (after < before - 1) {
    const res = await fetch(`${lot}/bids?after_seq=${after}&limit=100`);
    if (!res.ok) return;
    const { items } = await res.json();
    const inside = items.filter((b) => b.seq < before);
    take(inside);
    if (!inside.length || inside.length < items.length) return;
    after = inside[inside.length - 1].seq;
  }
}

async function missed(upTo) {
  await between(streamed, upTo + 1, (items) => items.forEach(take));
  streamed = Math.max(streamed, upTo);
}

// older fetches bids that the stream skipped: after a while and at a moment of each page's own, since all pages skipped the same.
let gaps = [];
function older(after, before) {
  gaps.push([after, before]);
  if (gaps.length === 1) setTimeout(fillGaps, 4e3 + Math.random() * 12e3);
}
async function fillGaps() {
  const due = gaps;
  gaps = [];
  for (const [after, before] of due) {
    await between(after, before, (items) => items.forEach((b) => {
      if (seen.has(b.seq)) return;
      seen.add(b.seq);
      late(b, false);
    })).catch(() => {}); // the record has them; the chart does without
  }
}

// onState is told where the lot stands: at the start, and when its status or how many watch is another. A stream that
// goes on brings what was missed by itself; one that begins has the state's own number as its id, and the page may be older.
function onState(s, lastID) {
  sync(Date.parse(s.server_time));
  heard();
  if (s.seq > streamed && lastID === String(s.seq)) missed(s.seq);
  if (s.status === 'suspended' && !stayed) onStayed();
  if (s.status === 'live' && stayed) { stayed = false; r.ends_at = Date.parse(s.ends_at); started(); }
}
function onStayed() {
  stayed = true;
  chip('s-stayed', w.stayed_chip, 'dash');
  $$('[data-end]').forEach((e) => { delete e.dataset.until; });
  forms(false);
  judge();
}
function started() {
  if (r.extensions) chip('s-extended', fill(w.extended_chip, { n: count(r.extensions) }));
  else chip('s-live', w.live_chip);
  showEnd();
  forms(true);
  judge();
}
function forms(open) { $$('[data-raise-form], [data-own-form]').forEach((f) => { f.hidden = !open; }); }
function onClosed(e) {
  over = true;
  source.close();
  forms(false);
  $$('[data-end]').forEach((x) => { delete x.dataset.until; x.textContent = '00:00'; });
  const sold = e.outcome === 'sold' || e.price_fen > 0;
  if (e.price_fen) { r.price_fen = e.price_fen; r.leader_code = e.leader_code; }
  chip(sold ? 's-sold' : 's-unsold', sold ? w.sold_chip : w.unsold_chip, sold ? 'solid' : 'soft');
  showPrice();
  r.over = true;
  redraw();
  lead(sold ? (r.code && r.leader_code === r.code ? 'won' : 'sold') : 'unsold');
  const link = node('a', '', w.result);
  link.href = '/lots/' + r.lot;
  $('.lead-state p').append(' ', link);
}

let source;
function connect() {
  source = new EventSource(lot + '/events');
  const on = (name, f) => source.addEventListener(name, (e) => { heard(); f(JSON.parse(e.data)); });
  source.addEventListener('state', (e) => onState(JSON.parse(e.data), e.lastEventId));
  on('bid', onStream);
  on('stayed', onStayed);
  on('resumed', (e) => { stayed = false; r.ends_at = Date.parse(e.ends_at); started(); });
  on('closed', onClosed);
  source.onerror = () => {
    if (over) return;
    if (connected && !bids.busy) lead('reconnecting', { at: clockOf(now() - (Date.now() - heardAt)) });
    connected = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500 + Math.random() * 1500);
  };
}

function second() {
  const left = r.ends_at - now();
  const fuse = $('[data-fuse]');
  if (fuse && !stayed) fuse.setAttribute('d', `M0 0H${(300 * Math.min(1, Math.max(0, left) / r.extension_ms)).toFixed(1)}V9H0z`);
  const c = $('[data-connection]');
  if (c && !over) {
    c.replaceChildren(iconI(connected ? 'on' : 'off'), ' ' + (connected
      ? fill(w.live, { seq: r.seq, ago: ((Date.now() - heardAt) / 1000).toFixed(0) }) : fill(w.offline, { at: clockOf(now() - (Date.now() - heardAt)) })));
  }
}

const bids = new Bids(r, { fill, judge, lead, onBid: take, showPrice, node, countdown, isOver: () => over || stayed });
if (r.phase !== 'announced' && r.phase !== 'withdrawn') {
  connect();
  setInterval(second, 500);
  showPrice();
}
