  // ---- Messages ----------------------------------------------------------------------------------------------------

  const RUN = 5 * 60_000; // ms within which messages of one side belong together
  const elements = new Map(); // seq → element
  const unsentElements = new Map(); // client message id → element

  function received(message, decision) {
    if (!message || elements.has(message.seq)) return;
    if (message.from === "visitor") hideDoubtful(message);
    // An e-mail address was given, or none is wanted.
    if (["ticket.requested", "ticket.declined"].includes(decision?.rule)) saved.mail = "done";
    add(message);
    if (message.from === "bot" && saved.mode === "waiting" && !isMissed) ask({ type: "presence" });
  }

  // Before its ack was lost, the message may have been stored: then it comes back as history, and the ack follows.
  function hideDoubtful(message) {
    const item = saved.unsent.find((one) => one.tried && (one.payload.text ?? message.text) === message.text);
    if (item) unsentElements.get(item.id)?.remove();
  }

  /** Shows and keeps a message once, at its place by `seq`. */
  function add(message, { isOwn = false } = {}) {
    const follows = isOwn || isAtEnd();
    if (!elements.has(message.seq)) {
      saved.messages.push(message);
      saved.messages.sort((a, b) => a.seq - b.seq);
      const isThere = new Set(saved.messages.slice(-PAGE_SIZE * 4).map((one) => one.seq));
      // Only up to the first gap, so that a resume fetches what is missing.
      while (isThere.has(saved.lastSeq + 1)) saved.lastSeq += 1;
      if (message.from === "agent") active();
      if (message.from !== "visitor") showTyping(false);
      renderMessage(message);
      if (message.seq > tellsFrom) {
        const { seq, from, text, created_at } = message;
        emit("message", { seq, from, text, created_at });
      }
    }
    save();
    refreshButtons();
    renderPeople();
    if (follows) scrollDown();
    else if (message.from !== "visitor") ui.below.hidden = false;
    markRead();
    renderUnread();
  }

  function renderAll() {
    elements.clear();
    unsentElements.clear();
    ui.greeting = make("div", { class: "row bot" }, make("div", { class: "message bot", "data-testid": "greeting" }, make("div", { class: "text", dir: "auto" }, script.dataset.greeting || words.hello)));
    quietly(() => {
      ui.log.replaceChildren(ui.greeting);
      ui.mail.replaceChildren();
      saved.messages.forEach(renderMessage);
      saved.unsent.forEach(renderUnsent);
    });
    refreshButtons();
    renderEarlier();
    renderPeople();
    renderUnread();
    scrollDown();
  }

  function renderMessage(message) {
    const place = saved.messages.findLastIndex((one) => one.seq === message.seq);
    const next = saved.messages[place + 1];
    const element = make("div", { class: `row ${message.from}` }, messageElement(message));
    elements.set(message.seq, element);
    ui.log.insertBefore(element, elements.get(next?.seq) || ui.log.querySelector("[data-unsent]"));
    connectRun(saved.messages[place - 1], message);
    if (next && elements.has(next.seq)) connectRun(message, next);
  }

  /** What a message looks like behind another: on a new day, or as the same side's next one. */
  function connectRun(before, message) {
    const row = elements.get(message.seq);
    const [date, last] = [message, before].map((one) => new Date(one?.created_at ?? NaN));
    row.querySelector(".day")?.remove();
    const isNewDay = before ? date.toDateString() !== last.toDateString() : date.toDateString() !== new Date().toDateString();
    if (isNewDay && !Number.isNaN(date.getTime())) row.prepend(make("div", { class: "day" }, make("span", {}, dayText(date))));
    row.classList.toggle("follows", !isNewDay && before?.from === message.from && before.agent === message.agent && date - last < RUN);
  }

  /** "Today", "yesterday", or the day. */
  function dayText(date) {
    const days = Math.round((new Date(date).setHours(12) - new Date().setHours(12)) / 86_400_000);
    if (days > -2 && days <= 0) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return date.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", ...(days < -300 && { year: "numeric" }) });
  }

  function messageElement(message) {
    const isVisitor = message.from === "visitor";
    const isAgent = message.from === "agent";
    const from = isVisitor ? words.visitor : isAgent ? message.agent || words.person : words.bot;
    const element = make("div", { class: `message ${message.from}`, "data-testid": `message-${message.from}`, "data-seq": message.seq, "data-state": isVisitor ? "sent" : null },
      make("div", { class: isAgent ? "from" : "unseen", dir: "auto" }, isAgent ? from : `${from}: `),
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
    const made = iconButton(image, `thumb-${rating}`, press, { "aria-pressed": String(saved.rated[message.id] === rating) });
    label(made, words[rating]);
    return made;
  }

  /** Choices are offered until the visitor has gone on, or the conversation has ended. */
  function refreshButtons() {
    const isOver = saved.mode === "closed" || saved.unsent.some((item) => !item.failed);
    const answered = isOver ? Infinity : saved.messages.findLast((one) => one.from === "visitor")?.seq ?? 0;
    for (const message of saved.messages) {
      if (!message.buttons?.length) continue;
      const replies = elements.get(message.seq)?.querySelector(".replies");
      const isOffered = message.seq > answered;
      if (!replies || replies.hasChildNodes() === isOffered) continue;
      replies.replaceChildren(...(isOffered ? message.buttons.map(replyButton) : []));
    }
  }

  function replyButton({ title, intent, slots, knowledge }) {
    const payload = knowledge ? { knowledge } : slots ? { intent, slots } : { intent };
    const press = () => {
      enqueue(payload, title);
      ui.input.focus(); // the button is gone now
    };
    return button({ "data-testid": "quick-reply", dir: "auto", onclick: press }, title);
  }

  function renderUnsent(item) {
    const element = make("div", { class: "message visitor", "data-testid": "message-visitor", "data-state": item.failed ? "failed" : "sending" },
      make("div", { class: "unseen" }, `${words.visitor}: `), make("div", { class: "text", dir: "auto" }, ...linked(item.shown)));
    if (item.failed) {
      element.append(make("div", { class: "note", role: "alert" }, words.failed, button({ "data-testid": "retry", onclick: () => retry(item) }, words.retry)));
    }
    // Announced when it is sent, or has failed.
    const row = make("div", { class: "row visitor", "data-unsent": item.id, "aria-live": "off" }, element);
    const old = unsentElements.get(item.id);
    if (old?.isConnected) old.replaceWith(row);
    else ui.log.append(row);
    unsentElements.set(item.id, row);
  }

  /** "Seen" below the visitor's last message, once a person has read it and nobody has said anything since. */
  function renderSeen() {
    const last = saved.messages.at(-1);
    const isShown = last?.from === "visitor" && last.seq <= saved.seen && !saved.unsent.length;
    ui.seen.textContent = isShown ? words.seen : "";
    if (!isShown) return ui.seen.remove();
    const row = elements.get(last.seq);
    if (ui.seen.parentElement === row) return;
    const follows = isAtEnd();
    row?.append(ui.seen);
    if (follows) scrollDown();
  }
