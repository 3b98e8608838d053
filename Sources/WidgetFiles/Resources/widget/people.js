  // ---- People ------------------------------------------------------------------------------------------------------

  const TYPING_AGAIN = 3_000; // ms after which it is said again that the visitor writes
  const TYPING_ENDS = 5_000;
  const AGENT_TYPES = 10_000; // ms that an agent is shown to write without saying so again

  const ACTIVE = 2 * 60_000; // ms for which whoever has written counts as connected, whatever program they use

  let isOnline = false; // whoever has the conversation is connected
  let isMissed = false; // nobody has come, and an e-mail address may be left
  let isElsewhere = false; // the conversation was begun on another device
  let activeAt = 0; // when they last wrote
  let tellsFrom = 0; // the page is told of messages behind this seq
  let typedAt = 0;
  let typingTimer = null;
  let agentTypingTimer = null;
  let readTimer = null;
  let readSent = 0;
  let told = ""; // what the page was told last of the status

  /** Somebody looks at the conversation. */
  const isSeen = () => isOpen() && !document.hidden;

  /** Another has the conversation now. */
  function changed({ status, agent }) {
    const before = `${saved.mode} ${saved.agent}`;
    saved.mode = status;
    saved.agent = agent || "";
    save();
    if (before === `${status} ${saved.agent}`) return;
    isOnline = false;
    if (status === "agent") active();
    if (status !== "waiting") isMissed = false;
    if (status === "agent" && saved.agent) flash(modeText());
    else flashed = ""; // news go before thanks
    refreshButtons();
    renderPeople();
    if (["waiting", "agent"].includes(status)) ask({ type: "presence" });
    if (status !== "closed") emit("handoff", { status, agent: saved.agent || null });
    tellStatus();
  }

  /** What the server says of the people who answer. */
  function attended({ status, agent, online, missed_at, has_email, read }) {
    answered("presence");
    changed({ status, agent });
    isOnline = Boolean(online) || Date.now() - activeAt < ACTIVE;
    isMissed = status === "waiting" && Boolean(missed_at) && !has_email;
    if (!missed_at) saved.mail = "";
    saved.seen = Math.max(saved.seen, read?.agent || 0);
    if (isElsewhere && read?.visitor) saved.read = read.visitor;
    isElsewhere = false;
    save();
    renderPeople();
    renderUnread();
  }

  /** Whoever has the conversation has just done something. */
  function active() {
    isOnline = true;
    activeAt = Date.now();
  }

  /** One of the two sides has read on. */
  function marked({ by, seq }) {
    if (by === "visitor") {
      answered("read");
      saved.read = Math.max(saved.read, seq);
      save();
      return renderUnread();
    }
    saved.seen = Math.max(saved.seen, seq);
    save();
    renderSeen();
  }

  function tellStatus() {
    const detail = { status: saved.mode, agent: saved.agent || null, connection: link };
    const text = JSON.stringify(detail);
    if (told === text) return;
    told = text;
    emit("status", detail);
  }

  // ---- Read --------------------------------------------------------------------------------------------------------

  const unreadCount = () => saved.messages.filter((one) => one.from !== "visitor" && one.seq > saved.read).length;

  /** What is on the screen is read; the server is told a little later, and less often while only a bot would be told. */
  function markRead() {
    if (!isSeen()) return;
    const last = saved.messages.at(-1)?.seq ?? 0;
    if (last > saved.read) {
      saved.read = last;
      save();
      renderUnread();
    }
    if (readTimer || link !== "ready" || saved.lastSeq <= readSent) return;
    readTimer = setTimeout(() => {
      readTimer = null;
      if (link !== "ready" || !isSeen() || saved.lastSeq <= readSent) return;
      readSent = saved.lastSeq;
      ask({ type: "read", seq: readSent });
    }, saved.mode === "bot" ? 3_000 : 400);
  }

  // ---- Who writes --------------------------------------------------------------------------------------------------

  /** Tells the people who answer that the visitor writes; a bot does not care. */
  function writes(isOn) {
    clearTimeout(typingTimer);
    const isHeard = ["waiting", "agent"].includes(saved.mode);
    if (!isOn) {
      if (typedAt && isHeard) transmit({ type: "typing", on: false });
      typedAt = 0;
      return;
    }
    if (!isHeard) return;
    if (Date.now() - typedAt > TYPING_AGAIN) {
      typedAt = Date.now();
      transmit({ type: "typing", on: true });
    }
    typingTimer = setTimeout(() => writes(false), TYPING_ENDS);
  }

  function showTyping(isOn, agent) {
    clearTimeout(agentTypingTimer);
    if (isOn && agent) agentTypingTimer = setTimeout(() => showTyping(false), AGENT_TYPES);
    if (!ui.typing) return;
    ui.typingLabel.textContent = isOn && agent ? filled(words.typing_named, { name: agent }) : words.typing;
    ui.typingLabel.classList.toggle("unseen", !agent);
    if (isOn && agent) active();
    if (ui.typing.hidden === !isOn) return;
    const follows = isAtEnd();
    ui.typing.hidden = !isOn;
    if (isOn && follows) scrollDown();
  }
