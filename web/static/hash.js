// A file's SHA-256 is reckoned in the browser and put into its field; the file itself is sent nowhere. Without this, or without a
// secure connection, the hash is typed.
const most = 512 * 1024 * 1024; // digest takes a file whole
document.querySelectorAll('[data-hash-of]').forEach((box) => {
  const into = document.getElementById(box.dataset.hashOf);
  if (!globalThis.crypto?.subtle || !into) return;
  const file = box.querySelector('input'), said = box.querySelector('output');
  let turn = 0;
  box.hidden = false;
  file.addEventListener('change', async () => {
    const one = file.files[0], mine = ++turn;
    if (!one) { said.textContent = ''; return; }
    into.value = ''; // never the hash of another file
    said.textContent = box.dataset.busy;
    try {
      if (one.size > most) throw new RangeError('size');
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await one.arrayBuffer()));
      if (mine !== turn) return;
      into.value = Array.from(sum, (b) => b.toString(16).padStart(2, '0')).join('');
      into.dispatchEvent(new Event('input', { bubbles: true }));
      said.textContent = box.dataset.done;
    } catch {
      if (mine === turn) said.textContent = box.dataset.failed;
    }
  });
});
