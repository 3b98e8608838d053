// Frontdesk's chat widget: one script tag, no build step, nothing loaded from elsewhere.
//
//   <script src="https://bot.example/widget.js" data-key="fd_pk_…" async></script>
//
// data-locale    auto (default: the browser's language) or a language tag; may be changed later
// data-title     the panel's heading               data-greeting  the line above an empty conversation
// data-position  right (default) or left           data-color     any CSS colour
//
// window.Frontdesk = { open(), close(), send(text), identify(token, metadata) }
//
// identify: who the visitor is, as the shop's own server vouches with a visitor token; again after each page load, and null after
// the visitor has signed out. `metadata` is an object that people who answer see.
(() => {
  "use strict";

  const script = document.currentScript;
  const key = script?.dataset.key;
  if (!key || window.Frontdesk) return;

  const TEXT_LIMIT = 2000; // Unicode scalars, as the server counts them
  const COUNTER_FROM = 200; // scalars left when the counter appears
  const HISTORY_LIMIT = 200; // messages kept for the next page load
  const UNSENT_LIMIT = 20;
  const STORED_LIMIT = 300_000; // characters kept in the browser's storage, which has some 5 million for the whole site
  const ACK_PATIENCE = 30_000; // ms without an ack after which the socket counts as dead
  const STORAGE_KEY = `frontdesk:${key}`;

  // ---- Words -------------------------------------------------------------------------------------------------------

  // By locale, the bot's commonest first: from Intents/phrases/<locale>.yaml, put in by the server.
  const WORDS = new Map(__FRONTDESK_WORDS__);
  if (!WORDS.size) return console.error("Frontdesk: the bot has no words for the widget; import its phrases");

  /** What the page asks for, else what the browser prefers. */
  function wantedLocale() {
    const wanted = script.dataset.locale;
    return wanted && wanted !== "auto" ? wanted : navigator.language || "en";
  }

  /** Chinese is written in two ways; other languages in one, unless the tag says so. */
  function writingOf(tag) {
    const parts = tag.toLowerCase().split("-");
    const named = parts.slice(1).find((part) => /^[a-z]{4}$/.test(part));
    return named || (parts[0] === "zh" ? (parts.some((part) => ["tw", "hk", "mo"].includes(part)) ? "hant" : "hans") : "");
  }

  /** The nearest locale that there are words in. */
  function chosenLocale() {
    const wanted = wantedLocale().replaceAll("_", "-");
    const all = [...WORDS.keys()];
    const related = all.filter((tag) => tag.split("-")[0] === wanted.toLowerCase().split("-")[0]);
    return all.find((tag) => tag.toLowerCase() === wanted.toLowerCase())
      || related.find((tag) => writingOf(tag) === writingOf(wanted)) || related[0] || all[0];
  }

  let locale = chosenLocale();
  let words = WORDS.get(locale);

  /** A text of the content with its values. */
  const filled = (text, values) => text.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name] ?? "");

  // ---- What survives a page load -----------------------------------------------------------------------------------

  const empty = () => ({ conversation: null, resumeToken: null, lastSeq: 0, messages: [], unsent: [], rated: {}, ratings: {} });
  const mine = new Set(); // the unsent messages that this tab has in its care

  function stored() {
    try {
      const text = localStorage.getItem(STORAGE_KEY) || "{}";
      if (text.length > STORED_LIMIT * 2) return empty(); // not written by this widget
      const value = { ...empty(), ...JSON.parse(text) };
      return Array.isArray(value.messages) && Array.isArray(value.unsent) ? value : empty();
    } catch {
      return empty(); // storage may be blocked or hold something foreign
    }
  }

  let saved = stored();
  for (const item of saved.unsent) mine.add(item.id);

  function save() {
    saved.messages = saved.messages.slice(-HISTORY_LIMIT);
    const known = new Set(saved.messages.map((message) => message.id));
    saved.rated = pick(saved.rated, (id) => known.has(id));
    saved.ratings = pick(saved.ratings, (_, place, all) => place >= all.length - UNSENT_LIMIT);
    // Another tab may have unsent messages of its own: they are left as they are.
    const others = stored().unsent.filter((item) => !mine.has(item.id));
    const unsent = [...others, ...saved.unsent].slice(0, UNSENT_LIMIT * 2);
    const { conversation, resumeToken, lastSeq, rated, ratings } = saved;
    for (const count of [HISTORY_LIMIT, 50, 10, 0]) {
      const messages = count ? saved.messages.slice(-count) : [];
      const text = JSON.stringify({ conversation, resumeToken, lastSeq, messages, unsent, rated, ratings });
      if (text.length > STORED_LIMIT && count) continue;
      try {
        return localStorage.setItem(STORAGE_KEY, text);
      } catch {
        // Full: try with fewer messages. Without storage the chat works, but does not survive a reload.
      }
    }
  }

  /** The members of an object whose name and place are accepted. */
  const pick = (object, accepts) => Object.fromEntries(Object.entries(object).filter(([name], place, all) => accepts(name, place, all)));

  // A tab in the background follows the visitor to the conversation that another tab began.
  function storageChanged(event) {
    if (event.key !== STORAGE_KEY || !document.hidden) return;
    const other = stored();
    if (!other.conversation || other.conversation === saved.conversation || saved.unsent.length) return;
    saved = { ...other, unsent: [] };
    reconnectAfresh();
  }

  // ---- The connection ----------------------------------------------------------------------------------------------

  // The socket is beside the script, below whatever path a proxy has put both under.
  const source = new URL(script.src, location.href);
  const base = new URL("./", source).href;
  const address = new URL("v1/ws", base.replace(/^http/, "ws")).href;
  const BUSY = ["rate_limited", "overloaded", "not_ready"]; // these pass by themselves

  let identity = null; // { token, metadata } of the visitor who is signed in at the shop; never stored
  let wantsNew = false; // the visitor asked for a new conversation, not for the open one
  let socket = null;
  let link = "idle"; // idle, connecting, ready, lost, refused
  let mode = "bot"; // the conversation's status
  let agentName = ""; // who has the conversation, where the server says so
  let attempts = 0;
  let heartbeat = 30;
  let heartbeatTimer = null;
  let reconnectTimer = null;
  let lastHeard = 0;
  let inFlight = null; // { id, since } of the message that waits for its ack
  let isRenewed = false; // begun anew because the server did not know the conversation; until a message is acknowledged
  let pause = { timer: null, count: 0 };
  let wasOpened = false; // a socket was given, so key and origin are right
  let isDiagnosed = false;

  function connect() {
    if (socket || link === "refused") return;
    clearTimeout(reconnectTimer);
    setLink(attempts > 1 ? "lost" : "connecting");
    try {
      socket = new WebSocket(address, ["frontdesk.v1", `bearer.${key}`]);
    } catch (error) {
      // The key cannot be a key, or the page forbids the address.
      return giveUp(`a socket to ${address} cannot be opened: ${error.message}`);
    }
    const current = socket;
    const ifCurrent = (act) => (event) => { if (socket === current) act(event); };
    socket.onopen = ifCurrent(() => { wasOpened = true; introduce(); });
    socket.onmessage = ifCurrent(({ data }) => receive(data));
    socket.onclose = ifCurrent(({ code }) => disconnected(code));
  }

  function introduce() {
    const who = identity ? { visitor_token: identity.token, ...(identity.metadata && { metadata: identity.metadata }) } : {};
    transmit(saved.conversation
      ? { type: "resume", conversation_id: saved.conversation, after: saved.lastSeq, resume_token: saved.resumeToken, ...who }
      : { type: "start", locale: wantedLocale(), channel: "web", ...who, ...(identity && !wantsNew && { continue: true }) });
  }

  /** Goes on as the visitor whom a token of the shop's server names; null is nobody again, in a conversation of their own. */
  function identify(token, metadata) {
    if (!token) {
      if (!identity) return;
      identity = null;
      saved = empty();
      wantsNew = true;
      return reconnectAfresh();
    }
    identity = { token: String(token), metadata };
    if (!saved.messages.length) saved = { ...empty(), unsent: saved.unsent }; // there may be one that is open
    if (socket) reconnectAfresh();
  }

  const transmit = (frame) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame)); };

  /** Gives the socket up at once: on a dead network its own close would take minutes. */
  function drop() {
    const dead = socket;
    socket = null;
    dead?.close();
    clearInterval(heartbeatTimer);
    clearTimeout(pause.timer);
    pause = { timer: null, count: 0 };
    inFlight = null;
    showTyping(false);
  }

  function disconnected(code) {
    const unanswered = inFlight && find(inFlight.id);
    drop();
    if ([4400, 4401, 4403].includes(code)) return giveUp(`the server closed the socket with ${code}`);
    if (!wasOpened && !isDiagnosed) diagnose();
    if (code === 1009 && unanswered) fail(unanswered); // it would be too big the next time too
    attempts += 1;
    setLink("lost");
    // Doubling waits with jitter, so that a restarted server is not met by everyone at once.
    const wait = Math.min(30_000, (code === 4429 ? 10_000 : 500) * 2 ** Math.min(attempts - 1, 6));
    reconnectTimer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
  }

  /** Trying again would be refused again. The reason is the developer's business; a visitor who has not begun sees no chat at all. */
  function giveUp(reason) {
    console.error(`Frontdesk: ${reason}.`);
    setLink("refused");
    saved.unsent.filter((item) => !item.failed).forEach(fail);
    if (!wasOpened && !saved.messages.length) ui.host.style.display = "none";
  }

  /** A browser does not tell a script why a socket was refused; an ordinary request is told. */
  async function diagnose() {
    isDiagnosed = true;
    let status;
    try {
      const answer = await fetch(new URL("v1/conversations/none", base), { headers: { Authorization: `Bearer ${key}` } });
      status = answer.status;
    } catch {
      try {
        await fetch(new URL("health/live", base), { mode: "no-cors" });
        status = 403; // the server is there, and forbids this page to read its answers
      } catch {
        return; // no connection
      }
    }
    const isNeeded = !wasOpened && link !== "refused";
    if (isNeeded && status === 401) giveUp("the key in data-key is unknown, expired or revoked");
    if (isNeeded && status === 403) giveUp(`no key allows this page's origin; make one with --origin ${location.origin}`);
  }

  // The network or the visitor is back: no reason to sit out the wait.
  function hurry() {
    if (link === "lost" && !socket && !document.hidden) connect();
  }

  function reconnectAfresh() {
    drop();
    attempts = 0;
    mode = "bot";
    if (link !== "refused") link = "idle";
    save();
    renderAll();
    if (isOpen() || saved.conversation || saved.unsent.length) connect();
  }

  function startHeartbeat() {
    clearInterval(heartbeatTimer);
    heartbeatTimer = setInterval(() => {
      const isSilent = Date.now() - lastHeard > heartbeat * 2000;
      if (isSilent || (inFlight && Date.now() - inFlight.since > ACK_PATIENCE)) return disconnected(4408);
      transmit({ type: "ping" });
    }, heartbeat * 1000);
  }

  function receive(data) {
    lastHeard = Date.now();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    switch (frame.type) {
      case "ready": return ready(frame);
      case "message": return received(frame.message);
      case "ack": return acknowledged(frame);
      case "typing": return showTyping(frame.on);
      case "status": return changed(frame);
      case "error": return link === "ready" ? refused(frame) : notBegun(frame);
    }
  }

  function ready(frame) {
    wantsNew = false;
    saved.conversation = frame.conversation_id;
    if (frame.resume_token) saved.resumeToken = frame.resume_token; // only a new conversation has one to tell
    save();
    heartbeat = frame.heartbeat_s || 30;
    attempts = 0;
    mode = "bot"; // another status is said after it
    setLink("ready");
    startHeartbeat();
    for (const [id, rating] of Object.entries(saved.ratings)) transmit({ type: "feedback", message_id: id, rating });
    sendNext();
  }

  function changed({ status, agent }) {
    mode = status;
    agentName = agent || "";
    flashed = ""; // news go before thanks
    renderStatus();
  }

  /** `start` or `resume` was refused. */
  function notBegun(frame) {
    if (identity && ["forbidden", "invalid_request"].includes(frame.code)) {
      console.error(`Frontdesk: identify: ${frame.message}.`);
      identity = null; // a chat with a visitor whom nobody knows is better than none
      return introduce();
    }
    if (BUSY.includes(frame.code) || !saved.conversation) return disconnected(4429);
    if (frame.code === "invalid_request" && saved.lastSeq) {
      // The server knows less of the conversation than we do (an older backup): take its word.
      Object.assign(saved, { lastSeq: 0, messages: [] });
    } else if (frame.code === "not_found" || frame.code === "invalid_request") {
      saved = { ...empty(), unsent: saved.unsent }; // the conversation is gone: begin another, keep what was not sent
    } else {
      return disconnected(1011);
    }
    save();
    renderAll();
    introduce();
  }

  // ---- Sending -----------------------------------------------------------------------------------------------------

  const find = (id) => saved.unsent.find((item) => item.id === id);

  function newID() {
    if (crypto.randomUUID) return crypto.randomUUID(); // only there in secure contexts
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Puts a message behind those that wait; it leaves the list when the server has acknowledged it. */
  function enqueue(payload, shown) {
    if (saved.unsent.length >= UNSENT_LIMIT) return flash(words.full); // a pressed button may come here
    const item = { id: newID(), payload, shown, failed: link === "refused" };
    mine.add(item.id);
    saved.unsent.push(item);
    save();
    renderUnsent(item);
    refreshButtons();
    scrollDown();
    connect();
    sendNext();
  }

  /** One at a time and in order: the next one goes when the one before it is acknowledged. */
  function sendNext() {
    if (link !== "ready" || inFlight || pause.timer) return;
    const item = saved.unsent.find((one) => !one.failed);
    if (!item) return;
    inFlight = { id: item.id, since: Date.now() };
    item.tried = true;
    save();
    transmit({ type: "message", client_message_id: item.id, ...item.payload });
  }

  function acknowledged(frame) {
    if (frame.message_id) {
      delete saved.ratings[frame.message_id];
      return save();
    }
    const item = find(frame.client_message_id);
    if (inFlight?.id === frame.client_message_id) inFlight = null;
    pause.count = 0;
    isRenewed = false;
    if (item) {
      saved.unsent = saved.unsent.filter((one) => one !== item);
      unsentElements.get(item.id)?.remove();
      unsentElements.delete(item.id);
      add({ id: item.id, seq: frame.seq, from: "visitor", text: item.shown, created_at: new Date().toISOString() });
    }
    sendNext();
  }

  /** A frame of a running conversation was refused. */
  function refused(frame) {
    showTyping(false);
    const item = find(frame.client_message_id);
    if (!item) {
      saved.ratings = {}; // a rating that is refused is not offered again
      return BUSY.includes(frame.code) ? flash(words.busy) : save();
    }
    if (inFlight?.id === item.id) inFlight = null;
    if (BUSY.includes(frame.code)) return sendLater();
    if (frame.code === "not_found" && !isRenewed) {
      // The conversation is gone since this socket was opened: begin another with what was not sent, once.
      isRenewed = true;
      saved = { ...empty(), unsent: saved.unsent };
      return reconnectAfresh();
    }
    fail(item);
    if (frame.code === "conflict") changed({ status: "closed" });
    sendNext();
  }

  function sendLater() {
    const wait = Math.min(20_000, 1000 * 2 ** pause.count) * (0.75 + Math.random() / 2);
    pause = { count: pause.count + 1, timer: setTimeout(() => { pause.timer = null; sendNext(); }, wait) };
    if (pause.count > 1) flash(words.busy);
  }

  function fail(item) {
    item.failed = true;
    save();
    renderUnsent(item);
    refreshButtons();
  }

  function retry(item) {
    item.failed = false;
    save();
    renderUnsent(item);
    if (link === "refused") link = "idle"; // asked for by hand: worth another try
    connect();
    sendNext();
    ui.input.focus();
  }

  function startAnew({ keepsUnsent = false } = {}) {
    const unsent = keepsUnsent ? saved.unsent.map((item) => ({ ...item, failed: false })) : [];
    saved = { ...empty(), unsent };
    wantsNew = true;
    if (link === "refused") link = "idle";
    reconnectAfresh();
    ui.input.focus();
  }

  function rate(message, rating) {
    saved.rated[message.id] = rating;
    saved.ratings[message.id] = rating; // until the server has it
    save();
    if (link === "ready") transmit({ type: "feedback", message_id: message.id, rating });
    flash(words.thanks);
  }

  // ---- Messages ----------------------------------------------------------------------------------------------------

  const elements = new Map(); // seq → element
  const unsentElements = new Map(); // client message id → element

  function received(message) {
    if (!message || elements.has(message.seq)) return;
    if (message.from === "visitor") hideDoubtful(message);
    else if (!isOpen()) unread += 1;
    add(message);
    renderBubble();
  }

  // Before its ack was lost, the message may have been stored: then it comes back as history, and the ack follows.
  function hideDoubtful(message) {
    const item = saved.unsent.find((one) => one.tried && (one.payload.text ?? message.text) === message.text);
    if (item) unsentElements.get(item.id)?.remove();
  }

  /** Shows and keeps a message once, at its place by `seq`. */
  function add(message) {
    if (!elements.has(message.seq)) {
      saved.messages.push(message);
      saved.messages.sort((a, b) => a.seq - b.seq);
      const isNew = (seq) => saved.messages.some((one) => one.seq === seq);
      // Only up to the first gap, so that a resume fetches what is missing.
      while (isNew(saved.lastSeq + 1)) saved.lastSeq += 1;
      renderMessage(message);
    }
    save();
    refreshButtons();
    scrollDown();
  }

  // ---- Looks -------------------------------------------------------------------------------------------------------

  const STYLE = `
    :host { all: initial; --accent: #3157e0; --on-accent: #fff; --back: #fff; --soft: #f1f3f7; --text: #191c24; --dim: #616b7c;
      --line: #e3e7ee; --link: color-mix(in srgb, var(--accent) 88%, #000); --bad: #b3261e; --shade: 0 16px 56px rgb(16 24 40 / .22), 0 2px 8px rgb(16 24 40 / .08); color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :host { --back: #16181e; --soft: #242832; --text: #edeff4; --dim: #a3abba;
      --line: #30353f; --link: color-mix(in srgb, var(--accent) 45%, #fff); --bad: #ff9d94; --shade: 0 16px 56px rgb(0 0 0 / .6); } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .root { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; color: var(--text); }
    button, textarea { font: inherit; color: inherit; margin: 0; }
    button { border: 0; background: none; padding: 0; cursor: pointer; -webkit-tap-highlight-color: transparent; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; display: block; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

    .bubble { position: fixed; z-index: 2147483000; inset: auto calc(20px + env(safe-area-inset-right)) calc(20px + env(safe-area-inset-bottom)) auto;
      width: 60px; height: 60px; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on-accent);
      box-shadow: 0 8px 28px rgb(16 24 40 / .28); transition: transform .15s ease; }
    .bubble:hover { transform: translateY(-2px); }
    .bubble:active { transform: scale(.96); }
    .bubble:focus-visible { outline: 3px solid var(--on-accent); outline-offset: -6px; }
    .bubble svg { width: 27px; height: 27px; }
    .badge { position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #d92d20; color: #fff;
      font-size: 12px; font-weight: 600; line-height: 22px; text-align: center; }

    .panel { position: fixed; z-index: 2147483001; inset: auto calc(20px + env(safe-area-inset-right)) calc(94px + env(safe-area-inset-bottom)) auto;
      width: 392px; height: min(660px, calc(100vh - 118px)); display: flex; flex-direction: column; overflow: hidden; background: var(--back);
      border: 1px solid var(--line); border-radius: 20px; box-shadow: var(--shade); transform-origin: 100% 100%; animation: appear .16s ease-out; }
    .left .bubble, .left .panel { right: auto; left: calc(20px + env(safe-area-inset-left)); transform-origin: 0 100%; }
    @keyframes appear { from { opacity: 0; transform: translateY(10px) scale(.985); } }

    header { display: flex; align-items: center; gap: 4px; padding: 15px 10px 15px 16px; background: var(--accent); color: var(--on-accent); }
    .face { width: 38px; height: 38px; margin-right: 8px; border-radius: 50%; display: grid; place-items: center; flex: none; background: color-mix(in srgb, currentColor 18%, transparent); }
    .names { flex: 1; min-width: 0; }
    h2 { margin: 0; font-size: 16px; line-height: 1.3; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .subtitle { font-size: 12.5px; line-height: 1.35; opacity: .88; }
    header button { width: 38px; height: 38px; border-radius: 11px; display: grid; place-items: center; flex: none; }
    header button:hover { background: color-mix(in srgb, currentColor 16%, transparent); }
    header :focus-visible { outline-color: currentColor; outline-offset: -3px; }

    .status { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; padding: 8px 18px; background: var(--soft); color: var(--dim); font-size: 13px; border-bottom: 1px solid var(--line); }
    .status button, .note button { color: var(--link); text-decoration: underline; text-underline-offset: 2px; font-weight: 550; }

    .scroll { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 18px 16px 14px; scrollbar-width: thin; }
    .log { display: flex; flex-direction: column; gap: 10px; }
    .message { max-width: 86%; align-self: flex-start; }
    .text { width: fit-content; max-width: 100%; padding: 9px 14px; border-radius: 18px 18px 18px 5px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
    .text a { color: var(--link); text-underline-offset: 2px; }
    .message.visitor { align-self: flex-end; }
    .message.visitor .text { margin-left: auto; border-radius: 18px 18px 5px 18px; background: var(--accent); color: var(--on-accent); }
    .message.visitor .text a { color: inherit; }
    .message.agent .text { box-shadow: inset 0 0 0 1.5px color-mix(in srgb, var(--link) 45%, transparent); }
    .from { font-size: 12px; color: var(--dim); margin: 0 0 2px 4px; }
    [data-state="sending"] .text { opacity: .62; }
    .message[data-state="failed"] .text { background: var(--soft); color: var(--text); box-shadow: inset 0 0 0 1.5px var(--bad); }
    .note { margin-top: 3px; font-size: 12.5px; color: var(--bad); text-align: right; }
    .note button { padding: 3px 0 3px 8px; }
    .replies { display: flex; flex-wrap: wrap; gap: 7px; margin-top: 8px; }
    .replies:empty { display: none; }
    .replies button { padding: 6px 14px; border: 1.5px solid color-mix(in srgb, var(--link) 55%, transparent); border-radius: 18px; color: var(--link); font-size: 14px; font-weight: 550; text-align: left; }
    .replies button:hover { background: color-mix(in srgb, var(--link) 10%, transparent); }
    .meta { display: flex; align-items: center; gap: 1px; margin: 2px 0 -2px 2px; color: var(--dim); font-size: 11.5px; }
    .meta time { margin: 0 5px 0 3px; }
    .meta button { width: 28px; height: 26px; border-radius: 8px; display: grid; place-items: center; }
    .meta button:hover { background: var(--soft); color: var(--text); }
    .meta button[aria-pressed="true"] { color: var(--link); }
    .meta button[aria-pressed="true"] path { fill: color-mix(in srgb, currentColor 25%, transparent); }
    .meta svg { width: 15px; height: 15px; }

    .typing { display: flex; gap: 5px; width: fit-content; margin-top: 10px; padding: 14px 15px; border-radius: 18px 18px 18px 5px; background: var(--soft); }
    .typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--dim); animation: pulse 1.2s infinite; }
    .typing i:nth-child(2) { animation-delay: .16s; } .typing i:nth-child(3) { animation-delay: .32s; }
    @keyframes pulse { 0%, 60%, 100% { opacity: .28; } 30% { opacity: 1; } }

    form { display: flex; align-items: flex-end; gap: 6px; margin: 0 12px calc(12px + env(safe-area-inset-bottom)); padding: 5px 5px 5px 6px; border: 1.5px solid var(--line); border-radius: 24px; background: var(--back); }
    form:focus-within { border-color: var(--link); }
    textarea:focus-visible { outline: 0; } /* the form shows it */
    textarea { flex: 1; min-width: 0; height: 38px; max-height: 132px; padding: 7px 8px; border: 0; resize: none; background: none; font-size: 16px; line-height: 24px; scrollbar-width: thin; }
    textarea::placeholder { color: var(--dim); opacity: 1; }
    .send { width: 38px; height: 38px; flex: none; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on-accent); }
    .send:disabled { background: var(--soft); color: var(--dim); cursor: default; }
    .count { margin: 0 22px 6px; font-size: 12px; color: var(--dim); text-align: right; }
    .count.over { color: var(--bad); }

    @media (max-width: 480px) {
      .panel, .left .panel { inset: 0; width: 100%; height: 100vh; height: 100dvh; border: 0; border-radius: 0; padding-top: env(safe-area-inset-top); }
      .isOpen .bubble { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } .typing i { opacity: .7; } }
    @media (forced-colors: active) { .text, .bubble, .send, form { border: 1px solid; } }
    @media print { .root { display: none; } }
  `;

  const ICONS = {
    chat: "M20.500 11.500a7.800 7.800 0 0 1-8.200 7.600 9 9 0 0 1-3.300-.6L4 20l1.300-4A7.400 7.400 0 0 1 4 11.500 7.800 7.800 0 0 1 12.200 4a7.800 7.800 0 0 1 8.300 7.500zM8.500 11.500h.01M12.200 11.500h.01M16 11.500h.01",
    close: "M6.500 6.500l11 11M17.500 6.500l-11 11", down: "M6 9.500l6 6 6-6", send: "M12 19V5.500M6 11.500l6-6 6 6",
    fresh: "M11 5H6.500A2.500 2.500 0 0 0 4 7.500v10A2.500 2.500 0 0 0 6.500 20h10a2.500 2.500 0 0 0 2.500-2.500V13M18 3.500a1.700 1.700 0 0 1 2.500 2.500L13 13.500 9.500 14.500l1-3.500z",
    like: "M7.500 10.500V20H4v-9.500zM7.500 10.500L11.500 3a2.500 2.500 0 0 1 2.500 3L13.300 9.500h5a2 2 0 0 1 2 2.400l-1.300 6.500A2 2 0 0 1 17 20H7.500",
    dislike: "M16.500 13.500V4H20v9.500zM16.500 13.500L12.500 21a2.500 2.500 0 0 1-2.500-3l.7-3.500h-5a2 2 0 0 1-2-2.400l1.300-6.500A2 2 0 0 1 7 4h9.500",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  /** An element with attributes (`on…` are listeners) and children; text is only ever added as text. */
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

  const iconButton = (name, testID, onclick, attributes = {}) =>
    make("button", { type: "button", "data-testid": testID, onclick, ...attributes }, icon(name));

  function label(element, text) {
    element.setAttribute("aria-label", text);
    element.title = text;
  }

  /** A style sheet object is allowed where the page's policy forbids style elements. */
  function addStyle(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(make("style", {}, STYLE));
    }
  }

  function setColor(host) {
    const color = script.dataset.color;
    if (!color || !CSS.supports("color", color)) return;
    host.style.setProperty("--accent", color);
    // Dark text where white could not be read on the colour.
    const probe = make("i");
    probe.style.color = color;
    host.append(probe);
    const channels = getComputedStyle(probe).color.match(/^rgba?\((\d+), (\d+), (\d+)/)?.slice(1).map((one) => one / 255);
    probe.remove();
    if (!channels) return;
    const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    if (0.2126 * r + 0.7152 * g + 0.0722 * b > 0.3) host.style.setProperty("--on-accent", "#14161c");
  }

  // ---- The panel ---------------------------------------------------------------------------------------------------

  const ui = {};
  const phone = matchMedia("(max-width: 480px)");
  let unread = 0;
  let flashTimer = null;
  let flashed = "";

  const isOpen = () => Boolean(ui.panel) && !ui.panel.hidden;

  function build() {
    const host = make("div", { id: "frontdesk-widget" });
    ui.host = host;
    const root = host.attachShadow({ mode: "open" });
    addStyle(root);
    buildConversation();
    buildComposer();
    ui.badge = make("span", { class: "badge", "aria-hidden": "true", hidden: true });
    ui.bubble = iconButton("chat", "bubble", toggle, { class: "bubble", "aria-expanded": "false", "aria-haspopup": "dialog" });
    ui.bubble.append(ui.badge);
    ui.panel = make("section", { class: "panel", role: "dialog", "aria-labelledby": "title", "data-testid": "panel", hidden: true, onkeydown: panelKey },
      buildHeader(), ui.status, ui.scroll, ui.count, ui.form);
    ui.root = make("div", { class: script.dataset.position === "left" ? "root left" : "root" }, ui.panel, ui.bubble);
    root.append(ui.root);
    document.body.append(host);
    setColor(host);
    setWords();
    window.visualViewport?.addEventListener("resize", fitKeyboard);
    window.addEventListener("online", hurry);
    window.addEventListener("storage", storageChanged);
    document.addEventListener("visibilitychange", hurry);
    new MutationObserver(setWords).observe(script, { attributeFilter: ["data-locale", "data-title", "data-greeting"] });
    if (saved.unsent.some((item) => !item.failed)) connect();
  }

  function buildHeader() {
    ui.title = make("h2", { id: "title", dir: "auto" });
    ui.subtitle = make("div", { class: "subtitle", dir: "auto" });
    ui.fresh = iconButton("fresh", "new-conversation", () => startAnew());
    ui.close = iconButton("close", "close", close);
    const face = make("span", { class: "face", "aria-hidden": "true" }, icon("chat"));
    return make("header", {}, face, make("div", { class: "names" }, ui.title, ui.subtitle), ui.fresh, ui.close);
  }

  function buildConversation() {
    ui.status = make("div", { class: "status", dir: "auto", role: "status", "data-testid": "status", hidden: true });
    ui.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
    ui.typingLabel = make("span", { class: "unseen" });
    ui.typing = make("div", { class: "typing", "data-testid": "typing", hidden: true }, make("i"), make("i"), make("i"), ui.typingLabel);
    ui.scroll = make("div", { class: "scroll", tabindex: "0" }, ui.log, ui.typing); // focusable, to scroll by keyboard
  }

  function buildComposer() {
    ui.input = make("textarea", { rows: "1", dir: "auto", "data-testid": "input", enterkeyhint: "send", oninput: inputChanged, onkeydown: inputKey });
    ui.send = make("button", { type: "submit", class: "send", "data-testid": "send", disabled: true }, icon("send"));
    ui.count = make("div", { class: "count", "aria-live": "polite", hidden: true });
    ui.form = make("form", { onsubmit: (event) => { event.preventDefault(); submit(); } }, ui.input, ui.send);
  }

  /** Puts everything into the chosen language; again when the page changes `data-locale`. */
  function setWords() {
    locale = chosenLocale();
    words = WORDS.get(locale);
    ui.root.lang = locale;
    ui.title.textContent = script.dataset.title || words.title;
    ui.subtitle.textContent = words.subtitle;
    ui.typingLabel.textContent = words.typing;
    ui.input.placeholder = words.input;
    ui.input.setAttribute("aria-label", words.input);
    ui.log.setAttribute("aria-label", words.log);
    label(ui.send, words.send);
    label(ui.fresh, words.fresh);
    label(ui.close, words.close);
    inputChanged();
    renderAll();
  }

  function renderAll() {
    elements.clear();
    unsentElements.clear();
    ui.greeting = make("div", { class: "message bot", "data-testid": "greeting" }, make("div", { class: "text", dir: "auto" }, script.dataset.greeting || words.hello));
    ui.log.replaceChildren(ui.greeting);
    saved.messages.forEach(renderMessage);
    saved.unsent.forEach(renderUnsent);
    refreshButtons();
    renderStatus();
    renderBubble();
    scrollDown();
  }

  function renderMessage(message) {
    const element = messageElement(message);
    const later = Math.min(...[...elements.keys()].filter((seq) => seq > message.seq));
    elements.set(message.seq, element);
    const next = elements.get(later) || ui.log.querySelector("[data-unsent]");
    ui.log.insertBefore(element, next);
  }

  function messageElement(message) {
    const isVisitor = message.from === "visitor";
    const from = isVisitor ? words.visitor : message.from === "agent" ? words.person : words.bot;
    const element = make("div", { class: `message ${message.from}`, "data-testid": `message-${message.from}`, "data-seq": message.seq, "data-state": isVisitor ? "sent" : null },
      make("div", { class: message.from === "agent" ? "from" : "unseen" }, message.from === "agent" ? from : `${from}: `),
      make("div", { class: "text", dir: "auto" }, ...linked(message.text || "")));
    if (!isVisitor && message.buttons?.length) element.append(make("div", { class: "replies" }));
    if (!isVisitor) element.append(meta(message));
    return element;
  }

  /** Web addresses become links; everything else stays text. */
  function linked(text) {
    // ASCII only, so that a Chinese sentence may go on right behind an address.
    return text.split(/(https?:\/\/\w[\w\-.~:/?#[\]@!$&'()*+,;=%]*)/i).flatMap((part, index) => {
      if (index % 2 === 0) return part;
      const href = part.replace(part.includes("(") ? /[.,!?;:'\]]+$/ : /[.,!?;:'\])]+$/, "");
      return [make("a", { href, target: "_blank", rel: "noopener noreferrer" }, href), part.slice(href.length)];
    });
  }

  function meta(message) {
    const row = make("div", { class: "meta" });
    const date = new Date(message.created_at);
    if (!Number.isNaN(date.getTime())) {
      const clock = date.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
      row.append(make("time", { datetime: message.created_at, title: date.toLocaleString(locale) }, clock));
    }
    if (message.from === "bot" && message.id) row.append(thumb(message, "up", "like"), thumb(message, "down", "dislike"));
    return row;
  }

  function thumb(message, rating, image) {
    const press = ({ currentTarget }) => {
      for (const one of currentTarget.parentElement.querySelectorAll("button")) one.setAttribute("aria-pressed", one === currentTarget);
      rate(message, rating);
    };
    const button = iconButton(image, `thumb-${rating}`, press, { "aria-pressed": String(saved.rated[message.id] === rating) });
    label(button, words[rating]);
    return button;
  }

  /** Choices are offered until the visitor has gone on. */
  function refreshButtons() {
    const isWaiting = saved.unsent.some((item) => !item.failed);
    const answered = isWaiting ? Infinity : Math.max(0, ...saved.messages.filter((one) => one.from === "visitor").map((one) => one.seq));
    for (const message of saved.messages) {
      const replies = elements.get(message.seq)?.querySelector(".replies");
      const isOffered = message.seq > answered;
      if (!replies || replies.hasChildNodes() === isOffered) continue;
      replies.replaceChildren(...(isOffered ? message.buttons.map(replyButton) : []));
    }
    ui.greeting.hidden = saved.messages.length > 0 && saved.messages[0].seq > 1; // the history's beginning was cut off
  }

  function replyButton({ title, intent, slots, knowledge }) {
    const payload = knowledge ? { knowledge } : slots ? { intent, slots } : { intent };
    const press = () => {
      enqueue(payload, title);
      ui.input.focus(); // the button is gone now
    };
    return make("button", { type: "button", "data-testid": "quick-reply", onclick: press }, title);
  }

  function renderUnsent(item) {
    const element = make("div", { class: "message visitor", "data-testid": "message-visitor", "data-unsent": item.id, "data-state": item.failed ? "failed" : "sending" },
      make("div", { class: "unseen" }, `${words.visitor}: `), make("div", { class: "text", dir: "auto" }, ...linked(item.shown)));
    if (item.failed) {
      element.append(make("div", { class: "note", role: "alert" }, words.failed,
        make("button", { type: "button", "data-testid": "retry", onclick: () => retry(item) }, words.retry)));
    }
    const old = unsentElements.get(item.id);
    if (old?.isConnected) old.replaceWith(element);
    else ui.log.append(element);
    unsentElements.set(item.id, element);
  }

  function showTyping(isOn) {
    if (!ui.typing || ui.typing.hidden === !isOn) return;
    ui.typing.hidden = !isOn;
    if (isOn) scrollDown();
  }

  const scrollDown = () => { ui.scroll.scrollTop = ui.scroll.scrollHeight; };

  function setLink(state) {
    link = state;
    renderStatus();
  }

  /** Says the one thing that matters most now. */
  function renderStatus() {
    const text = link === "refused" ? words.refused
      : link === "lost" ? (attempts > 1 || saved.unsent.length ? words.lost : words.connecting)
      : flashed || (mode === "bot" ? (link === "connecting" ? words.connecting : "") : modeText());
    if (ui.status.dataset.text !== text) {
      ui.status.dataset.text = text; // an unchanged text is not announced again
      ui.status.replaceChildren(text);
      if (text && text === words.closed) {
        ui.status.append(make("button", { type: "button", "data-testid": "start-again", onclick: () => startAnew({ keepsUnsent: true }) }, words.fresh));
      }
    }
    ui.status.hidden = !text;
  }

  const modeText = () => (mode === "agent" && agentName ? filled(words.agent_named, { name: agentName }) : words[mode] || "");

  function flash(text) {
    clearTimeout(flashTimer);
    flashed = text;
    flashTimer = setTimeout(() => { flashed = ""; renderStatus(); }, 4000);
    renderStatus();
  }

  function renderBubble() {
    const open = isOpen();
    ui.badge.hidden = open || !unread;
    ui.badge.textContent = unread > 9 ? "9+" : unread;
    label(ui.bubble, open ? words.close : unread ? filled(words.unread, { count: unread }) : words.open);
    ui.bubble.replaceChildren(icon(open ? "down" : "chat"), ui.badge);
    ui.bubble.setAttribute("aria-expanded", open);
  }

  // ---- Writing -----------------------------------------------------------------------------------------------------

  const scalars = (text) => [...text].length;

  function inputChanged() {
    const left = TEXT_LIMIT - scalars(ui.input.value.trim());
    ui.send.disabled = !ui.input.value.trim() || left < 0;
    ui.count.hidden = left > COUNTER_FROM;
    ui.count.classList.toggle("over", left < 0);
    ui.count.textContent = left > COUNTER_FROM ? "" : left < 0 ? filled(words.over, { count: -left }) : filled(words.left, { count: left });
    ui.input.style.height = "38px";
    if (ui.input.value) ui.input.style.height = `${ui.input.scrollHeight}px`;
  }

  // While a Chinese input method composes, Enter chooses a candidate and Escape drops it.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  function inputKey(event) {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    submit();
  }

  function panelKey(event) {
    if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation(); // the page may close something of its own
      return close();
    }
    if (event.key === "Tab" && phone.matches) keepFocusInside(event);
  }

  // On a phone the panel covers the page: Tab stays in it.
  function keepFocusInside(event) {
    const stops = [...ui.panel.querySelectorAll("button:not(:disabled), a, textarea, [tabindex='0']")].filter((one) => one.offsetParent);
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (ui.panel.getRootNode().activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }

  // A phone's keyboard lies over the page: the panel takes what is left above it.
  function fitKeyboard() {
    ui.panel.style.height = phone.matches ? `${window.visualViewport.height}px` : "";
    scrollDown();
  }

  function submit() {
    const text = ui.input.value.trim();
    if (!text || scalars(text) > TEXT_LIMIT) return;
    if (saved.unsent.length >= UNSENT_LIMIT) return flash(words.full);
    ui.input.value = "";
    inputChanged();
    // Half of a surrogate pair cannot be written as UTF-8.
    enqueue({ text: text.toWellFormed?.() ?? text }, text);
  }

  function open() {
    ui.panel.hidden = false;
    ui.panel.setAttribute("aria-modal", phone.matches);
    ui.root.classList.add("isOpen");
    unread = 0;
    renderBubble();
    connect();
    scrollDown();
    ui.input.focus();
  }

  function close() {
    ui.panel.hidden = true;
    ui.root.classList.remove("isOpen");
    renderBubble();
    ui.bubble.focus();
  }

  const toggle = () => (isOpen() ? close() : open());

  /** Sends a text as the visitor's; one that is too long is put into the input instead, to be shortened. */
  function send(text) {
    open();
    const draft = ui.input.value;
    ui.input.value = String(text);
    if (scalars(ui.input.value.trim()) > TEXT_LIMIT) return inputChanged();
    submit();
    ui.input.value = draft;
    inputChanged();
  }

  function start() {
    build();
    window.Frontdesk = Object.freeze({ open, close, send, identify });
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
