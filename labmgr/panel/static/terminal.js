// A terminal in the page: xterm.js on a WebSocket that comes back by itself after a drop.
"use strict";

(() => {
  const box = document.getElementById("terminal");
  if (!box) return;
  const { dataset: words } = box;
  const watching = box.dataset.mode === "watch";
  const nonce = document.currentScript.nonce;
  const $ = (id) => document.getElementById(id);
  $("scriptless").hidden = true;

  // xterm.js makes its own <style> elements; the page's policy takes those that carry its nonce.
  const make = document.createElement.bind(document);
  document.createElement = (name, ...more) => {
    const made = make(name, ...more);
    if (String(name).toLowerCase() === "style") made.nonce = nonce;
    return made;
  };

  // What the reader chose stays with this browser, where it may keep anything at all.
  const keep = (store, key, value) => { try { value === null ? store.removeItem(key) : store.setItem(key, value); } catch { /* a private window */ } };
  const kept = (store, key) => { try { return store.getItem(key); } catch { return null; } };

  Terminal.strings.promptLabel = words.label;
  Terminal.strings.tooMuchOutput = words.tooMuch;
  const term = new Terminal({
    fontFamily: '"Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace',
    fontSize: Number(kept(localStorage, "terminal-size")) || 15,
    screenReaderMode: kept(localStorage, "terminal-reader") === "yes",
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    minimumContrastRatio: 4.5,
    scrollback: 5000,
    disableStdin: watching,
    theme: { background: "#10171c", foreground: "#e6ecee", cursor: "#ffb169", selectionBackground: "#3d5a6b" },
  });
  const fit = new FitAddon.FitAddon();
  term.loadAddon(fit);
  term.open(box);
  if (!watching) fit.fit();

  const tell = (text, state) => {
    $("line-said").textContent = text;
    $("line").dataset.state = state;
  };

  // ---- the line ----
  const PAUSES = [300, 1000, 2000, 4000, 8000, 15000];
  const BEAT = 10000, PATIENCE = 6000; // ms between signs of life, and for an answer
  const address = new URL(words.line, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const name = `terminal:${words.line}`;
  const encoder = new TextEncoder();
  let socket = null, id = watching ? null : kept(sessionStorage, name);
  let live = false, over = false, again = false, failures = 0, timer = 0, beat = 0, doubt = 0;
  let seen = 0, replay = 0, muted = 0;

  const say = (what) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what)); };
  const size = () => [term.cols, term.rows];

  const connect = () => {
    clearTimeout(timer);
    if (over || socket) return;
    tell(again ? words.reconnecting : words.connecting, "waiting");
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => say({ terminal: id, at: seen, size: size(), again });
    socket.onmessage = (event) => {
      clearTimeout(doubt);
      typeof event.data === "string" ? heed(JSON.parse(event.data)) : show(new Uint8Array(event.data));
    };
    socket.onclose = () => drop();
    beat = setInterval(() => {
      say({ ping: 1 });
      clearTimeout(doubt);
      doubt = setTimeout(drop, PATIENCE);
    }, BEAT);
  };

  // A dead network tells nobody: the socket is left to itself, and a new one is tried.
  const drop = () => {
    if (!socket) return;
    const old = socket;
    socket = null;
    old.onclose = old.onmessage = old.onopen = null;
    old.close();
    clearInterval(beat);
    clearTimeout(doubt);
    if (over) return;
    live = false;
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)];
    failures += 1;
    tell(words.lost.replace("{n}", Math.ceil(pause / 1000)), "lost");
    timer = setTimeout(failures > 1 ? retry : connect, pause);
  };

  // A handshake that fails tells no reason: the page itself knows whether we may still be here.
  const retry = async () => {
    try {
      const page = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (page.type === "opaqueredirect" || page.status === 401) return finish(words.out);
      if (page.status === 403 || page.status === 404) return finish(words.gone);
      if (page.status === 409) return finish(words.closed);
    } catch { /* no network yet */ }
    connect();
  };

  const finish = (text) => {
    over = true;
    live = false;
    clearTimeout(timer);
    clearInterval(beat);
    keep(sessionStorage, name, null);
    $("ask").hidden = true;
    tell(text, "over");
    const anew = $("anew");
    if (anew) anew.hidden = false;
    const leave = $("leave");
    if (leave) leave.hidden = true;
  };

  const heed = (said) => {
    if (said.terminal) {
      id = said.terminal;
      if (!watching) keep(sessionStorage, name, id);
      live = true;
      again = true;
      failures = 0;
      $("ask").hidden = true;
      tell(words.live, "live");
      const untaped = $("untaped");
      if (untaped) untaped.hidden = said.recorded;
      const [columns, rows] = size();
      if (!watching) say({ size: [columns, rows] });
    }
    if (said.at !== undefined) {
      if (said.reset) term.reset();
      seen = said.at;
      replay = said.replay;
    }
    if (said.size && watching) term.resize(...said.size);
    if (said.ask) ask(said.ask);
    if (said.end) finish(said.text);
  };

  // What is shown again may hold questions of programs to their terminal: answered once is enough.
  const show = (bytes) => {
    seen += bytes.length;
    if (replay > 0) {
      replay -= bytes.length;
      muted += 1;
      term.write(bytes, () => { muted -= 1; });
    } else {
      term.write(bytes);
    }
  };

  const ask = (text) => {
    $("ask-said").textContent = text;
    $("ask").hidden = false;
    $("ask-password").value = "";
    $("ask-password").focus();
    tell(words.asked, "waiting");
  };
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    say({ password: $("ask-password").value });
    $("ask").hidden = true;
    tell(words.connecting, "waiting");
    term.focus();
  });

  addEventListener("online", () => { failures = 0; connect(); });
  addEventListener("offline", drop);
  // A page brought back from the browser's memory has lost its line without being told.
  addEventListener("pageshow", (event) => { if (event.persisted) drop(); });

  // ---- keys ----
  if (!watching) {
    const send = (bytes) => { if (live && !muted && socket?.readyState === WebSocket.OPEN) socket.send(bytes); };
    term.onData((text) => send(encoder.encode(text)));
    term.onBinary((text) => send(Uint8Array.from(text, (sign) => sign.charCodeAt(0))));
    term.onResize(() => { if (live) say({ size: size() }); });
    let soon = 0;
    new ResizeObserver(() => { clearTimeout(soon); soon = setTimeout(() => fit.fit(), 80); }).observe(box);
  }

  const copy = async () => {
    const text = term.getSelection();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      document.execCommand("copy"); // without HTTPS; xterm.js answers with its selection
    }
    term.clearSelection();
    document.getElementById("said").textContent = words.copied;
  };
  term.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown") return true;
    if (event.key === "F6" && event.shiftKey) {
      event.preventDefault();
      $("terminal-tools").querySelector("a, button, input").focus();
      return false;
    }
    const control = event.ctrlKey && !event.altKey && !event.metaKey;
    const key = event.key.toLowerCase();
    if (control && key === "c" && (event.shiftKey || term.hasSelection())) {
      event.preventDefault();
      if (term.hasSelection()) copy();
      return false;
    }
    return !(control && key === "v"); // the browser pastes; xterm.js brackets it
  });
  $("terminal-tools").addEventListener("keydown", (event) => {
    if (event.key === "F6" && event.shiftKey) { event.preventDefault(); term.focus(); }
  });

  // ---- choices ----
  const reader = $("reader");
  reader.checked = term.options.screenReaderMode;
  reader.addEventListener("change", () => {
    term.options.screenReaderMode = reader.checked;
    keep(localStorage, "terminal-reader", reader.checked ? "yes" : "no");
  });
  const grow = (by) => {
    term.options.fontSize = Math.min(Math.max(term.options.fontSize + by, 9), 32);
    keep(localStorage, "terminal-size", term.options.fontSize);
    if (!watching) fit.fit();
  };
  $("smaller").addEventListener("click", () => grow(-1));
  $("larger").addEventListener("click", () => grow(1));
  $("leave")?.addEventListener("click", () => say({ leave: 1 }));
  $("anew")?.addEventListener("click", () => location.reload());

  connect();
  if (!watching) term.focus();
})();
