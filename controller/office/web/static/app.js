// What makes the pages live: they work without it, by being loaded again.
// House rules: the server renders, this only asks again and swaps what changed; the keyboard's focus and what was chosen stay;
// what is announced is said politely and only when it changed; nothing here builds HTML from data.
"use strict";

(() => {
  document.documentElement.classList.add("js");

  const QUIET_MS = 200; // events that come together are asked about once
  const live = document.getElementById("live");
  const places = [...document.querySelectorAll("[data-fragment]")];
  const lost = document.querySelector("[data-lost]");
  let paused = false;

  const said = (box) => new Map([...box.querySelectorAll("[data-say]")].map((each) => [each.id, each.dataset.say]));

  function swap(box, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const before = said(box);
    const focused = document.activeElement && box.contains(document.activeElement) ? document.activeElement : null;
    const chosen = box.querySelector("input:checked");
    const news = [...fresh.content.children];
    const kept = new Set(news.map((each) => each.id));
    for (const old of [...box.children]) if (!kept.has(old.id)) old.remove();
    news.forEach((each, place) => {
      const old = each.id && document.getElementById(each.id);
      if (!old) box.insertBefore(each, box.children[place] || null);
      else if (old.outerHTML !== each.outerHTML) {
        const held = focused && old.contains(focused) ? focused.getAttribute("href") || focused.value : null;
        old.replaceWith(each);
        if (held) [...each.querySelectorAll("a, input, button")].find((one) => held === (one.getAttribute("href") || one.value))?.focus();
      }
    });
    if (chosen) {
      const again = [...box.querySelectorAll("input")].find((one) => one.value === chosen.value);
      if (again) again.checked = true;
    }
    if ("announce" in box.dataset) {
      const changes = [...said(box)].filter(([id, text]) => before.get(id) !== text).map(([, text]) => text);
      if (changes.length) live.textContent = changes.join(". ");
    }
    tick();
  }

  async function load(box) {
    if (paused) return;
    try {
      const answer = await fetch(box.dataset.fragment, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (answer.redirected) location.reload();
      else if (answer.ok) swap(box, await answer.text());
    } catch { /* the stream says when the office is back */ }
  }

  function soon(box) {
    clearTimeout(box.waits);
    box.waits = setTimeout(load, QUIET_MS, box);
  }

  function span(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (seconds < 60) return `${seconds}\u00a0s`;
    if (minutes < 60) return `${minutes}\u00a0min`;
    return `${Math.floor(minutes / 60)}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}`;
  }

  const ahead = Date.now() - Number(document.body.dataset.now || Date.now());
  function write(each, seconds) {
    const text = span(Math.max(0, Math.floor(seconds)));
    if (each.textContent !== text) each.textContent = text;
  }
  function tick() {
    if (paused) return;
    const now = Date.now() - ahead;
    for (const each of document.querySelectorAll("[data-since]")) write(each, (now - Number(each.dataset.since)) / 1000);
    for (const each of document.querySelectorAll("[data-until]")) write(each, (Number(each.dataset.until) - now) / 1000);
  }

  // The server beats; a line that says nothing for so long is cut, whatever the browser believes of it, and tried anew.
  const quietMs = Number(document.body.dataset.quietMs || 40000);
  let stream = null;
  let heard = 0;
  function cut(is) {
    lost?.classList.toggle("hidden", !is);
    document.body.classList.toggle("cut-off", is);
  }
  function listen() {
    stream?.close();
    stream = new EventSource(document.body.dataset.stream || "/api/v1/events");
    const wanted = new Set(places.flatMap((box) => box.dataset.onEvents.split(" ")));
    for (const kind of [...wanted, "resync", "beat", "open"]) {
      stream.addEventListener(kind, () => { heard = Date.now(); cut(false); });
    }
    for (const kind of wanted) {
      stream.addEventListener(kind, () => places.filter((box) => box.dataset.onEvents.split(" ").includes(kind)).forEach(soon));
    }
    stream.addEventListener("resync", () => places.forEach(soon));
    stream.addEventListener("error", () => cut(true));
    heard = Date.now();
  }
  function watch() {
    if (Date.now() - heard < quietMs) return;
    cut(true);
    listen();
  }

  if (places.length) {
    listen();
    for (const box of places) if (box.dataset.every) setInterval(load, Number(box.dataset.every), box);
    setInterval(tick, 1000);
    setInterval(watch, 1000);
  }

  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

  document.querySelector("[data-full]")?.addEventListener("click", async () => {
    await document.documentElement.requestFullscreen?.();
    try { await navigator.wakeLock?.request("screen"); } catch { /* the screen's own settings keep it awake then */ }
  });

  document.querySelector("[data-pause]")?.addEventListener("click", (event) => {
    const button = event.currentTarget;
    paused = !paused;
    button.textContent = paused ? button.dataset.off : button.dataset.on;
    if (!paused) places.forEach(load);
  });

  for (const box of document.querySelectorAll("[data-search]")) {
    box.addEventListener("input", () => {
      clearTimeout(box.waits);
      box.waits = setTimeout(async () => {
        const answer = await fetch(`${box.dataset.search}?q=${encodeURIComponent(box.value)}`, { credentials: "same-origin" });
        if (!answer.ok) return;
        const list = document.getElementById(box.dataset.into);
        list.innerHTML = await answer.text();
        if (list.options.length === 1) list.selectedIndex = 0;
      }, QUIET_MS);
    });
  }
})();
