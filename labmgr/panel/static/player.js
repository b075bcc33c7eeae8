// Plays a recorded terminal (asciicast v2) with xterm.js.
"use strict";

(async () => {
  const box = document.getElementById("terminal");
  const { dataset: words } = box;
  const nonce = document.currentScript.nonce;
  const $ = (id) => document.getElementById(id);
  $("scriptless").hidden = true;
  const make = document.createElement.bind(document);
  document.createElement = (name, ...more) => { // as in terminal.js: its styles carry the nonce
    const made = make(name, ...more);
    if (String(name).toLowerCase() === "style") made.nonce = nonce;
    return made;
  };
  const LONGEST = 2; // seconds: nobody watches somebody think
  Terminal.strings.promptLabel = words.label;
  const term = new Terminal({ disableStdin: true, scrollback: 5000, minimumContrastRatio: 4.5, fontSize: 14,
    fontFamily: '"Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace',
    theme: { background: "#10171c", foreground: "#e6ecee" } });

  // The last line may be half written, when the power went: it is left out.
  const events = [];
  let head = null, at = 0, last = 0;
  try {
    const answer = await fetch(words.tape);
    if (!answer.ok) throw new Error(answer.status);
    for (const line of (await answer.text()).split("\n")) {
      let read = null;
      try { read = JSON.parse(line); } catch { continue; }
      if (!head) { head = read; continue; }
      at += Math.min(Math.max(read[0] - last, 0), LONGEST);
      last = read[0];
      events.push([at, read[1], read[2]]);
    }
    if (head?.version !== 2) throw new Error("not an asciicast");
  } catch {
    box.textContent = words.broken;
    return;
  }
  term.open(box);

  let next = 0, now = 0, timer = 0;
  const clock = $("clock"), where = $("where"), play = $("play");
  where.max = Math.max(at, 0.1);
  const show = () => {
    where.value = now;
    clock.textContent = `${Math.floor(now / 60)}:${String(Math.floor(now % 60)).padStart(2, "0")}`;
  };
  const until = (instant) => {
    for (; next < events.length && events[next][0] <= instant; next += 1) {
      const [, kind, text] = events[next];
      if (kind === "o") term.write(text);
      if (kind === "r") { const [columns, rows] = text.split("x").map(Number); term.write("", () => term.resize(columns, rows)); }
    }
    now = Math.min(instant, at);
    show();
  };
  const begin = () => { next = 0; term.reset(); term.resize(head.width, head.height); };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = words.play; };
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (next >= events.length) { begin(); until(0); }
    play.textContent = words.pause;
    let before = performance.now();
    timer = setInterval(() => {
      const instant = performance.now();
      until(now + (instant - before) / 1000 * Number($("speed").value));
      before = instant;
      if (next >= events.length) stop();
    }, 40);
  });
  where.addEventListener("input", () => { const wanted = Number(where.value); if (wanted < now) begin(); until(wanted); });
  begin();
  until(0);
  play.disabled = where.disabled = false; // not before: a click while the tape is fetched would be lost
})();
