// The candidate's clock: the server says what is left, this only counts on from there.
// The browser's own date is never asked: it may be wrong, and jump.
"use strict";

(() => {
  const GAP = 1500; // ms without a tick: the computer slept, or the page was put aside
  let left = null; // seconds, as the server said
  let said = 0; // when that was, on the clock that nobody can set
  let ticked = performance.now();

  const clock = () => document.getElementById("clock");
  const look = () => {
    const live = document.getElementById("portal");
    if (live) live.dispatchEvent(new Event("look"));
  };

  const words = (seconds) => {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
    const rest = `min ${two(whole % 60)} s`;
    return hours ? `${hours} h ${two(minutes)} ${rest}` : `${minutes} ${rest}`;
  };

  const show = () => {
    const now = performance.now(), place = clock();
    if (now - ticked > GAP) look();
    ticked = now;
    if (!place || left === null) return;
    const runs = "runs" in place.dataset;
    const still = runs ? Math.max(0, left - (now - said) / 1000) : left;
    const text = words(still);
    if (place.textContent !== text) place.textContent = text;
    if (runs && still === 0) look(); // the server decides that it is over
  };

  // The first value was written when the server began to answer, not when this script ran.
  const first = () => {
    const place = clock();
    if (!place) return;
    const [visit] = performance.getEntriesByType("navigation");
    left = Number(place.dataset.left);
    said = visit ? visit.responseStart : performance.now();
  };

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const value = event.detail.xhr.getResponseHeader("Labmgr-Left");
    left = value === null ? null : Number(value);
    said = performance.now();
  });
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  for (const back of ["pageshow", "focus", "online"]) window.addEventListener(back, look);
  document.addEventListener("resume", look);

  first();
  show();
  setInterval(show, 250);
})();
