  // ---- Elements ----------------------------------------------------------------------------------------------------

  const ICONS = {
    chat: "M20.5 11.5a7.8 7.8 0 0 1-8.2 7.6 9 9 0 0 1-3.3-.6L4 20l1.3-4A7.4 7.4 0 0 1 4 11.5 7.8 7.8 0 0 1 12.2 4a7.8 7.8 0 0 1 8.3 7.5zM8.5 11.5h.01M12.2 11.5h.01M16 11.5h.01",
    close: "M6.5 6.5l11 11M17.5 6.5l-11 11", down: "M6 9.5l6 6 6-6", send: "M12 19V5.5M6 11.5l6-6 6 6",
    fresh: "M11 5H6.5A2.5 2.5 0 0 0 4 7.5v10A2.5 2.5 0 0 0 6.5 20h10a2.5 2.5 0 0 0 2.5-2.5V13M18 3.5a1.7 1.7 0 0 1 2.5 2.5L13 13.5 9.5 14.5l1-3.5z",
    like: "M7.5 10.5V20H4v-9.5zM7.5 10.5L11.5 3a2.5 2.5 0 0 1 2.5 3L13.3 9.5h5a2 2 0 0 1 2 2.4l-1.3 6.5A2 2 0 0 1 17 20H7.5",
    dislike: "M16.5 13.5V4H20v9.5zM16.5 13.5L12.5 21a2.5 2.5 0 0 1-2.5-3l.7-3.5h-5a2 2 0 0 1-2-2.4l1.3-6.5A2 2 0 0 1 7 4h9.5",
    auto: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
    light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
    mail: "M4 6.5h16v11H4zM4 7l8 6 8-6",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  /** An element with attributes (`on…` are listeners) and children; text is only ever added as text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const button = (attributes, ...children) => make("button", { type: "button", ...attributes }, ...children);

  const iconButton = (name, testID, onclick, attributes = {}) =>
    button({ "data-testid": testID, onclick, ...attributes }, icon(name));

  function label(element, text) {
    element.setAttribute("aria-label", text);
    element.title = text;
  }

  // ---- Looks -------------------------------------------------------------------------------------------------------

  const STYLE = __FRONTDESK_STYLE__;

  /** A style sheet object is allowed where the page's policy forbids style elements. */
  function addStyle(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(make("style", {}, STYLE));
    }
  }

  const THEMES = ["auto", "light", "dark"];
  const THEME_KEY = "frontdesk:theme"; // what the visitor chose, for all of the site's pages
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  let theme = storedTheme();

  function storedTheme() {
    try {
      return localStorage.getItem(THEME_KEY);
    } catch {
      return null;
    }
  }

  /** What the visitor has chosen, else what the page asks for. */
  function wantedTheme() {
    const hasSwitch = script.dataset.themeSwitch !== undefined;
    return [hasSwitch && theme, script.dataset.theme].find((one) => THEMES.includes(one)) || "auto";
  }

  /** Asked for by the page; the visitor's own choice is forgotten. */
  function setTheme(name) {
    if (!THEMES.includes(name)) throw new TypeError(`Frontdesk.theme takes one of ${THEMES.join(", ")}`);
    chooseTheme(null);
    script.dataset.theme = name;
    renderTheme();
  }

  function chooseTheme(name) {
    theme = name;
    try {
      if (name) localStorage.setItem(THEME_KEY, name);
      else localStorage.removeItem(THEME_KEY);
    } catch {
      // It holds for this page.
    }
  }

  function nextTheme() {
    chooseTheme(THEMES[(THEMES.indexOf(wantedTheme()) + 1) % THEMES.length]);
    renderTheme();
  }

  function renderTheme() {
    const wanted = wantedTheme();
    const isDark = wanted === "dark" || (wanted === "auto" && darkness.matches);
    ui.host.dataset.theme = isDark ? "dark" : "light";
    ui.theme.hidden = script.dataset.themeSwitch === undefined;
    ui.theme.replaceChildren(icon(wanted));
    label(ui.theme, words[wanted]);
    renderColors();
  }

  // ---- Colours -----------------------------------------------------------------------------------------------------

  const INK = [20 / 255, 22 / 255, 28 / 255];
  const WHITE = [1, 1, 1];
  const READABLE = 4.5; // the least contrast of text (WCAG 2.2, 1.4.3)

  /** A colour's red, green and blue from 0 to 1; null for what this browser cannot tell. */
  function channels(color) {
    const probe = make("i");
    probe.style.color = color;
    probe.style.color = `color-mix(in srgb, ${color}, ${color})`; // of one form, whatever way the colour is written
    ui.root.append(probe);
    const text = getComputedStyle(probe).color;
    probe.remove();
    const numbers = text.match(/-?\d*\.?\d+(e-?\d+)?/g)?.slice(0, 3).map(Number);
    if (numbers?.length !== 3) return null;
    const whole = text.startsWith("rgb") ? 255 : text.startsWith("color(srgb") ? 1 : 0;
    return whole ? numbers.map((one) => Math.min(1, Math.max(0, one / whole))) : null;
  }

  /** Relative luminance (WCAG 2.2). */
  function luminance(color) {
    const [r, g, b] = color.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  const written = (color) => `rgb(${color.map((one) => Math.round(one * 255)).join(" ")})`;

  /** The nearest colour to `color` on the way to `pole` that can be read on all of `grounds`. */
  function readable(color, pole, grounds) {
    for (let share = 0; share < 1; share += 0.04) {
      const mixed = color.map((one, place) => one + (pole[place] - one) * share);
      if (grounds.every((ground) => contrast(mixed, ground) >= READABLE)) return mixed;
    }
    return pole;
  }

  /** Text on the page's colour, and the colour as text, so that both can be read whatever it is. */
  function renderColors() {
    const wanted = script.dataset.color;
    const style = ui.host.style;
    for (const name of ["--accent", "--on-accent", "--edge", "--link"]) style.removeProperty(name);
    if (wanted && CSS.supports("color", wanted)) style.setProperty("--accent", wanted);
    const [accent, back, soft] = ["--accent", "--back", "--soft"].map((name) => channels(`var(${name})`));
    if (!accent || !back || !soft) return;
    const onAccent = contrast(WHITE, accent) >= READABLE || contrast(WHITE, accent) >= contrast(INK, accent) ? WHITE : INK;
    style.setProperty("--on-accent", written(onAccent));
    // A colour like the panel's own gets an edge.
    style.setProperty("--edge", contrast(accent, back) < 1.4 ? "color-mix(in srgb, var(--on-accent) 28%, transparent)" : "transparent");
    const isDark = ui.host.dataset.theme === "dark";
    style.setProperty("--link", written(readable(accent, isDark ? WHITE : [0, 0, 0], [back, soft])));
  }
