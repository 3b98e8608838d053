  // ---- The earlier part of the conversation ------------------------------------------------------------------------

  const NEAR_TOP = 240; // pixels above which earlier messages are asked for
  let loading = null; // the conversation that earlier messages are being asked for
  let hasFailedToLoad = false;

  /** The seq of the earliest message that is shown. */
  const earliest = () => saved.messages[0]?.seq ?? saved.lastSeq + 1;

  const hasEarlier = () => Boolean(saved.conversation) && earliest() > 1;

  /** Brings one page of what was said before, and keeps what is on the screen where it is. */
  async function loadEarlier() {
    if (loading || !hasEarlier() || link !== "ready") return;
    const conversation = saved.conversation;
    const before = earliest();
    const after = Math.max(0, before - 1 - PAGE_SIZE);
    loading = conversation;
    hasFailedToLoad = false;
    renderEarlier();
    let messages = null;
    try {
      const answer = await request(`v1/conversations/${conversation}/messages?after=${after}&limit=${before - 1 - after}`);
      if (answer.ok) messages = (await answer.json()).messages;
    } catch {
      // Told below; the next scroll or a press tries again.
    }
    if (loading === conversation) loading = null;
    if (saved.conversation !== conversation) return;
    if (!messages?.length) {
      hasFailedToLoad = true;
      return renderEarlier();
    }
    const isShown = new Set(saved.messages.map((one) => one.seq));
    const earlier = messages.filter((one) => !isShown.has(one.seq));
    saved.messages = [...earlier, ...saved.messages].sort((a, b) => a.seq - b.seq);
    const fromEnd = ui.scroll.scrollHeight - ui.scroll.scrollTop;
    quietly(() => {
      earlier.toReversed().forEach(renderMessage); // each goes before the one that follows it
      refreshButtons();
      renderEarlier();
      renderSeen();
    });
    ui.scroll.scrollTop = ui.scroll.scrollHeight - fromEnd;
    loadIfShort();
  }

  /** As long as there is more and the panel is not full, or the visitor is near the top of it. */
  function loadIfShort() {
    if (isOpen() && !hasFailedToLoad && ui.scroll.scrollTop < NEAR_TOP) loadEarlier();
  }

  /** Screen readers are told of what is new, not of what is put above it. */
  function quietly(act) {
    ui.log.setAttribute("aria-live", "off");
    act();
    setTimeout(() => ui.log.setAttribute("aria-live", "polite"), 200);
  }

  function renderEarlier() {
    ui.earlier.hidden = !hasEarlier();
    ui.earlier.setAttribute("aria-busy", Boolean(loading));
    ui.earlier.textContent = hasFailedToLoad ? words.retry : words.earlier;
    ui.greeting.hidden = hasEarlier();
  }

  // ---- Scrolling ---------------------------------------------------------------------------------------------------

  const END = 48; // pixels from the end within which new messages are followed
  let sticks = true; // the visitor looks at the end

  const isAtEnd = () => ui.scroll.scrollHeight - ui.scroll.scrollTop - ui.scroll.clientHeight < END;

  function scrollDown() {
    ui.scroll.scrollTop = ui.scroll.scrollHeight;
    ui.below.hidden = true;
  }

  function scrolled() {
    sticks = isAtEnd();
    if (sticks) ui.below.hidden = true;
    hasFailedToLoad = false;
    loadIfShort();
  }

  /** What comes above or below the conversation, a line of status or a keyboard, takes nothing of its end. */
  function resized() {
    if (sticks) scrollDown();
  }
