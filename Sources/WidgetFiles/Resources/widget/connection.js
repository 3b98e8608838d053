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
  let attempts = 0;
  let hurriedAt = 0;
  let heartbeat = 30;
  let heartbeatTimer = null;
  let openTimer = null;
  let reconnectTimer = null;
  let lastHeard = 0;
  let awaited = []; // what was asked without an id and is not answered yet, oldest first
  let inFlight = null; // { id, since } of the message that waits for its ack
  let isRenewed = false; // begun anew because the server did not know the conversation; until a message is acknowledged
  let pause = { timer: null, count: 0 };
  let wasOpened = false; // a socket was given, so key and origin are right
  let isDiagnosed = false;
  const CHECKED_KEY = `${STORAGE_KEY}:taken`;

  function connect() {
    if (socket || link === "refused") return;
    clearTimeout(reconnectTimer);
    setLink(attempts > 1 ? "lost" : "connecting");
    try {
      socket = new WebSocket(address, ["frontdesk.v1", `bearer.${key}`]);
    } catch (error) {
      // The key cannot be a key, or the page forbids the address.
      return giveUp("forbidden", `a socket to ${address} cannot be opened: ${error.message}`);
    }
    const current = socket;
    const ifCurrent = (act) => (event) => { if (socket === current) act(event); };
    openTimer = setTimeout(ifCurrent(() => disconnected(4408)), OPEN_PATIENCE);
    socket.onopen = ifCurrent(() => { clearTimeout(openTimer); isTaken(); introduce(); });
    socket.onmessage = ifCurrent(({ data }) => receive(data));
    socket.onclose = ifCurrent(({ code }) => disconnected(code));
  }

  function introduce() {
    const who = identity ? { visitor_token: identity.token, ...(identity.metadata && { metadata: identity.metadata }) } : {};
    transmit(saved.conversation
      ? { type: "resume", conversation_id: saved.conversation, after: saved.lastSeq, resume_token: saved.resumeToken, ...who }
      : { type: "start", locale: toldLocale(), channel: "web", ...who, ...(identity && !wantsNew && { continue: true }) });
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

  /** Asks for something that is answered in its turn. */
  function ask(frame) {
    if (link !== "ready") return;
    awaited.push(frame.type);
    transmit(frame);
  }

  function answered(type) {
    const place = awaited.indexOf(type);
    if (place >= 0) awaited.splice(place, 1);
  }

  /** Gives the socket up at once: on a dead network its own close would take minutes. */
  function drop() {
    const dead = socket;
    socket = null;
    dead?.close();
    clearInterval(heartbeatTimer);
    clearTimeout(openTimer);
    clearTimeout(pause.timer);
    pause = { timer: null, count: 0 };
    awaited = [];
    inFlight = null;
    showTyping(false);
  }

  function disconnected(code) {
    const unanswered = inFlight && find(inFlight.id);
    drop();
    if ([4400, 4401, 4403].includes(code)) return giveUp(code === 4400 ? "invalid_request" : "unauthorized", `the server closed the socket with ${code}`);
    if (!wasOpened && !isDiagnosed) diagnose();
    if (code === 1009 && unanswered) fail(unanswered); // it would be too big the next time too
    attempts += 1;
    setLink("lost");
    // Doubling waits with jitter, so that a restarted server is not met by everyone at once; short ones while somebody looks on.
    const [first, longest] = code === 4429 ? [10_000, 30_000] : [250, isSeen() ? 5_000 : 30_000];
    const wait = Math.min(longest, first * 2 ** Math.min(attempts - 1, 7));
    reconnectTimer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
  }

  /** Trying again would be refused again. The reason is the developer's business; a visitor who has not begun sees no chat at all. */
  function giveUp(code, reason) {
    console.error(`Frontdesk: ${reason}.`);
    setLink("refused");
    emit("error", { code, message: reason });
    saved.unsent.filter((item) => !item.failed).forEach(fail);
    if (!wasOpened && !saved.messages.length) ui.host.style.display = "none";
  }

  /** Key and origin are right: for this tab's next page loads, too. */
  function isTaken() {
    wasOpened = true;
    try {
      sessionStorage.setItem(CHECKED_KEY, "1");
    } catch {
      // Asked again on the next page.
    }
  }

  /** Before anybody opens a chat that cannot work: once for a tab's pages. */
  function check() {
    try {
      if (sessionStorage.getItem(CHECKED_KEY)) return;
    } catch {
      // Storage may be blocked.
    }
    diagnose();
  }

  /** Whether the server itself answers: its script may be read by every page, a proxy's page of faults may not. */
  function isThere() {
    const own = new URL(source);
    own.searchParams.set("at", Date.now()); // past every cache
    return fetch(own, { cache: "no-store", signal: AbortSignal.timeout?.(FETCH_PATIENCE) }).then(({ ok }) => ok, () => false);
  }

  /** A browser does not tell a script why a socket was refused; an ordinary request is told. */
  async function diagnose() {
    isDiagnosed = true;
    const ask = () => request("v1/conversations/none").then((answer) => answer.status, () => 0);
    let status = await ask();
    // Without an answer, the server may be starting again: only silence between two signs of life is a refusal of the page.
    if (!status && (await isThere())) status = (await ask()) || ((await isThere()) ? 403 : 0);
    isDiagnosed = [401, 403, 404].includes(status);
    if (wasOpened || link === "refused") return;
    if (status === 401) giveUp("unauthorized", "the key in data-key is unknown, expired or revoked");
    else if (status === 403) giveUp("forbidden", `no key allows this page's origin; make one with --origin ${location.origin}`);
    else if (status === 404) isTaken();
  }

  /** A call beside the socket, with what this page may show for its conversation. */
  function request(path, options = {}) {
    const headers = { Authorization: `Bearer ${key}` };
    if (saved.resumeToken) headers["Frontdesk-Resume-Token"] = saved.resumeToken;
    if (identity) headers["Frontdesk-Visitor-Token"] = identity.token;
    return fetch(new URL(path, base), { headers, signal: AbortSignal.timeout?.(FETCH_PATIENCE), ...options });
  }

  // The network or the visitor is back, or they write: no reason to sit out the wait.
  function hurry() {
    if (link !== "lost" || socket || document.hidden || Date.now() - hurriedAt < 1000) return;
    hurriedAt = Date.now();
    attempts = Math.min(attempts, 2);
    connect();
  }

  function reconnectAfresh() {
    drop();
    attempts = 0;
    if (link !== "refused") link = "idle";
    save();
    renderAll();
    tellStatus();
    if (isOpen() || saved.conversation || saved.unsent.length) connect();
  }

  function startHeartbeat() {
    clearInterval(heartbeatTimer);
    heartbeatTimer = setInterval(() => {
      const isSilent = Date.now() - lastHeard > heartbeat * 2000;
      if (isSilent || (inFlight && Date.now() - inFlight.since > ACK_PATIENCE)) return disconnected(4408);
      transmit({ type: "ping" });
      if (saved.mode === "agent" && isSeen()) ask({ type: "presence" });
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
      case "message": return received(frame.message, frame.decision);
      case "ack": return acknowledged(frame);
      case "typing": return showTyping(frame.on, frame.agent);
      case "status": return changed(frame);
      case "presence": return attended(frame);
      case "read": return marked(frame);
      case "error": return link === "ready" ? refused(frame) : notBegun(frame);
    }
  }

  function ready(frame) {
    wantsNew = false;
    const isNew = !frame.last_seq;
    isElsewhere = !saved.lastSeq && !isNew;
    if (isElsewhere) saved.read = frame.last_seq; // until the server says how far the visitor has read on another device
    tellsFrom = saved.lastSeq || frame.last_seq;
    readSent = 0;
    saved.conversation = frame.conversation_id;
    if (frame.resume_token) saved.resumeToken = frame.resume_token; // only a new conversation has one to tell
    save();
    heartbeat = frame.heartbeat_s || 30;
    attempts = 0;
    setLink("ready");
    startHeartbeat();
    if (!isNew) ask({ type: "presence" }); // answered after the history, so what it says of the conversation is the newest
    for (const [id, rating] of Object.entries(saved.ratings)) ask({ type: "feedback", message_id: id, rating });
    sendNext();
    markRead();
    loadIfShort();
  }

  /** `start` or `resume` was refused. */
  function notBegun(frame) {
    if (identity && ["forbidden", "invalid_request"].includes(frame.code)) {
      console.error(`Frontdesk: identify: ${frame.message}.`);
      emit("error", { code: frame.code, message: `identify: ${frame.message}` });
      identity = null; // a chat with a visitor whom nobody knows is better than none
      return introduce();
    }
    if (BUSY.includes(frame.code) || !saved.conversation) return disconnected(4429);
    if (frame.code === "invalid_request" && saved.lastSeq) {
      // The server knows less of the conversation than we do (an older backup): take its word.
      Object.assign(saved, { lastSeq: 0, messages: [], read: 0, seen: 0 });
    } else if (frame.code === "not_found" || frame.code === "invalid_request") {
      saved = { ...empty(), unsent: saved.unsent }; // the conversation is gone: begin another, keep what was not sent
    } else {
      return disconnected(1011);
    }
    save();
    renderAll();
    tellStatus();
    if (saved.conversation || isOpen() || saved.unsent.length) return introduce();
    drop(); // nobody has asked for another one yet
    setLink("idle");
  }
