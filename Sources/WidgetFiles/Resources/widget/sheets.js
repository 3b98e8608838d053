  // ---- Asking before a conversation is dropped ---------------------------------------------------------------------

  /** One that nobody has written in is dropped without a question. */
  function askForNew() {
    if (ui.sheet) return;
    const isBegun = saved.mode !== "closed" && (saved.unsent.length || saved.messages.some((one) => one.from === "visitor"));
    if (!isBegun) return startAnew();
    const drop = () => {
      ui.sheet.element.remove();
      ui.sheet = null;
      ui.fresh.focus();
    };
    const keep = button({ "data-testid": "keep", onclick: drop }, words.keep);
    const begin = button({ class: "strong", "data-testid": "drop", onclick: () => { drop(); startAnew(); } }, words.fresh);
    const element = make("div", { class: "sheet", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "ask", "aria-describedby": "ask-more", "data-testid": "sheet", tabindex: "-1" },
      make("div", { class: "card" }, make("h3", { id: "ask", dir: "auto" }, words.drop), make("p", { id: "ask-more", dir: "auto" }, words.drop_more), make("div", { class: "choices" }, keep, begin)));
    ui.sheet = { element, drop };
    ui.panel.append(element);
    keep.focus(); // what changes nothing
  }

  // ---- An e-mail address, when nobody has come ---------------------------------------------------------------------

  const EMAIL_LIMIT = 254;
  const isEmail = (text) => text.length <= EMAIL_LIMIT && /^[^\s@<>(),;:"\\[\]]+@[^\s@.<>(),;:"\\[\]]+(\.[^\s@.<>(),;:"\\[\]]+)+$/.test(text);

  /** A message with an address is the answer to what the bot has asked, so the form sends one. */
  function renderMail() {
    const isOffered = isMissed && !saved.mail && saved.mode === "waiting" && link !== "refused";
    if (isOffered === ui.mail.hasChildNodes()) return;
    if (!isOffered) return ui.mail.replaceChildren();
    const follows = isAtEnd();
    const fault = make("div", { class: "fault", id: "mail-fault", role: "alert", "data-testid": "mail-fault" });
    const input = make("input", { type: "email", id: "mail", name: "email", autocomplete: "email", inputmode: "email", maxlength: EMAIL_LIMIT, dir: "ltr", placeholder: words.mail_example, "aria-describedby": "mail-fault", "data-testid": "mail-input" });
    const judge = () => {
      const isWrong = !isEmail(input.value.trim());
      input.setAttribute("aria-invalid", isWrong);
      fault.textContent = isWrong ? words.mail_invalid : "";
      return !isWrong;
    };
    input.addEventListener("input", () => { if (fault.textContent) judge(); });
    const settle = () => {
      saved.mail = "done";
      save();
      renderMail();
      ui.input.focus();
    };
    const send = (event) => {
      event.preventDefault();
      if (!judge()) return input.focus();
      const email = input.value.trim();
      settle();
      enqueue({ text: email }, email);
    };
    ui.mail.replaceChildren(make("form", { class: "mail", novalidate: true, "data-testid": "mail-form", onsubmit: send },
      make("label", { for: "mail", dir: "auto" }, icon("mail"), words.mail), input, fault,
      make("div", { class: "choices" }, button({ "data-testid": "mail-later", onclick: settle }, words.mail_later), make("button", { type: "submit", class: "strong", "data-testid": "mail-send" }, words.send))));
    if (follows) scrollDown();
  }
