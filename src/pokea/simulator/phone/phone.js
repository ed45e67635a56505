// The simulated phone: draws the state that the simulator streams, and sends back what its
// owner does. Falls back to polling while the stream is broken.
"use strict";

const ACTIONS = [
  ["Pays", "0", { action: "pay" }],
  ["Cancels", "1032", { action: "cancel" }],
  ["Wrong PIN", "2001", { action: "wrong_pin" }],
  ["No money", "1", { action: "no_money" }],
  ["Ignores it", "1037", { action: "ignore" }],
  ["Phone off", "1037", { action: "off" }],
  ["Busy line", "1001", { action: "busy" }],
  ["Pays, callback lost", "no callback", { action: "pay", callback: "drop" }],
  ["Pays, told twice", "2 callbacks", { action: "pay", callback: "twice" }],
  ["Pays, told late", "after 30 s", { action: "pay", callback_delay_s: 30 }],
  ["Pays, told half", "wrong amount", { action: "pay", callback_amount: "half" }],
  ["Pays after expiry", "1037, then 0", { action: "ignore", late_success_s: 30 }],
];
const NETWORK = [
  ["Every 5th call 503", { probability: 0.2, sync: "html_503" }],
  ["Callbacks 10 s late", { callback_delay_s: 10 }],
  ["Callbacks twice", { callback: "twice" }],
  ["Callbacks lost", { callback: "drop" }],
];

const find = (id) => document.getElementById(id);
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const money = (text) => `KSh ${Number(text).toLocaleString("en-KE", { minimumFractionDigits: 2 })}`;
const local = (msisdn) => `0${msisdn.slice(3, 6)} ${msisdn.slice(6, 9)} ${msisdn.slice(9)}`;
const at = (iso, options) =>
  new Date(iso).toLocaleString("en-GB", { timeZone: "Africa/Nairobi", ...options });

let screen = null;
let chosen = new URLSearchParams(location.search).get("msisdn");
let deadline = 0;
let shownPrompt = null;
let sent = null;
let balanceOpen = false;
let drawnPeople = "";

async function call(method, path, body) {
  const reply = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await reply.json();
  if (!reply.ok) {
    const detail = answer.detail;
    throw new Error(typeof detail === "string" ? detail : detail?.[0]?.msg ?? `error ${reply.status}`);
  }
  return answer;
}

async function attempt(work, done = "") {
  try {
    await work();
    find("say").textContent = done;
  } catch (error) {
    find("say").textContent = String(error.message ?? error);
  }
  if (done) setTimeout(() => { if (find("say").textContent === done) find("say").textContent = ""; }, 4000);
}

const path = (tail = "") => `/_sim/phones/${chosen}${tail}`;
const current = () => screen?.phones.find((phone) => phone.msisdn === chosen);

function choose(msisdn) {
  chosen = msisdn;
  const url = new URL(location.href);
  url.searchParams.set("msisdn", msisdn);
  history.replaceState(null, "", url);
  balanceOpen = false;
  draw();
}

function draw() {
  if (!screen) return;
  if (!current()) {
    if (/^254[17]\d{8}$/.test(chosen ?? "")) {
      const wanted = chosen;
      attempt(async () => {
        const phone = await call("GET", `/_sim/phones/${wanted}`);
        if (!current()) screen.phones.push(phone);
        draw();
      });
      return;
    }
    chosen = screen.phones[0].msisdn;
  }
  const phone = current();
  drawClock();
  find("device").classList.toggle("off", !phone.on);
  find("device").setAttribute("aria-label", `Phone of ${phone.name}`);
  find("offline").hidden = phone.on;
  find("signal").textContent = phone.on ? "Simu-Tel 4G" : "no signal";
  find("number").textContent = local(phone.msisdn);
  find("balance").textContent = balanceOpen ? money(phone.balance) : "Show balance";
  find("balance").setAttribute("aria-expanded", String(balanceOpen));
  find("balance").hidden = !phone.on;
  drawPrompt(phone);
  drawInbox(phone);
  drawPeople();
  drawPanel(phone);
}

