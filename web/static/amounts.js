// Amounts in figures and in words, as web/words and auction/money write them. Amounts are fen below 2^53.
const group = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
export function money(fen) {
  const f = Math.abs(fen);
  return (fen < 0 ? '−¥' : '¥') + group(Math.floor(f / 100)) + '.' + String(f % 100).padStart(2, '0');
}
export const price = (fen) => money(fen).replace(/\.00$/, '');
export const figures = (fen) => price(fen).replace('¥', '');
export const count = group;

// parseYuan reads what a person types; NaN for what is no amount.
export function parseYuan(text) {
  const s = text.replace(/[,，\s¥￥元]/g, '');
  const m = /^(\d{1,15})(?:\.(\d{1,2}))?$/.exec(s);
  if (!m) return NaN;
  const fen = Number(m[1]) * 100 + Number((m[2] || '').padEnd(2, '0'));
  return fen <= Number.MAX_SAFE_INTEGER ? fen : NaN;
}

const D = '零壹贰叁肆伍陆柒捌玖', P = ['', '拾', '佰', '仟'], G = ['', '万', '亿', '万亿', '亿亿'];
function four(n) {
  let s = '', zero = false;
  for (let p = 3, u = 1000; p >= 0; p--, u /= 10) {
    const d = Math.floor(n / u) % 10;
    if (!d) { zero = s !== ''; continue; }
    if (zero) { s += D[0]; zero = false; }
    s += D[d] + P[p];
  }
  return s;
}
function whole(n) {
  if (!n) return D[0];
  const parts = [];
  for (; n > 0; n = Math.floor(n / 10000)) parts.push(n % 10000);
  let s = '', zero = false;
  for (let g = parts.length - 1; g >= 0; g--) {
    const v = parts[g];
    if (!v) { zero = s !== ''; continue; }
    if (s && (zero || v < 1000)) s += D[0];
    zero = false;
    s += four(v) + (g === 3 && parts[2] > 0 ? '万' : G[g]);
  }
  return s;
}
function chinese(fen) {
  const yuan = Math.floor(fen / 100), jiao = Math.floor(fen / 10) % 10, f = fen % 10;
  let s = yuan > 0 || fen === 0 ? whole(yuan) + '元' : '';
  if (!jiao && !f) s += '整';
  else if (!f) s += D[jiao] + '角整';
  else if (!jiao) s += (yuan > 0 ? D[0] : '') + D[f] + '分';
  else s += D[jiao] + '角' + D[f] + '分';
  return '人民币' + s;
}

const S = ['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'];
const T = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
function hundreds(n) {
  let s = '';
  if (n >= 100) {
    s = S[Math.floor(n / 100)] + ' hundred';
    n %= 100;
    if (!n) return s;
    s += ' and ';
  }
  return n < 20 ? s + S[n] : s + T[Math.floor(n / 10)] + (n % 10 ? '-' + S[n % 10] : '');
}
function spelled(n) {
  if (!n) return 'zero';
  const parts = [];
  for (const [size, name] of [[1e12, ' trillion'], [1e9, ' billion'], [1e6, ' million'], [1e3, ' thousand'], [1, '']]) {
    const k = Math.floor(n / size);
    n %= size;
    if (!k) continue;
    parts.push((size === 1 && parts.length && k < 100 ? 'and ' : '') + hundreds(k) + name);
  }
  return parts.join(' ');
}
function english(fen) {
  let s = spelled(Math.floor(fen / 100)) + ' yuan';
  if (fen % 100) s += ' and ' + spelled(fen % 100) + ' fen';
  return s[0].toUpperCase() + s.slice(1);
}
export const inWords = (fen, lang) => (lang === 'en' ? english(fen) : chinese(fen));
