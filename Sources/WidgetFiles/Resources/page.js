// What the demo page does beside the widget: its words, its examples, and its buttons.
"use strict";

const base = new URL("./", document.currentScript.src).href.replace(/\/$/, ""); // where this server is, below a path too
const root = document.documentElement;
const widget = () => document.querySelector("script[data-key]");

// By locale, the bot's commonest first: from Intents/phrases/<locale>.yaml, put in by the server.
const WORDS = new Map(__FRONTDESK_WORDS__);
const chooser = document.getElementById("language");

/** The first of the wanted tags that there are words in: the tag itself, or else one of the same language. */
function nearest(tags) {
  const locales = [...WORDS.keys()];
  for (const tag of tags) {
    const wanted = tag.toLowerCase();
    const traditional = /^zh-(hant|tw|hk|mo)\b/.test(wanted);
    const found =
      locales.find((locale) => locale.toLowerCase() === wanted) ||
      (traditional && locales.find((locale) => locale === "zh-Hant")) ||
      locales.find((locale) => locale.toLowerCase().split("-")[0] === wanted.split("-")[0]);
    if (found) return found;
  }
  return locales[0];
}

/** Puts a text into an element; what stands between backticks is code. */
function show(element, text) {
  element.replaceChildren(
    ...text.split("`").map((part, place) => {
      if (place % 2 === 0) return part;
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }),
  );
}

function speak(locale) {
  const words = WORDS.get(locale) || {};
  root.lang = locale || "";
  document.title = words.title || "Frontdesk";
  for (const element of document.querySelectorAll("[data-word]")) show(element, words[element.dataset.word] || "");
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words[element.dataset.label] || "");
  }
  showExamples(words.needs_1 || "");
}

// Before the widget has loaded, the press waits for it.
function withChat(act) {
  if (window.Frontdesk) return act(window.Frontdesk);
  widget().addEventListener("load", () => window.Frontdesk && act(window.Frontdesk), { once: true });
}

function showExamples(text) {
  const body = JSON.stringify({ text }).replaceAll("'", "'\\''");
  document.getElementById("embed").textContent =
    `<script src="${base}/widget.js"\n  data-key="PUBLISHABLE_KEY"\n  data-locale="auto" async></script>`;
  document.getElementById("curl").textContent = [
    `curl -s ${base}/v1/classify \\`, '  -H "Authorization: Bearer $KEY" \\', '  -H "Content-Type: application/json" \\',
    `  -d '${body}'`, "", `ID=$(curl -s -X POST ${base}/v1/conversations \\`,
    '  -H "Authorization: Bearer $KEY" | grep -o "conv_[0-9A-Za-z]*")', `curl -s ${base}/v1/conversations/$ID/messages \\`,
    '  -H "Authorization: Bearer $KEY" \\', '  -H "Content-Type: application/json" \\', `  -d '${body}'`,
  ].join("\n");
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copies).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "✓";
  } catch {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copies)); // no clipboard without https
  }
}

for (const locale of WORDS.keys()) {
  const name = new Intl.DisplayNames([locale], { type: "language" }).of(locale);
  chooser.append(new Option(name, locale));
}
chooser.hidden = WORDS.size < 2;
chooser.addEventListener("change", () => {
  speak(chooser.value);
  widget().dataset.locale = chooser.value; // the chat follows
});
const asked = new URLSearchParams(location.search).get("lang");
chooser.value = nearest([...(asked ? [asked] : []), ...(navigator.languages || [])]) || "";
speak(chooser.value);
document.getElementById("open").addEventListener("click", () => withChat((chat) => chat.open()));
for (const button of document.querySelectorAll(".ask")) {
  button.addEventListener("click", () => withChat((chat) => chat.send(button.textContent)));
}
for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