function drawClock() {
  const time = at(screen.now, { hour: "2-digit", minute: "2-digit" });
  find("clock").textContent = time;
  find("time").textContent = time;
  find("date").textContent = at(screen.now, { weekday: "short", day: "numeric", month: "short" });
}

function drawPrompt(phone) {
  const prompt = phone.prompt;
  const waiting = prompt !== null && sent !== prompt.checkout_id;
  find("sending").hidden = prompt === null || waiting;
  find("home").hidden = !phone.on || prompt !== null;
  find("prompt").hidden = !waiting;
  if (prompt) deadline = performance.now() + prompt.expires_in_s * 1000;
  if (!waiting) {
    shownPrompt = prompt?.checkout_id ?? null;
    return;
  }
  if (shownPrompt === prompt.checkout_id) return;
  shownPrompt = prompt.checkout_id;
  const ask = find("ask");
  ask.replaceChildren(
    "Do you want to pay ", make("b", money(prompt.amount)), " to ", make("b", prompt.payee));
  if (prompt.reference) ask.append(" account ", make("b", prompt.reference));
  ask.append("?");
  find("pin").value = "";
  tick();
  const busy = document.activeElement;
  if (!busy || busy === document.body || find("device").contains(busy)) find("pin").focus({ preventScroll: true });
}

