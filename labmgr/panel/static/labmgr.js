// What the pages do beyond htmx. Everything here is a comfort: each page works without it.
"use strict";

(() => {
  // Copy buttons: shown only where copying can work; says what happened to screen readers too.
  const copy = async (button) => {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.createElement("textarea"); // without HTTPS there is no clipboard object
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    const said = document.getElementById("said");
    if (said) said.textContent = button.dataset.done;
    button.classList.add("done");
    const word = button.querySelector("[data-word]");
    const before = word.textContent;
    word.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = before; button.classList.remove("done"); }, 2000);
  };

  // "Tick all" stands for its table; it shows a dash while only some are ticked.
  const boxes = (all) => [...all.closest("form").querySelectorAll(`input[name="${all.dataset.all}"]`)];
  const mirror = () => {
    for (const all of document.querySelectorAll("input[data-all]")) {
      const ticked = boxes(all).filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes(all).length;
      all.indeterminate = ticked > 0 && !all.checked;
      const count = document.getElementById("ticked");
      if (count) count.textContent = ticked ? count.dataset.some.replace("0", ticked) : count.dataset.none;
    }
  };

  // A live part is replaced whole: what its reader ticked, opened or stood on stays so.
  const remember = (part) => ({
    ticked: [...part.querySelectorAll("input:checked")].map((box) => box.id),
    open: [...part.querySelectorAll("details[open]")].map((one) => one.id),
    focus: part.contains(document.activeElement) ? document.activeElement.id : "",
  });
  let last = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    last = remember(event.detail.target);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!last) return;
    for (const id of last.ticked) { const box = document.getElementById(id); if (box) box.checked = true; }
    for (const id of last.open) { const one = document.getElementById(id); if (one) one.open = true; }
    const stood = last.focus && document.getElementById(last.focus);
    if (stood && document.activeElement !== stood) stood.focus({ preventScroll: true });
    last = null;
    ready();
  });

  // A live part that cannot be fetched is no longer true: say so, until it comes again.
  const stale = (yes) => { const note = document.getElementById("stale"); if (note) note.hidden = !yes; };
  document.addEventListener("htmx:sendError", () => stale(true));
  document.addEventListener("htmx:timeout", () => stale(true));
  document.addEventListener("htmx:afterOnLoad", () => stale(false));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.reload(); // logged out meanwhile: to the door
    else stale(true);
  });

  // States that changed are told to screen readers, once; those that did not are left unsaid.
  let told = null;
  const tell = () => {
    const now = [...document.querySelectorAll("[data-status]")].map((one) => one.dataset.status);
    const news = told ? now.filter((one) => one && !told.includes(one)) : [];
    if (news.length) document.getElementById("said").textContent = news.join(", ");
    told = now;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
    if (event.target.closest("button[data-print]")) window.print();
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.all) for (const one of boxes(box)) one.checked = box.checked;
    if (box.type === "checkbox") mirror();
  });

  const ready = () => {
    for (const one of document.querySelectorAll("[data-script]")) one.hidden = false;
    mirror();
    tell();
  };
  ready();
})();
