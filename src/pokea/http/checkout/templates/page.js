"use strict";
(() => {
  const SOON = 2000;
  const LATE = 15000;
  const SILENT = 5000;
  const root = document.documentElement;
  const part = (id) => document.getElementById(id);
  const card = part("card");
  const path = card.dataset.path;
  let stream, timer, clock;
  let wait = SOON;
  let misses = 0;

  const over = () => JSON.parse(card.dataset.status).state === "paid";

  // The server draws; we exchange the two parts, so that the live region stays the same element.
  async function draw() {
    const reply = await fetch(`${path}?lang=${root.lang}`);
    if (!reply.ok) throw new Error(reply.status);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.getElementById("card");
    if (fresh.dataset.status === card.dataset.status) return;
    document.title = page.title;
    card.dataset.status = fresh.dataset.status;
    for (const id of ["news", "rest"]) {
      part(id).innerHTML = page.getElementById(id).innerHTML;
      part(id).className = page.getElementById(id).className;
    }
    part("title").focus();
    dress();
  }

  async function hear(status) {
    if (status !== card.dataset.status) await draw();
    misses = 0;
    connected();
    if (over()) hush();
  }

  function connected() {
    part("offline").hidden = navigator.onLine && misses < 2;
  }

  function miss() {
    misses += 1;
    connected();
  }

  function hush() {
    clearTimeout(timer);
    if (stream) stream.close();
    stream = undefined;
  }

  function listen() {
    hush();
    wait = SOON;
    if (over()) return;
    if (!window.EventSource) return poll();
    stream = new EventSource(`${path}/events`);
    // A proxy that holds the stream back looks like a connection that never speaks.
    timer = setTimeout(drop, SILENT);
    stream.onmessage = (event) => {
      clearTimeout(timer);
      hear(event.data).catch(drop);
    };
    stream.onerror = drop;
  }

  function drop() {
    hush();
    poll();
  }

  async function poll() {
    try {
      const reply = await fetch(`${path}/status`);
      if (!reply.ok) throw new Error(reply.status);
      await hear(await reply.text());
    } catch {
      miss();
    }
    clearTimeout(timer);
    if (over()) return;
    timer = setTimeout(poll, wait);
    wait = Math.min(wait * 1.5, LATE);
  }

  function read(seconds) {
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  const then = {
    draw: () => setTimeout(() => draw().catch(miss), 500),
    wake: () => { part("again").disabled = false; },
    go: () => location.replace(part("back").href),
  };

  // Counts on the difference, so neither a wrong clock nor a sleeping phone bends it.
  function count(left) {
    const end = Date.now() + left.dataset.left * 1000;
    clock = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      left.textContent = read(seconds);
      if (seconds) return;
      clearInterval(clock);
      then[left.dataset.then]();
    }, 250);
  }

  function dress() {
    clearInterval(clock);
    const left = part("left");
    if (left) count(left);
    if (left && left.dataset.then === "wake") part("again").disabled = true;
    if (navigator.clipboard) {
      for (const button of card.querySelectorAll(".copy")) button.hidden = false;
    }
  }

  card.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "stay") {
      clearInterval(clock);
      part("going").remove();
    }
    if (button.dataset.copy) {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = card.dataset.copied;
    }
  });
  // One press, one prompt.
  card.addEventListener("submit", (event) => {
    event.target.querySelector(".main").disabled = true;
  });
  addEventListener("online", listen);
  addEventListener("offline", connected);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else listen();
  });

  root.classList.add("live");
  dress();
  connected();
  listen();
})();
