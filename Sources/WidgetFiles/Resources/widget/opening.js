// Frontdesk's chat widget: one script tag, no build step, nothing loaded from elsewhere. docs/widget.md tells all of it.
//
//   <script src="https://bot.example/widget.js" data-key="fd_pk_…" async></script>
//
// data-locale    auto (default: the browser's language) or a language tag
// data-theme     auto (default: the device's), light or dark; with data-theme-switch the visitor may choose
// data-title     the panel's heading               data-greeting  the line above an empty conversation
// data-position  right (default) or left           data-color     any CSS colour; the text on it is chosen by contrast
// data-unread-title  the page's title tells how many messages nobody has seen
//
// All but the key may be changed later.
//
// window.Frontdesk = { open(), close(), send(text), identify(token, metadata), theme(name), on(event, listener), unread, status }
//
// identify: who the visitor is, as the shop's own server vouches with a visitor token; again after each page load, and null after
// the visitor has signed out. `metadata` is an object that people who answer see.
// on: ready, open, close, message, unread, handoff, status, error; each is a "frontdesk:…" event of the window too.
(() => {
  "use strict";

  const script = document.currentScript;
  if (window.Frontdesk) return;
  const key = script?.dataset.key;
  if (!key) return console.error("Frontdesk: the widget needs a plain script element with data-key (docs/widget.md)");

  const TEXT_LIMIT = 2000; // Unicode scalars, as the server counts them
  const COUNTER_FROM = 200; // scalars left when the counter appears
  const HISTORY_LIMIT = 200; // messages kept for the next page load
  const PAGE_SIZE = 50; // earlier messages that are asked for at a time
  const UNSENT_LIMIT = 20;
  const STORED_LIMIT = 300_000; // characters kept in the browser's storage, which has some 5 million for the whole site
  const ACK_PATIENCE = 30_000; // ms without an ack after which the socket counts as dead
  const OPEN_PATIENCE = 15_000; // ms for a socket to open
  const FETCH_PATIENCE = 15_000;
  const FRESH = 60 * 60_000; // ms since the last message in which a conversation is followed although the chat is closed
  const STORAGE_KEY = `frontdesk:${key}`;

  // ---- Words -------------------------------------------------------------------------------------------------------

  // By locale, the bot's commonest first: from Intents/phrases/<locale>.yaml, put in by the server.
  const WORDS = new Map(__FRONTDESK_WORDS__);
  if (!WORDS.size) return console.error("Frontdesk: the bot has no words for the widget; import its phrases");

  /** What the page asks for, else what the browser prefers, best first. */
  function wantedLocales() {
    const wanted = script.dataset.locale;
    const all = wanted && wanted !== "auto" ? [wanted] : navigator.languages || [];
    return all.length ? all.map((tag) => tag.replaceAll("_", "-")) : ["en"];
  }

  /** Chinese is written in two ways; other languages in one, unless the tag says so. */
  function writingOf(tag) {
    const parts = tag.toLowerCase().split("-");
    const named = parts.slice(1).find((part) => /^[a-z]{4}$/.test(part));
    return named || (parts[0] === "zh" ? (parts.some((part) => ["tw", "hk", "mo"].includes(part)) ? "hant" : "hans") : "");
  }

  /** The nearest locale to a tag that there are words in, if one is of its language. */
  function nearestLocale(wanted) {
    const all = [...WORDS.keys()];
    const related = all.filter((tag) => tag.split("-")[0] === wanted.toLowerCase().split("-")[0]);
    return all.find((tag) => tag.toLowerCase() === wanted.toLowerCase())
      || related.find((tag) => writingOf(tag) === writingOf(wanted)) || related[0];
  }

  /** The locale that the chat is shown in; the bot's first where it has none of the visitor's languages. */
  const chosenLocale = () => wantedLocales().map(nearestLocale).find(Boolean) || WORDS.keys().next().value;

  /** What the bot is told: the first of the visitor's languages that it has words in, else their first. */
  const toldLocale = () => wantedLocales().find(nearestLocale) || wantedLocales()[0];

  /** In which direction a locale is written. */
  function directionOf(tag) {
    try {
      const known = new Intl.Locale(tag);
      const { direction } = known.getTextInfo?.() ?? known.textInfo;
      return direction;
    } catch {
      return /^(ar|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/.test(tag) ? "rtl" : "ltr";
    }
  }

  let locale = chosenLocale();
  let words = WORDS.get(locale);

  /** A text of the content with its values. */
  const filled = (text, values) => (text || "").replace(/\{\{(\w+)\}\}/g, (_, name) => values[name] ?? "");

  // ---- What the page is told ---------------------------------------------------------------------------------------

  const EVENTS = ["ready", "open", "close", "message", "unread", "handoff", "status", "error"];
  const listeners = new Map(EVENTS.map((name) => [name, new Set()]));

  /** Calls `listener` with what each such event tells; `ready` at once, as it has been. Gives what ends it. */
  function on(name, listener) {
    const all = listeners.get(name);
    if (!all || typeof listener !== "function") throw new TypeError(`Frontdesk.on takes one of ${EVENTS.join(", ")} and a function`);
    all.add(listener);
    if (name === "ready") call(listener, { conversation: saved.conversation });
    return () => { all.delete(listener); };
  }

  function call(listener, detail) {
    try {
      listener(detail);
    } catch (error) {
      console.error("Frontdesk: a listener of the page has failed:", error);
    }
  }

  function emit(name, detail = {}) {
    for (const listener of [...listeners.get(name)]) call(listener, detail);
    window.dispatchEvent(new CustomEvent(`frontdesk:${name}`, { detail }));
  }
