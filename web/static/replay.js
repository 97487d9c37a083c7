// Replay of an ended lot: the record up to a bid, and a line in the chart where it stands.
const box = document.querySelector('[data-replay-box]');
if (box) {
  box.hidden = false;
  const slider = box.querySelector('[data-replay]'), say = box.querySelector('[data-replay-at]');
  const rows = [...document.querySelectorAll('tr[data-seq]')], line = document.querySelector('.chart .head');
  const list = rows.length && rows[0].closest('.box');
  const show = (scroll) => {
    const n = Number(slider.value), at = rows[n - 1];
    rows.forEach((r, i) => { r.hidden = i >= n; });
    if (!at) return;
    say.textContent = at.dataset.say;
    slider.setAttribute('aria-valuetext', at.dataset.say);
    if (line) line.setAttribute('d', n < rows.length ? `M${at.dataset.x} 0V1000` : '');
    if (scroll && list) list.scrollTop = list.scrollHeight;
  };
  slider.addEventListener('input', () => show(true));
  show(false);
  let timer = 0;
  const stop = () => { clearTimeout(timer); timer = 0; };
  const next = () => {
    if (Number(slider.value) >= rows.length) { stop(); return; }
    slider.value = Number(slider.value) + 1;
    show(true);
    const n = Number(slider.value);
    if (n >= rows.length) { stop(); return; }
    const speed = Number(box.querySelector('input[name=v]:checked').value);
    const gap = Number(rows[n].dataset.at) - Number(rows[n - 1].dataset.at);
    timer = setTimeout(next, speed ? gap / speed : 250);
  };
  box.querySelector('[data-play]').addEventListener('click', () => {
    if (timer) { stop(); return; }
    if (Number(slider.value) >= rows.length) { slider.value = 1; show(true); }
    timer = setTimeout(next, 250);
  });
}
