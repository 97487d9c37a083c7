// The server's clock. Times of the server reach us late, never early, so the greatest offset seen is nearest to the truth.
let offset = -Infinity;
export const sync = (serverMs) => { offset = Math.max(offset, serverMs - Date.now()); };
sync(Number(document.body.dataset.now));
export const now = () => Date.now() + offset;

const two = (n) => String(n).padStart(2, '0');
const dayForm = document.body.dataset.day; // "%d … %c", as words.Countdown writes it

// countdown writes what is left: 04:12, 01:32:18, and from two days on with days.
export function countdown(ms) {
  const s = Math.floor(Math.max(0, ms) / 1000);
  const h = Math.floor(s / 3600);
  const rest = two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
  if (h >= 48) return dayForm.replace('%d', Math.floor(h / 24)).replace('%c', two(h % 24) + ':' + rest);
  return h ? two(h) + ':' + rest : rest;
}

// Court time is Beijing's, eight hours ahead, all year.
const court = (ms) => new Date(ms + 8 * 3600e3).toISOString();
export const clockOf = (ms) => court(ms).slice(11, 19);
export const milliOf = (ms) => court(ms).slice(11, 23);
export const dateOf = (ms) => court(ms).slice(0, 10);
export const shortOf = (ms) => court(ms).slice(5, 16).replace('T', ' ');

const set = (e, text) => { if (e.textContent !== text) e.textContent = text; };
let reloading = false;
export function tick() {
  const t = now();
  document.querySelectorAll('[data-until]').forEach((e) => {
    const left = Number(e.dataset.until) - t;
    set(e, countdown(left));
    if ('reload' in e.dataset && left < -1500 && !reloading) {
      reloading = true; // bidding has opened; everybody waits, so not all at once
      setTimeout(() => location.reload(), Math.random() * 3000);
    }
  });
  document.querySelectorAll('[data-server-clock]').forEach((e) => set(e, clockOf(t)));
}
setInterval(tick, 250);
