// On every page: running clocks, light and dark without a reload, small comforts. Pages work without it.
import './clock.js';
import { inWords, parseYuan } from './amounts.js';

const root = document.documentElement;
document.querySelectorAll('[data-theme-switch]').forEach((b) => b.addEventListener('click', (e) => {
  e.preventDefault();
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  fetch('/preferences', { method: 'POST', body: new URLSearchParams({ theme: root.dataset.theme, next: '/guide' }), redirect: 'manual' }).catch(() => {});
}));
document.querySelectorAll('[data-print]').forEach((a) => {
  a.hidden = false;
  a.addEventListener('click', (e) => { e.preventDefault(); print(); });
});
document.querySelectorAll('[data-picture]').forEach((a) => a.addEventListener('click', (e) => {
  e.preventDefault();
  document.querySelector('[data-main-picture]').src = a.href;
  document.querySelectorAll('[data-picture]').forEach((o) => o.toggleAttribute('aria-current', false));
  a.setAttribute('aria-current', 'true');
}));
document.querySelectorAll('select[data-submit]').forEach((s) => {
  s.addEventListener('change', () => s.form.requestSubmit());
  s.form.querySelector('button')?.classList.add('vh');
});
document.querySelectorAll('input[data-amount]').forEach((i) => {
  const p = document.createElement('p');
  p.className = 'words';
  i.closest('.field').append(p);
  const show = () => { const f = parseYuan(i.value); p.textContent = f > 0 ? inWords(f, root.lang) : ''; };
  i.addEventListener('input', show);
  show();
});
const desk = document.querySelector('.desk');
if (desk && document.querySelector('.bar')) new IntersectionObserver(([e]) => document.body.toggleAttribute('data-away', !e.isIntersecting && e.boundingClientRect.top < 0)).observe(desk);
if (document.querySelector('[data-hash-of]')) import('./hash.js');
