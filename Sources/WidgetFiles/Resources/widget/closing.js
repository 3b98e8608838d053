  // ---- The beginning -----------------------------------------------------------------------------------------------

  function start() {
    build();
    window.Frontdesk = Object.freeze({
      open, close, send, identify, on, theme: setTheme,
      get unread() { return unreadCount(); },
      get status() { return { status: saved.mode, agent: saved.agent || null, connection: link }; },
    });
    emit("ready", { conversation: saved.conversation });
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
