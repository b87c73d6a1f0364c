// A form's proof of work, done a little at a time while somebody types: a number with which the end of what the form was given
// when it was opened has a SHA-256 (FIPS 180-4) that begins with so many zero bits. Written out here, because a browser's own
// is only there on https and answers each of some thousand questions later. The message is always one block.
(() => {
  "use strict";
  const root = (n, p) => ((n ** p % 1) * 2 ** 32) | 0, primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const k = primes.map((p) => root(p, 1 / 3)), start = primes.slice(0, 8).map((p) => root(p, 1 / 2)), w = new Int32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const first = (text) => {
    w.fill(0);
    for (let i = 0; i <= text.length; i++) w[i >> 2] |= (i < text.length ? text.charCodeAt(i) : 128) << (24 - 8 * (i & 3));
    w[15] = text.length * 8;
    let [a, b, c, d, e, f, g, h] = start;
    for (let i = 0; i < 64; i++) {
      if (i > 15) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
      }
      const s = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const t = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + s) | 0, c, b, a, (s + t) | 0];
    }
    return (a + start[0]) | 0;
  };
  for (const field of document.querySelectorAll("input[name=proof][data-bits]")) {
    const given = field.form.elements.opened.value.slice(-40), bits = +field.dataset.bits;
    let n = 0;
    const some = () => {
      for (const until = performance.now() + 8; performance.now() < until; n++)
        if (Math.clz32(first(given + ":" + n)) >= bits) return void (field.value = n);
      setTimeout(some, 4);
    };
    setTimeout(some, 200);
  }
})();
