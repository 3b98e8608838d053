  // ---- What survives a page load -----------------------------------------------------------------------------------

  /** The members of an object whose name and place are accepted. */
  const pick = (object, accepts) => Object.fromEntries(Object.entries(object || {}).filter(([name], place, all) => accepts(name, place, all)));

  const empty = () => ({
    conversation: null, resumeToken: null, lastSeq: 0, messages: [], unsent: [], rated: {}, ratings: {},
    mode: "bot", agent: "", // the conversation's status, and who has it
    read: 0, seen: 0, // the seq up to which the visitor has read, and the people who answer
    mail: "", // "done" when no e-mail address is asked for any more
  });
  const lately = (_, place, all) => place >= all.length - UNSENT_LIMIT;
  const mine = new Set(); // the unsent messages that this tab has in its care

  function stored() {
    try {
      const text = localStorage.getItem(STORAGE_KEY) || "{}";
      if (text.length > STORED_LIMIT * 2) return empty(); // not written by this widget
      const value = { ...empty(), ...JSON.parse(text) };
      if (!Array.isArray(value.messages) || !Array.isArray(value.unsent)) return empty();
      return { ...value, ratings: pick(value.ratings, lately) };
    } catch {
      return empty(); // storage may be blocked or hold something foreign
    }
  }

  let saved = stored();
  for (const item of saved.unsent) mine.add(item.id);

  /** The earlier part of a long conversation is shown when it is asked for; only the newest messages are kept. */
  function save() {
    const known = new Set(saved.messages.slice(-HISTORY_LIMIT).map((message) => message.id));
    // Another tab may have unsent messages of its own: they are left as they are.
    const others = stored().unsent.filter((item) => !mine.has(item.id));
    const kept = {
      ...saved, unsent: [...others, ...saved.unsent].slice(0, UNSENT_LIMIT * 2), rated: pick(saved.rated, (id) => known.has(id)),
      ratings: pick(saved.ratings, lately),
    };
    for (const count of [HISTORY_LIMIT, 50, 10, 0]) {
      const messages = count ? saved.messages.slice(-count) : [];
      const text = JSON.stringify({ ...kept, messages });
      if (text.length > STORED_LIMIT && count) continue;
      try {
        return localStorage.setItem(STORAGE_KEY, text);
      } catch {
        // Full: try with fewer messages. Without storage the chat works, but does not survive a reload.
      }
    }
  }

  // What was read in one tab is read in all; one in the background follows the visitor to the conversation that another began.
  function storageChanged(event) {
    if (event.key !== STORAGE_KEY) return;
    const other = stored();
    if (other.conversation && other.conversation === saved.conversation) {
      saved.read = Math.max(saved.read, other.read);
      return renderUnread();
    }
    if (!document.hidden || !other.conversation || saved.unsent.length) return;
    saved = { ...other, unsent: [] };
    reconnectAfresh();
  }