function drawInbox(phone) {
  const inbox = find("inbox");
  const key = `${phone.msisdn} ${phone.inbox[0]?.at} ${phone.inbox.length}`;
  if (inbox.dataset.key === key) return;
  inbox.dataset.key = key;
  inbox.replaceChildren(
    ...phone.inbox.map((sms) => {
      const node = make("div", "", { class: "sms" });
      const when = at(sms.at, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
      node.append(make("small", `M-PESA (simulated) · ${when}`), sms.text);
      return node;
    }));
  if (!phone.inbox.length) inbox.append(make("p", "No messages yet.", { class: "none" }));
}

function drawPeople() {
  const rows = screen.phones.map((phone) => [
    phone.msisdn, phone.name, money(phone.balance),
    phone.prompt ? "prompt waiting" : phone.locked ? "PIN locked" : phone.on ? "" : "off"]);
  const key = JSON.stringify([chosen, rows]);
  if (key === drawnPeople) return;
  drawnPeople = key;
  const hadFocus = find("people").contains(document.activeElement);
  find("people").replaceChildren(...rows.map(([msisdn, name, balance, note]) => {
    const row = make("label", "");
    const radio = make("input", "", { type: "radio", name: "person", value: msisdn });
    radio.checked = msisdn === chosen;
    radio.addEventListener("change", () => choose(msisdn));
    const who = make("span", name, { class: "who" });
    who.append(make("small", local(msisdn)));
    if (note) who.append(make("em", note));
    row.append(radio, who, make("b", balance));
    return row;
  }));
  if (hadFocus) find("people").querySelector("input:checked")?.focus();
}

function drawPanel(phone) {
  const first = phone.name.split(" ")[0];
  find("aim").textContent = phone.prompt
    ? `${first} has a prompt open: the action answers it.`
    : phone.next.length
      ? `Next for ${first}: ${phone.next.join(", ").replaceAll("_", " ")}.`
      : `${first} waits for you at the phone. Choose, and the next prompt is answered by itself.`;
  for (const button of find("actions").children) {
    button.setAttribute("aria-pressed", String(phone.next[0] === button.dataset.action && !phone.prompt));
  }
  find("power").checked = phone.on;
  find("swahili").checked = phone.language === "sw";
  find("unlock").hidden = !phone.locked;
  const rules = screen.faults;
  find("network").textContent = rules
    ? `${rules} fault ${rules === 1 ? "rule is" : "rules are"} in force.`
    : "No faults: callbacks arrive once and at once.";
}

function tick() {
  const left = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
  find("left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function act(plan) {
  const phone = current();
  if (phone.prompt && plan.action !== "ignore") {
    attempt(() => call("POST", path("/answer"), { action: plan.action }));
  } else {
    attempt(async () => {
      await call("DELETE", path("/next"));
      await call("POST", path("/next"), plan);
    }, "The next prompt will be answered so.");
  }
}

function answer(body) {
  sent = current().prompt?.checkout_id ?? null;
  draw();
  attempt(async () => {
    try {
      await call("POST", path("/answer"), { ...body, checkout_id: sent });
    } finally {
      sent = null;
    }
  });
}

function build() {
  for (const digit of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "⌫"]) {
    const key = make("button", digit, { type: "button" });
    if (digit === "0") key.className = "zero";
    if (digit === "⌫") key.setAttribute("aria-label", "Delete");
    key.addEventListener("click", () => {
      const pin = find("pin");
      pin.value = digit === "⌫" ? pin.value.slice(0, -1) : (pin.value + digit).slice(0, 4);
    });
    find("pad").append(key);
  }
  for (const [label, code, plan] of ACTIONS) {
    const button = make("button", label, { type: "button" });
    button.dataset.action = Object.keys(plan).length === 1 ? plan.action : "";
    button.append(make("small", code));
    button.addEventListener("click", () => act(plan));
    find("actions").append(button);
  }
  for (const [label, rule] of NETWORK) {
    const button = make("button", label, { type: "button" });
    button.addEventListener("click", () => attempt(() => call("POST", "/_sim/faults", rule), "Added."));
    find("faults").append(button);
  }
  const kind = make("button", "Clear faults", { type: "button" });
  kind.addEventListener("click", () => attempt(() => call("DELETE", "/_sim/faults"), "All kind again."));
  find("faults").append(kind);
  attempt(async () => {
    for (const { name, about } of await call("GET", "/_sim/scenarios")) {
      find("play").scenario.append(make("option", `${name.replaceAll("_", " ")}: ${about}`, { value: name }));
    }
  });
}

function listen() {
  find("prompt").addEventListener("submit", (event) => {
    event.preventDefault();
    answer({ pin: find("pin").value });
  });
  find("cancel").addEventListener("click", () => answer({ cancel: true }));
  find("balance").addEventListener("click", () => { balanceOpen = !balanceOpen; draw(); });
  find("power").addEventListener("change", (event) =>
    attempt(() => call("PATCH", path(), { on: event.target.checked })));
  find("wake").addEventListener("click", () => attempt(() => call("PATCH", path(), { on: true })));
  find("swahili").addEventListener("change", (event) =>
    attempt(() => call("PATCH", path(), { language: event.target.checked ? "sw" : "en" })));
  find("unlock").addEventListener("click", () => attempt(() => call("PATCH", path(), { locked: false })));
  find("money").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    attempt(() => call("PATCH", path(), { balance: form.balance.value }), "Balance set.");
    form.reset();
  });
  find("add").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    attempt(async () => {
      const phone = await call("GET", `/_sim/phones/${encodeURIComponent(form.msisdn.value)}`);
      if (!screen.phones.some((known) => known.msisdn === phone.msisdn)) screen.phones.push(phone);
      choose(phone.msisdn);
      form.reset();
    });
  });
  find("pay").addEventListener("change", (event) => {
    if (event.target.name === "kind") find("account").hidden = event.target.value === "till";
  });
  find("pay").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const till = form.get("kind") === "till";
    find("paid").textContent = "Sending…";
    attempt(async () => {
      try {
        const paid = await call("POST", "/_sim/c2b", {
          msisdn: chosen, shortcode: form.get("number"), amount: form.get("amount"),
          account: till ? "" : form.get("account"),
        });
        find("paid").textContent = paid.receipt ? `Paid: ${paid.receipt}` : paid.reason;
      } catch (error) {
        find("paid").textContent = error.message;
        throw error;
      }
    });
  });
  find("play").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = event.target.scenario.value;
    attempt(() => call("POST", `/_sim/scenarios/${name}`), "The scenario is in force.");
  });
  setInterval(tick, 500);
}

function show(state) {
  screen = state;
  draw();
}

function follow() {
  const source = new EventSource("/phone/stream");
  let poll = null;
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onopen = () => { clearInterval(poll); poll = null; };
  source.onerror = () => {
    poll ??= setInterval(async () => {
      try {
        show(await (await fetch("/phone/state")).json());
      } catch { /* the simulator is away; the next try will tell */ }
    }, 2000);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { clearInterval(poll); follow(); }, 3000);
  };
}

build();
listen();
follow();
