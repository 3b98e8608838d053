  // ---- The panel ---------------------------------------------------------------------------------------------------

  const ui = {};
  const phone = matchMedia("(max-width: 480px)");
  let flashTimer = null;
  let flashed = "";
  let pageOverflow = null; // what the page scrolled by before the panel covered it

  const isOpen = () => Boolean(ui.panel) && !ui.panel.hidden;

  function build() {
    const host = make("div", { id: "frontdesk-widget" });
    ui.host = host;
    const root = host.attachShadow({ mode: "open" });
    addStyle(root);
    buildConversation();
    buildComposer();
    ui.badge = make("span", { class: "badge", "aria-hidden": "true", "data-testid": "badge", hidden: true });
    ui.bubble = iconButton("chat", "bubble", toggle, { class: "bubble", "aria-expanded": "false", "aria-haspopup": "dialog" });
    ui.bubble.append(ui.badge);
    ui.news = make("div", { class: "unseen", role: "status" }); // said while the panel is closed
    ui.panel = make("section", { class: "panel", role: "dialog", "aria-labelledby": "title", "data-testid": "panel", tabindex: "-1", hidden: true, onpointerdown: hurry },
      buildHeader(), ui.status, make("div", { class: "middle" }, ui.scroll, ui.below), ui.count, ui.form);
    ui.root = make("div", { class: "root", onkeydown: panelKey }, ui.panel, ui.bubble, ui.news);
    root.append(ui.root);
    document.body.append(host);
    setWords();
    listen();
    if (saved.unsent.some((item) => !item.failed) || isFollowed()) connect();
    else check();
  }

  function listen() {
    for (const name of ["resize", "scroll"]) window.visualViewport?.addEventListener(name, fitKeyboard);
    new ResizeObserver(resized).observe(ui.scroll);
    phone.addEventListener?.("change", fitPhone);
    darkness.addEventListener?.("change", renderTheme);
    for (const name of ["online", "focus", "pageshow"]) window.addEventListener(name, hurry);
    window.addEventListener("storage", storageChanged);
    document.addEventListener("visibilitychange", () => { hurry(); markRead(); });
    new MutationObserver(setWords).observe(script, {
      attributeFilter: ["locale", "title", "greeting", "theme", "theme-switch", "color", "position", "unread-title"].map((name) => `data-${name}`),
    });
  }

  /** People may answer while the chat is closed: what they say is shown by the badge. */
  function isFollowed() {
    if (!saved.conversation) return false;
    const last = Date.parse(saved.messages.at(-1)?.created_at);
    return ["waiting", "agent"].includes(saved.mode) || Date.now() - last < FRESH;
  }

  function buildHeader() {
    ui.title = make("h2", { id: "title", dir: "auto", "data-testid": "title" });
    ui.subtitle = make("div", { class: "subtitle", dir: "auto", "data-testid": "subtitle" });
    ui.face = make("span", { class: "face", "aria-hidden": "true" });
    ui.theme = iconButton("auto", "theme", nextTheme);
    ui.fresh = iconButton("fresh", "new-conversation", askForNew);
    ui.close = iconButton("close", "close", close);
    return make("header", {}, ui.face, make("div", { class: "names" }, ui.title, ui.subtitle), ui.theme, ui.fresh, ui.close);
  }

  function buildConversation() {
    ui.status = make("div", { class: "status", dir: "auto", role: "status", "data-testid": "status", hidden: true });
    ui.earlier = button({ class: "earlier", "data-testid": "earlier", onclick: () => loadEarlier(), hidden: true });
    ui.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
    ui.seen = make("div", { class: "seen", "data-testid": "seen" });
    ui.mail = make("div", { class: "mail-place" });
    ui.typingLabel = make("span", { class: "unseen" });
    ui.typing = make("div", { class: "typing", "data-testid": "typing", dir: "auto", hidden: true }, make("i"), make("i"), make("i"), ui.typingLabel);
    // Focusable, to scroll by keyboard.
    ui.scroll = make("div", { class: "scroll", tabindex: "0", "data-testid": "scroll", onscroll: scrolled }, ui.earlier, ui.log, ui.mail, ui.typing);
    ui.below = button({ class: "below", "data-testid": "below", onclick: scrollDown, hidden: true });
  }

  function buildComposer() {
    ui.input = make("textarea", { rows: "1", dir: "auto", "data-testid": "input", enterkeyhint: "send", oninput: typed, onkeydown: inputKey });
    ui.send = make("button", { type: "submit", class: "send", "data-testid": "send", disabled: true }, icon("send"));
    ui.count = make("div", { class: "count", "aria-live": "polite", hidden: true });
    ui.form = make("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); submit(); } }, ui.input, ui.send);
  }

  /** Puts everything into the chosen language, place and looks; again when the page changes an attribute. */
  function setWords() {
    locale = chosenLocale();
    words = WORDS.get(locale);
    ui.root.lang = locale;
    ui.root.dir = directionOf(locale);
    ui.root.classList.toggle("left", script.dataset.position === "left");
    ui.typingLabel.textContent = words.typing;
    ui.input.placeholder = words.input;
    ui.input.setAttribute("aria-label", words.input);
    ui.log.setAttribute("aria-label", words.log);
    ui.scroll.setAttribute("aria-label", words.log);
    ui.below.replaceChildren(words.below, icon("down"));
    label(ui.send, words.send);
    label(ui.fresh, words.fresh);
    label(ui.close, words.close);
    renderTheme();
    inputChanged();
    renderAll();
  }

  function setLink(state) {
    link = state;
    renderStatus();
    tellStatus();
  }

  /** Says the one thing that matters most now. */
  function renderStatus() {
    const text = link === "refused" ? words.refused
      : link === "lost" ? (attempts > 1 || saved.unsent.length ? words.lost : words.connecting)
      : flashed || (["waiting", "closed"].includes(saved.mode) || (saved.mode === "agent" && !saved.agent) ? modeText() : link === "connecting" ? words.connecting : "");
    if (ui.status.dataset.text !== text) {
      ui.status.dataset.text = text; // an unchanged text is not announced again
      ui.status.replaceChildren(text);
      if (text && text === words.closed) {
        ui.status.append(button({ "data-testid": "start-again", onclick: () => startAnew({ keepsUnsent: true }) }, words.fresh));
      }
    }
    ui.status.hidden = !text;
  }

  const modeText = () => (saved.mode === "agent" && saved.agent ? filled(words.agent_named, { name: saved.agent }) : words[saved.mode] || "");

  function flash(text) {
    clearTimeout(flashTimer);
    flashed = text;
    flashTimer = setTimeout(() => { flashed = ""; renderStatus(); }, 5000);
    renderStatus();
  }

  /** Who has the conversation: their name and whether they are there, or the bot's title. */
  function renderPeople() {
    const name = saved.mode === "agent" ? saved.agent : "";
    ui.title.textContent = name || script.dataset.title || words.title;
    ui.subtitle.textContent = name ? (isOnline ? words.online : words.person) : words.subtitle;
    ui.face.replaceChildren(name ? initials(name) : icon("chat"));
    ui.face.classList.toggle("online", Boolean(name) && isOnline);
    renderStatus();
    renderMail();
    renderSeen();
  }

  /** "Mia Chen" is MC; a name in other scripts is its first letter. */
  function initials(name) {
    const parts = name.trim().split(/\s+/);
    const letters = [parts[0], parts.length > 1 && /^\p{Script=Latin}/u.test(name) ? parts.at(-1) : ""].map((part) => [...part][0] || "");
    return letters.join("").toUpperCase();
  }

  // ---- The badge ---------------------------------------------------------------------------------------------------

  const NUMBERED = /^\(\d+\+?\) /;
  let shownUnread = 0;

  function renderUnread() {
    const count = unreadCount();
    const text = count > 9 ? "9+" : String(count);
    const open = isOpen();
    ui.badge.hidden = open || !count;
    ui.badge.textContent = text;
    label(ui.bubble, open ? words.close : count ? filled(words.unread, { count: text }) : words.open);
    ui.bubble.replaceChildren(icon(open ? "down" : "chat"), ui.badge);
    ui.bubble.setAttribute("aria-expanded", open);
    if (script.dataset.unreadTitle !== undefined || NUMBERED.test(document.title)) renderTitle(script.dataset.unreadTitle === undefined ? 0 : count, text);
    if (count === shownUnread) return;
    ui.news.textContent = count > shownUnread && !open ? filled(words.unread, { count: text }) : "";
    shownUnread = count;
    emit("unread", { count });
  }

  function renderTitle(count, text) {
    const title = document.title.replace(NUMBERED, "");
    const numbered = count ? `(${text}) ${title}` : title;
    if (document.title !== numbered) document.title = numbered;
  }

  // ---- Writing -----------------------------------------------------------------------------------------------------

  const scalars = (text) => [...text].length;

  function typed() {
    inputChanged();
    hurry();
    writes(Boolean(ui.input.value.trim()));
  }

  function inputChanged() {
    const left = TEXT_LIMIT - scalars(ui.input.value.trim());
    ui.send.disabled = !ui.input.value.trim() || left < 0;
    ui.count.hidden = left > COUNTER_FROM;
    ui.count.classList.toggle("over", left < 0);
    ui.count.textContent = left > COUNTER_FROM ? "" : left < 0 ? filled(words.over, { count: -left }) : filled(words.left, { count: left });
    ui.input.dir = ui.input.value ? "auto" : ui.root.dir; // an empty one has no direction of its own
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

  // From the launcher, too.
  function panelKey(event) {
    if (!isOpen()) return;
    if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation(); // the page may close something of its own
      return ui.sheet ? ui.sheet.drop() : close();
    }
    if (event.key === "Tab" && (ui.sheet || phone.matches)) keepFocusInside(event, ui.sheet?.element || ui.panel);
  }

  // What covers the page, or the conversation, keeps Tab in it.
  function keepFocusInside(event, element) {
    const stops = [...element.querySelectorAll("button:not(:disabled), a, textarea, input, [tabindex='0']")].filter((one) => one.getClientRects().length);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    const { activeElement } = ui.panel.getRootNode();
    if (activeElement !== edge && activeElement !== element) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }

  // A phone's keyboard lies over the page: the panel takes what is left above it.
  function fitKeyboard() {
    const { height, offsetTop } = window.visualViewport ?? {};
    const covers = phone.matches && isOpen() && height;
    ui.panel.style.height = covers ? `${height}px` : "";
    ui.panel.style.top = covers ? `${offsetTop}px` : "";
  }

  /** On a phone the panel covers the page, which does not scroll behind it. */
  function fitPhone() {
    const covers = phone.matches && isOpen();
    const { style } = document.documentElement;
    if (covers && pageOverflow === null) {
      pageOverflow = style.overflow;
      style.overflow = "hidden";
    } else if (!covers && pageOverflow !== null) {
      style.overflow = pageOverflow;
      pageOverflow = null;
    }
    ui.panel.setAttribute("aria-modal", covers);
    fitKeyboard();
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
    if (isOpen()) return;
    ui.panel.hidden = false;
    ui.root.classList.add("isOpen");
    fitPhone();
    connect();
    hurry();
    scrollDown();
    markRead();
    renderUnread();
    loadIfShort();
    // A phone's keyboard would cover what there is to read.
    if (phone.matches) ui.panel.focus();
    else ui.input.focus();
    emit("open");
  }

  function close() {
    if (!isOpen()) return;
    ui.sheet?.drop();
    ui.panel.hidden = true;
    ui.root.classList.remove("isOpen");
    fitPhone();
    writes(false);
    renderUnread();
    ui.bubble.focus();
    emit("close");
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
