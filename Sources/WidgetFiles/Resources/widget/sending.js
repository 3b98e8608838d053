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
    writes(false);
    connect();
    hurry();
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
      answered("feedback");
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
      add({ id: item.id, seq: frame.seq, from: "visitor", text: item.shown, created_at: new Date().toISOString() }, { isOwn: true });
    }
    sendNext();
  }

  /** A frame of a running conversation was refused. */
  function refused(frame) {
    showTyping(false);
    if (!frame.client_message_id) return refusedAside(frame);
    const item = find(frame.client_message_id);
    if (inFlight?.id === frame.client_message_id) inFlight = null;
    if (!item) return sendNext();
    if (BUSY.includes(frame.code)) return sendLater();
    if (frame.code === "not_found" && !isRenewed) {
      // The conversation is gone since this socket was opened: begin another with what was not sent, once.
      isRenewed = true;
      saved = { ...empty(), unsent: saved.unsent };
      return reconnectAfresh();
    }
    emit("error", { code: frame.code, message: frame.message });
    fail(item);
    if (frame.code === "conflict") changed({ status: "closed" });
    sendNext();
  }

  /** Something that was asked without an id: the oldest that has not been answered. */
  function refusedAside(frame) {
    if (awaited.shift() !== "feedback") return; // the others are asked again by and by
    saved.ratings = {}; // a rating that is refused is not offered again
    save();
    if (BUSY.includes(frame.code)) flash(words.busy);
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
    hurry();
    sendNext();
    ui.input.focus();
  }

  /** Ends the conversation for whoever answers, too, and begins another. */
  function startAnew({ keepsUnsent = false } = {}) {
    const unsent = keepsUnsent ? saved.unsent.map((item) => ({ ...item, failed: false })) : [];
    if (saved.conversation && saved.mode !== "closed" && link !== "refused") {
      // Where it does not arrive, the conversation merely stays open.
      request(`v1/conversations/${saved.conversation}/close`, { method: "POST", keepalive: true }).catch(() => {});
    }
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
    ask({ type: "feedback", message_id: message.id, rating });
    flash(words.thanks);
  }
