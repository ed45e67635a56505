"use strict";
// Turns an order's page paid without a reload: asks, and draws again when the answer differs.
(() => {
  const order = document.getElementById("order");
  const path = location.pathname;
  const QUICK = 2000;
  const SLOW = 15000;
  let wait = QUICK;
  let timer;

  async function draw() {
    const reply = await fetch(path);
    if (!reply.ok) throw new Error(reply.status);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.getElementById("order");
    if (fresh.dataset.version === order.dataset.version) return;
    for (const id of ["news", "facts", "next"]) {
      document.getElementById(id).innerHTML = page.getElementById(id).innerHTML;
    }
    document.title = page.title;
    Object.assign(order.dataset, fresh.dataset);
    document.getElementById("title").focus();
    wait = QUICK;
  }

  async function ask() {
    clearTimeout(timer);
    try {
      const reply = await fetch(`${path}/status`);
      const status = await reply.json();
      if (status.version !== order.dataset.version) await draw();
    } catch {
      wait = SLOW;
    }
    if (order.dataset.paid === "yes" || document.hidden) return;
    timer = setTimeout(ask, wait);
    // A minute of quick questions covers a prompt's life; after that there is no hurry.
    wait = Math.min(wait * 1.05, SLOW);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || order.dataset.paid === "yes") return;
    wait = QUICK;
    ask();
  });
  if (order.dataset.paid !== "yes") timer = setTimeout(ask, wait);
})();
