// Frontdesk's chat widget. One script tag, no build step, nothing loaded from elsewhere:
//   <script src="https://bot.example/widget.js" data-key="…" data-locale="auto" async></script>
(() => {
  "use strict";

  const script = document.currentScript;
  const key = script?.dataset.key;
  if (!key || window.Frontdesk) return;

  const TEXT_LIMIT = 2000; // Unicode scalars, as the server counts them
  const HISTORY_LIMIT = 200; // messages kept for the next page load
  const UNSENT_LIMIT = 20;
  const STORAGE_KEY = `frontdesk:${key}`;

  // ---- Words -------------------------------------------------------------------------------------------------------------

  const WORDS = {
    en: {
      title: "Customer service", open: "Open the chat", close: "Close the chat", input: "Write a message", send: "Send",
      fresh: "New conversation", log: "Conversation", typing: "The bot is typing", hello: "Hello! How can we help?",
      connecting: "Connecting …", offline: "No connection. Your message is kept and sent as soon as it is back.",
      refused: "This chat is not available here.", waiting: "A person has been asked and will answer here.",
      agent: "You are talking to a person now.", closed: "This conversation is closed.", failed: "Not sent.", retry: "Try again",
      up: "Helpful", down: "Not helpful", thanks: "Thank you for the feedback.", left: (n) => `${n} characters left`,
      bot: "Bot", you: "You", person: "Agent", tooLong: "The message is too long.",
    },
    zh: {
      title: "在线客服", open: "打开聊天", close: "关闭聊天", input: "输入消息", send: "发送",
      fresh: "开始新对话", log: "对话", typing: "正在输入", hello: "您好！请问有什么可以帮您？",
      connecting: "正在连接…", offline: "网络已断开，消息已保存，恢复后会自动发送。",
      refused: "此处无法使用聊天。", waiting: "已为您请人工客服，稍后会在这里回复。",
      agent: "您正在与人工客服对话。", closed: "本次对话已结束。", failed: "未发送。", retry: "重试",
      up: "有帮助", down: "没帮助", thanks: "谢谢您的反馈。", left: (n) => `还可输入 ${n} 字`,
      bot: "机器人", you: "您", person: "客服", tooLong: "消息太长了。",
    },
  };

  const wanted = script.dataset.locale && script.dataset.locale !== "auto" ? script.dataset.locale : navigator.language || "en";
  const locale = wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
  const words = WORDS[locale];

  // ---- What survives a page load -----------------------------------------------------------------------------------------

  const empty = () => ({ conversation: null, lastSeq: 0, messages: [], unsent: [], rated: {} });

  function load() {
    try {
      return { ...empty(), ...JSON.parse(localStorage.getItem(STORAGE_KEY) || "{}") };
    } catch {
      return empty(); // storage may be blocked or hold something foreign
    }
  }

  let saved = load();

  function save() {
    saved.messages = saved.messages.slice(-HISTORY_LIMIT);
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(saved));
    } catch {
      // Without storage the chat still works, it just does not survive a reload.
    }
  }

  // ---- The connection ----------------------------------------------------------------------------------------------------

  const origin = new URL(script.src, location.href);
  const address = `${origin.protocol === "https:" ? "wss:" : "ws:"}//${origin.host}/v1/ws`;

  let socket = null;
  let isReady = false;
  let isRefused = false;
  let attempts = 0;
  let heartbeat = 30;
  let heartbeatTimer = null;
  let retryTimer = null;
  let lastHeard = 0;
  let inFlight = null; // the client_message_id that waits for its ack

  function connect() {
    if (socket || isRefused) return;
    clearTimeout(retryTimer);
    showStatus(saved.messages.length || attempts ? words.connecting : "");
    socket = new WebSocket(address, ["frontdesk.v1", `bearer.${key}`]);
    socket.onopen = () => {
      attempts = 0;
      transmit(saved.conversation
        ? { type: "resume", conversation_id: saved.conversation, after: saved.lastSeq }
        : { type: "start", locale, channel: "web" });
    };
    socket.onmessage = (event) => {
      lastHeard = Date.now();
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch {
        return;
      }
      receive(frame);
    };
    socket.onclose = (event) => disconnected(event.code);
  }

  function disconnected(code) {
    socket = null;
    isReady = false;
    inFlight = null;
    clearInterval(heartbeatTimer);
    showTyping(false);
    if (code === 4401 || code === 4403 || code === 4400) {
      isRefused = true;
      return showStatus(words.refused);
    }
    showStatus(words.offline);
    attempts += 1;
    // Doubling waits with jitter, so that a restarted server is not met by everyone at once.
    const base = code === 4429 ? 10000 : 500;
    const wait = Math.min(30000, base * 2 ** Math.min(attempts - 1, 6)) * (0.5 + Math.random() / 2);
    retryTimer = setTimeout(connect, wait);
  }

  const transmit = (frame) => socket && socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));

  function startHeartbeat() {
    clearInterval(heartbeatTimer);
    lastHeard = Date.now();
    heartbeatTimer = setInterval(() => {
      if (Date.now() - lastHeard > heartbeat * 2000) return socket?.close();
      transmit({ type: "ping" });
    }, heartbeat * 1000);
  }

  function receive(frame) {
    switch (frame.type) {
      case "ready": return ready(frame);
      case "message": return add(frame.message);
      case "ack": return acknowledged(frame);
      case "typing": return showTyping(frame.on);
      case "status": return showStatus(words[frame.status] || "");
      case "error": return failed(frame);
    }
  }

  function ready(frame) {
    saved.conversation = frame.conversation_id;
    save();
    heartbeat = frame.heartbeat_s || 30;
    isReady = true;
    startHeartbeat();
    showStatus("");
    sendNext();
  }

  function acknowledged(frame) {
    if (frame.message_id) return showThanks();
    const item = saved.unsent.find((one) => one.client_message_id === frame.client_message_id);
    if (!item) return;
    saved.unsent = saved.unsent.filter((one) => one !== item);
    inFlight = null;
    add({ id: frame.client_message_id, seq: frame.seq, from: "visitor", text: item.shown, buttons: [] });
    item.element?.remove();
    sendNext();
  }

  function failed(frame) {
    showTyping(false);
    if (!isReady) {
      // The conversation is gone (another key, another database): begin a new one and keep what was not sent.
      saved = { ...empty(), unsent: saved.unsent };
      save();
      renderAll();
      return transmit({ type: "start", locale, channel: "web" });
    }
    const item = saved.unsent.find((one) => one.client_message_id === frame.client_message_id);
    if (!item) return;
    inFlight = null;
    if (["rate_limited", "overloaded", "not_ready"].includes(frame.code)) return setTimeout(sendNext, 1500);
    if (frame.code === "conflict") showStatus(words.closed);
    item.failed = true;
    save();
    renderUnsent(item);
    sendNext();
  }

  // ---- Sending -----------------------------------------------------------------------------------------------------------

  const newID = () =>
    crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  /** Puts a message behind those that wait; it leaves the list when the server has acknowledged it. */
  function enqueue(payload, shown) {
    if (saved.unsent.length >= UNSENT_LIMIT) return showStatus(words.offline);
    const item = { client_message_id: newID(), payload, shown };
    saved.unsent.push(item);
    save();
    renderUnsent(item);
    connect();
    sendNext();
  }

  /** One at a time and in order: the next one goes when the one before it is acknowledged. */
  function sendNext() {
    if (!isReady || inFlight) return;
    const item = saved.unsent.find((one) => !one.failed);
    if (!item) return;
    inFlight = item.client_message_id;
    transmit({ type: "message", client_message_id: item.client_message_id, ...item.payload });
  }

  function startAnew() {
    saved = empty();
    save();
    renderAll();
    isRefused = false;
    if (socket) socket.close();
    else connect();
    attempts = 0;
    ui.input.focus();
  }

  // ---- The page ----------------------------------------------------------------------------------------------------------

  const STYLE = `
    :host { all: initial; --accent: #2f5bea; --accent-text: #fff; --back: #fff; --text: #1a1d26; --soft: #f2f4f8; --line: #dfe3ea; --dim: #626b7b;
      font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
    @media (prefers-color-scheme: dark) { :host { --back: #171a21; --text: #eceef3; --soft: #242934; --line: #343b49; --dim: #a2abbb; } }
    * { box-sizing: border-box; font: inherit; }
    button { cursor: pointer; border: 0; background: none; color: inherit; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .bubble { position: fixed; bottom: 20px; right: 20px; width: 58px; height: 58px; border-radius: 50%; background: var(--accent); color: var(--accent-text);
      box-shadow: 0 6px 24px rgb(0 0 0 / .25); display: grid; place-items: center; z-index: 2147483000; }
    .left .bubble, .left .panel { right: auto; left: 20px; }
    .panel { position: fixed; bottom: 92px; right: 20px; width: 380px; height: min(620px, calc(100vh - 112px)); display: flex; flex-direction: column; overflow: hidden;
      background: var(--back); color: var(--text); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 12px 48px rgb(0 0 0 / .25); z-index: 2147483001; }
    [hidden] { display: none !important; }
    header { display: flex; align-items: center; gap: 4px; padding: 12px 10px 12px 16px; background: var(--accent); color: var(--accent-text); }
    header h2 { margin: 0; flex: 1; font-size: 16px; font-weight: 600; }
    header button { width: 36px; height: 36px; border-radius: 8px; display: grid; place-items: center; }
    header button:hover { background: rgb(255 255 255 / .16); }
    header :focus-visible { outline-color: #fff; }
    .status { padding: 6px 16px; background: var(--soft); color: var(--dim); font-size: 13px; }
    .status:empty { display: none; }
    .log { flex: 1; overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 8px; overscroll-behavior: contain; }
    .message { max-width: 84%; align-self: flex-start; }
    .message > .text { padding: 9px 13px; border-radius: 14px 14px 14px 4px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
    .message.visitor { align-self: flex-end; }
    .message.visitor > .text { background: var(--accent); color: var(--accent-text); border-radius: 14px 14px 4px 14px; }
    .message[data-state="sending"] > .text { opacity: .6; }
    .message .note { font-size: 12px; color: var(--dim); text-align: right; }
    .message .note button { color: var(--accent); text-decoration: underline; padding: 0 4px; }
    .message a { color: var(--accent); }
    .replies { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
    .replies button { border: 1px solid var(--accent); color: var(--accent); border-radius: 16px; padding: 5px 12px; background: var(--back); text-align: left; }
    .replies button:hover { background: var(--soft); }
    .thumbs { display: flex; gap: 2px; margin-top: 2px; }
    .thumbs button { width: 28px; height: 28px; border-radius: 6px; color: var(--dim); display: grid; place-items: center; }
    .thumbs button:hover, .thumbs button[aria-pressed="true"] { color: var(--accent); background: var(--soft); }
    .typing { display: flex; gap: 4px; padding: 12px 14px; align-self: flex-start; background: var(--soft); border-radius: 14px; }
    .typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--dim); animation: pulse 1.2s infinite; }
    .typing i:nth-child(2) { animation-delay: .15s } .typing i:nth-child(3) { animation-delay: .3s }
    @keyframes pulse { 0%, 60%, 100% { opacity: .3 } 30% { opacity: 1 } }
    @media (prefers-reduced-motion: reduce) { .typing i { animation: none } }
    form { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px; border-top: 1px solid var(--line); }
    textarea { flex: 1; resize: none; max-height: 120px; padding: 9px 12px; border: 1px solid var(--line); border-radius: 12px; background: var(--back); color: var(--text); }
    .send { width: 40px; height: 40px; border-radius: 12px; background: var(--accent); color: var(--accent-text); display: grid; place-items: center; }
    .send:disabled { opacity: .4; cursor: default; }
    .count { padding: 0 16px 8px; font-size: 12px; color: var(--dim); }
    .count:empty { display: none; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .thumbs svg { width: 15px; height: 15px; }
    @media (max-width: 480px) { .panel, .left .panel { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; } }
  `;

  const ICONS = {
    chat: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z", close: "M6 6l12 12M18 6L6 18", send: "M4 12l16-8-6 16-3-6z",
    fresh: "M4 12a8 8 0 1 0 3-6M4 4v4h4", up: "M7 11v9H4v-9zM7 11l4-8c2 0 3 1 2.500 3L13 9h6l-2 11H7",
    down: "M7 13V4H4v9zM7 13l4 8c2 0 3-1 2.500-3L13 15h6L17 4H7",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  /** An element with attributes (`on…` are listeners) and children. Text is only ever set as text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const iconButton = (name, label, testID, onclick, extra = {}) =>
    make("button", { type: "button", "aria-label": label, title: label, "data-testid": testID, onclick, ...extra }, icon(name));

  const ui = {};

  function build() {
    const host = make("div", { id: "frontdesk-widget" });
    const root = host.attachShadow({ mode: "open" });
    if (script.dataset.color && CSS.supports("color", script.dataset.color)) host.style.setProperty("--accent", script.dataset.color);
    const title = script.dataset.title || words.title;
    ui.bubble = iconButton("chat", words.open, "bubble", () => toggle(), { class: "bubble", "aria-expanded": "false" });
    ui.status = make("div", { class: "status", role: "status", "data-testid": "status" });
    ui.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": words.log, tabindex: "0" });
    ui.typing = make("div", { class: "typing", "data-testid": "typing", hidden: true }, make("i"), make("i"), make("i"), make("span", { class: "unseen" }, words.typing));
    ui.input = make("textarea", { rows: "1", placeholder: words.input, "aria-label": words.input, "data-testid": "input", oninput: inputChanged, onkeydown: keyPressed });
    ui.send = make("button", { type: "submit", class: "send", "aria-label": words.send, "data-testid": "send", disabled: true }, icon("send"));
    ui.count = make("div", { class: "count", "aria-live": "polite" });
    ui.panel = make("section", { class: "panel", role: "dialog", "aria-label": title, "data-testid": "panel", hidden: true, onkeydown: (event) => event.key === "Escape" && close() },
      make("header", {}, make("h2", {}, title),
        iconButton("fresh", words.fresh, "new-conversation", startAnew), iconButton("close", words.close, "close", () => close())),
      ui.status, ui.log,
      make("form", { onsubmit: (event) => { event.preventDefault(); submit(); } }, ui.input, ui.send), ui.count);
    root.append(make("style", {}, STYLE), make("div", { class: script.dataset.position === "left" ? "left" : "" }, ui.panel, ui.bubble));
    document.body.append(host);
    renderAll();
    if (saved.unsent.length) connect();
  }

  // ---- Messages ----------------------------------------------------------------------------------------------------------

  const elements = new Map(); // seq → element

  function renderAll() {
    elements.clear();
    ui.log.replaceChildren(messageElement({ from: "bot", text: words.hello, buttons: [] }), ui.typing);
    for (const message of saved.messages) place(message);
    for (const item of saved.unsent) renderUnsent(item);
  }

  /** Takes a message over once, whatever way and however often it comes. */
  function add(message) {
    if (elements.has(message.seq)) return;
    saved.messages.push({ id: message.id, seq: message.seq, from: message.from, text: message.text, buttons: message.buttons });
    saved.messages.sort((a, b) => a.seq - b.seq);
    saved.lastSeq = Math.max(saved.lastSeq, message.seq);
    save();
    place(message);
  }

  function place(message) {
    const element = messageElement(message);
    elements.set(message.seq, element);
    const later = [...elements.keys()].filter((seq) => seq > message.seq).sort((a, b) => a - b)[0];
    ui.log.insertBefore(element, later ? elements.get(later) : ui.log.querySelector("[data-unsent]") || ui.typing);
    if (message.from === "visitor") retireButtons();
    scrollDown();
  }

  function messageElement(message) {
    const from = message.from === "visitor" ? words.you : message.from === "agent" ? words.person : words.bot;
    const element = make("div", { class: `message ${message.from}`, "data-testid": `message-${message.from}`, "data-seq": message.seq, "data-state": message.from === "visitor" ? "sent" : null },
      make("span", { class: "unseen" }, `${from}: `), make("div", { class: "text" }, ...linked(message.text)));
    if (message.buttons?.length) element.append(make("div", { class: "replies" }, ...message.buttons.map(replyButton)));
    if (message.from === "bot" && message.id) element.append(thumbs(message));
    return element;
  }

  /** Web addresses become links; everything else stays text. */
  function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"'，。！？；）】]+)/).map((part, index) => {
      if (index % 2 === 0) return part;
      const trimmed = part.replace(/[.,!?;:)]+$/, "");
      const link = make("a", { href: trimmed, target: "_blank", rel: "noopener noreferrer" }, trimmed);
      const fragment = document.createDocumentFragment();
      fragment.append(link, part.slice(trimmed.length));
      return fragment;
    });
  }

  function replyButton(button) {
    return make("button", { type: "button", "data-testid": "quick-reply", onclick: () => {
      const payload = { intent: button.intent };
      if (button.slots) payload.slots = button.slots;
      enqueue(payload, button.title);
    } }, button.title);
  }

  // Old choices are no longer offered once the visitor has gone on.
  function retireButtons() {
    for (const replies of ui.log.querySelectorAll(".replies")) replies.hidden = true;
    const last = ui.log.querySelectorAll(".message:not(.visitor)");
    const newest = Math.max(0, ...[...elements.keys()]);
    const element = elements.get(newest);
    if (element && last[last.length - 1] === element) element.querySelector(".replies")?.removeAttribute("hidden");
  }

  function thumbs(message) {
    const rate = (rating) => (event) => {
      saved.rated[message.id] = rating;
      save();
      for (const button of event.currentTarget.parentElement.children) button.setAttribute("aria-pressed", button === event.currentTarget);
      transmit({ type: "feedback", message_id: message.id, rating });
    };
    const pressed = (rating) => ({ "aria-pressed": String(saved.rated[message.id] === rating) });
    return make("div", { class: "thumbs" },
      iconButton("up", words.up, "thumb-up", rate("up"), pressed("up")), iconButton("down", words.down, "thumb-down", rate("down"), pressed("down")));
  }

  function renderUnsent(item) {
    ui.log.querySelector(`[data-unsent="${item.client_message_id}"]`)?.remove();
    const element = make("div", { class: "message visitor", "data-testid": "message-visitor", "data-unsent": item.client_message_id, "data-state": item.failed ? "failed" : "sending" },
      make("span", { class: "unseen" }, `${words.you}: `), make("div", { class: "text" }, item.shown));
    if (item.failed) {
      element.append(make("div", { class: "note" }, words.failed, make("button", { type: "button", onclick: () => {
        item.failed = false;
        renderUnsent(item);
        sendNext();
      } }, words.retry)));
    }
    // Not part of what is stored.
    Object.defineProperty(item, "element", { value: element, configurable: true, enumerable: false });
    ui.log.insertBefore(element, ui.typing);
    scrollDown();
  }

  const scrollDown = () => { ui.log.scrollTop = ui.log.scrollHeight; };

  function showTyping(isOn) {
    ui.typing.hidden = !isOn;
    if (isOn) scrollDown();
  }

  function showStatus(text) { ui.status.textContent = text; }

  function showThanks() {
    showStatus(words.thanks);
    setTimeout(() => ui.status.textContent === words.thanks && showStatus(""), 3000);
  }

  // ---- Writing -----------------------------------------------------------------------------------------------------------

  function inputChanged() {
    const length = [...ui.input.value].length;
    const left = TEXT_LIMIT - length;
    ui.send.disabled = !ui.input.value.trim() || left < 0;
    ui.count.textContent = left < 0 ? words.tooLong : left <= 200 ? words.left(left) : "";
    ui.input.style.height = "auto";
    ui.input.style.height = `${ui.input.scrollHeight + 2}px`;
  }

  function keyPressed(event) {
    // While a Chinese input method composes, Enter chooses a candidate.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  }

  function submit() {
    const text = ui.input.value.trim();
    if (!text || [...text].length > TEXT_LIMIT) return;
    ui.input.value = "";
    inputChanged();
    enqueue({ text }, text);
  }

  function open() {
    ui.panel.hidden = false;
    ui.bubble.setAttribute("aria-expanded", "true");
    connect();
    scrollDown();
    ui.input.focus();
  }

  function close() {
    ui.panel.hidden = true;
    ui.bubble.setAttribute("aria-expanded", "false");
    ui.bubble.focus();
  }

  const toggle = () => (ui.panel.hidden ? open() : close());

  window.Frontdesk = { open, close, send: (text) => { open(); enqueue({ text: String(text) }, String(text)); } };
  if (document.body) build();
  else document.addEventListener("DOMContentLoaded", build);
})();
