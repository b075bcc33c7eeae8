// What is left runs down between two looks at the server, by a clock that nobody can set.
"use strict";

(() => {
  const starts = new WeakMap();
  const shown = (seconds) => {
    const whole = Math.max(0, Math.ceil(seconds));
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  };
  const tick = () => {
    for (const one of document.querySelectorAll("[data-left]")) {
      if (!starts.has(one)) starts.set(one, performance.now());
      const gone = (performance.now() - starts.get(one)) / 1000;
      one.textContent = shown(Number(one.dataset.left) - gone);
    }
  };
  setInterval(tick, 1000);
  tick();
})();
