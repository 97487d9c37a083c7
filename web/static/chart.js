// The step chart of a running lot, drawn as pages.DrawChart draws it (chart.go): two scales, only the plot stretches.
import { figures, price } from './amounts.js';
import { clockOf, now } from './clock.js';

const NS = 'http://www.w3.org/2000/svg';
const BREAK = 420, PLOT = 0.086;
const make = (name, attrs, text) => {
  const e = document.createElementNS(NS, name);
  for (const k in attrs) e.setAttribute(k, attrs[k]);
  if (text !== undefined) e.textContent = text;
  return e;
};
const clamp = (v, lo, hi) => Math.max(lo, Math.min(hi, v));
const share = (d, w) => (w <= 0 ? 1 : d / w);
function gridStep(span) {
  for (let step = 100; ; step *= 10) for (const m of [1, 2, 5]) if (Math.floor(span / (step * m)) <= 5) return step * m;
}

export function draw(svg, r, words, fill) {
  const t = now();
  const at = r.announced_end - 2 * r.extension_ms;
  const twice = at > r.starts_at && (t > at || r.ends_at > r.announced_end);
  const split = twice ? at : r.announced_end;
  let lo = r.starting_price_fen, hi = Math.max(r.reference_fen, lo);
  for (const p of r.points) { hi = Math.max(hi, p[1]); lo = Math.min(lo, p[1]); }
  if (hi <= lo) hi = lo + Math.max(Math.floor(lo / 10), 100);
  const x = (ms) => {
    if (!twice) return clamp(1000 * share(ms - r.starts_at, r.ends_at - r.starts_at), 0, 1000);
    if (ms < split) return clamp(BREAK * share(ms - r.starts_at, split - r.starts_at), 0, BREAK);
    return clamp(BREAK + (1000 - BREAK) * share(ms - split, r.ends_at - split), BREAK, 1000);
  };
  const y = (f) => 950 - 800 * (f - lo) / (hi - lo);
  const out = [...svg.querySelectorAll(':scope > title, :scope > desc')];
  const label = (cls, px, py, text) => out.push(make('text', { class: cls, x: px.toFixed(2) + '%', y: py.toFixed(2) + '%' }, text));
  const dot = (cls, px, py, rad) => out.push(make('circle', { class: cls, cx: (px / 10).toFixed(2) + '%', cy: (py * PLOT).toFixed(2) + '%', r: rad }));
  const inner = make('svg', { viewBox: '0 0 1000 1000', preserveAspectRatio: 'none', width: '100%', height: '86%' });
  const path = (cls, d) => d && inner.append(make('path', { class: cls, d }));
  if (twice) {
    const z = x(r.announced_end - r.extension_ms);
    inner.append(make('rect', { class: 'zone', x: z.toFixed(1), y: 0, width: (1000 - z).toFixed(1), height: 1000 }));
    label('bg end', 99.2, 4, words.closing);
  }
  let line = '', moved = '', lx = 0, ly = 0;
  r.points.forEach(([ms, amount, m], i) => {
    const nx = x(ms), ny = y(amount);
    line += i ? `L${nx.toFixed(1)} ${ly.toFixed(1)}L${nx.toFixed(1)} ${ny.toFixed(1)}` : `M${nx.toFixed(1)} ${ny.toFixed(1)}`;
    if (m) moved += `M${nx.toFixed(1)} 1000v-28`;
    lx = nx; ly = ny;
  });
  if (line) path('area', `${line}L${lx.toFixed(1)} 1000L${x(r.points[0][0]).toFixed(1)} 1000z`);
  const step = gridStep(hi - lo), ref = y(r.reference_fen);
  let grid = '';
  for (let v = (Math.floor(lo / step) + 1) * step; v <= hi; v += step) {
    const py = y(v);
    if (r.reference_fen && Math.abs(py - ref) < 60) continue;
    grid += `M0 ${py.toFixed(1)}H1000`;
    label('bg', 0, py * PLOT - 1.2, figures(v));
  }
  path('grid', grid);
  if (r.reference_fen) {
    path('ref', `M0 ${ref.toFixed(1)}H1000`);
    label('bg', 0, ref * PLOT - 1.2, fill(words.reference, { price: figures(r.reference_fen) }));
  }
  path('base', 'M0 1000H1000' + (twice ? `M${BREAK} 1000v-60` : ''));
  path('ext', moved);
  path('step', line);
  r.points.forEach(([ms, amount, , mine], i) => { if (mine && i < r.points.length - 1) dot('mine', x(ms), y(amount), 3.4); });
  if (line) {
    const last = r.points[r.points.length - 1][1];
    dot(r.over ? 'mine' : 'dot pulse', lx, ly, 5);
    label((lx < 160 ? '' : 'end ') + (r.over ? 'bg fin' : 'run bg'), lx / 10 + (lx < 160 ? 1.2 : -1.2), ly * PLOT - 2.4, figures(last));
    const desc = out.find((e) => e.tagName === 'title');
    if (desc) desc.textContent = price(last);
  }
  label('', 0, 97, r.from_label);
  label('end', 100, 97, fill(words.ends, { at: clockOf(r.ends_at).slice(0, 5) }));
  if (twice) {
    const long = r.ends_at - split;
    const every = [1, 2, 5, 10, 20, 60, 120, 360, 1440].map((m) => m * 60e3).find((e) => long / e < 5) || 1440 * 60e3;
    for (let ms = (Math.floor(split / every) + 1) * every; ms < r.ends_at; ms += every) {
      const px = x(ms);
      if (px > 480 && px < 760) label('mid', px / 10, 97, clockOf(ms).slice(0, 5));
    }
  }
  const after = out.findIndex((e) => e.tagName === 'text');
  out.splice(after < 0 ? out.length : after, 0, inner);
  svg.replaceChildren(...out);
}
