// What the demo page does beside the widget: its language, its examples, and its buttons.
"use strict";

const base = new URL("./", document.currentScript.src).href.replace(/\/$/, ""); // where this server is, below a path too
const root = document.documentElement;
const widget = () => document.querySelector("script[data-key]");

function speak(language) {
  root.lang = language;
  document.title = language === "zh" ? "柳雀小铺 · Frontdesk 演示" : "Wren & Willow · Frontdesk demo";
  showExamples(language);
}

// Before the widget has loaded, the press waits for it.
function withChat(act) {
  if (window.Frontdesk) return act(window.Frontdesk);
  widget().addEventListener("load", () => window.Frontdesk && act(window.Frontdesk), { once: true });
}

function showExamples(language) {
  const text = language === "zh" ? "我的快递到哪了" : "where is my order";
  document.getElementById("embed").textContent =
    `<script src="${base}/widget.js"\n  data-key="PUBLISHABLE_KEY"\n  data-locale="auto" async></script>`;
  document.getElementById("curl").textContent = [
    "# one intent", `curl -s ${base}/v1/classify \\`, '  -H "Authorization: Bearer $KEY" \\', '  -H "Content-Type: application/json" \\',
    `  -d '{"text": "${text}"}'`, "", "# a conversation", `ID=$(curl -s -X POST ${base}/v1/conversations \\`,
    '  -H "Authorization: Bearer $KEY" | grep -o "conv_[0-9A-Za-z]*")', `curl -s ${base}/v1/conversations/$ID/messages \\`,
    '  -H "Authorization: Bearer $KEY" \\', '  -H "Content-Type: application/json" \\', `  -d '{"text": "${text}"}'`,
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

const wanted = new URLSearchParams(location.search).get("lang") || navigator.language || "en";
speak(wanted.toLowerCase().startsWith("zh") ? "zh" : "en");
document.getElementById("language").addEventListener("click", () => {
  speak(root.lang === "en" ? "zh" : "en");
  widget().dataset.locale = root.lang; // the chat follows
});
document.getElementById("open").addEventListener("click", () => withChat((chat) => chat.open()));
for (const button of document.querySelectorAll(".ask")) {
  button.addEventListener("click", () => withChat((chat) => chat.send(button.textContent)));
}
for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
