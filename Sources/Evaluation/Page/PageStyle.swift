/// How the page of an evaluation looks: everything in the page itself, system fonts, nothing to load.
enum PageStyle {
    static let css: HTML = """
        :root { --ink: #1d2733; --soft: #5b6775; --line: #dde3ea; --paper: #ffffff; --ground: #f4f6f9;
          --blue: #1f5fbf; --orange: #c2570c; --green: #1c7c4a; --red: #b3261e; color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5; font-size: 16px;
          font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
          "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", sans-serif; }
        main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 64px; }
        h1 { font-size: 28px; margin: 0 0 4px; }
        h2 { font-size: 20px; margin: 0 0 6px; }
        section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px; margin-top: 20px; }
        p { margin: 6px 0 12px; max-width: 75ch; }
        .soft, .about { color: var(--soft); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(175px, 1fr)); gap: 12px; margin-top: 20px; }
        .tile { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
        .tile b { display: block; font-size: 27px; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .tile span { display: block; font-size: 14px; }
        .tile small { color: var(--soft); font-size: 13px; }
        ul { margin: 6px 0; padding-left: 22px; }
        li { margin: 5px 0; max-width: 78ch; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
        th { color: var(--soft); font-weight: 600; font-size: 13px; }
        th:first-child, td:first-child, .words, .left { text-align: left; }
        td.words { white-space: normal; overflow-wrap: anywhere; min-width: 16em; }
        .meter { display: inline-block; width: 84px; height: 9px; border-radius: 5px; background: var(--line); margin-right: 8px; overflow: hidden; }
        .meter i { display: block; height: 100%; background: var(--green); }
        .meter i.tally { background: var(--soft); } .meter i.middling { background: #d49a1d; } .meter i.poor { background: var(--red); }
        .tag { font-size: 12px; color: var(--soft); border: 1px solid var(--line); border-radius: 9px; padding: 1px 7px; margin-left: 6px; }
        details { border-bottom: 1px solid var(--line); padding: 6px 0; }
        summary { cursor: pointer; overflow-wrap: anywhere; }
        summary b { font-variant-numeric: tabular-nums; }
        .plot { width: 100%; max-width: 760px; height: auto; display: block; margin: 8px 0; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .tick, .note { font-size: 12.5px; fill: var(--soft); } .axis { font-size: 13.5px; fill: var(--ink); }
        .note { fill: var(--ink); font-weight: 600; }
        .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
        .blue { stroke: var(--blue); } .orange { stroke: var(--orange); }
        .ideal { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 5; }
        .band { stroke: none; fill: var(--blue); opacity: 0.13; }
        .dot { fill: var(--blue); } .chosen { fill: var(--orange); }
        .share { fill: var(--blue); opacity: 0.75; }
        .key { font-size: 14px; color: var(--soft); } .key i { display: inline-block; width: 18px; height: 4px; border-radius: 2px; margin: 0 6px 3px 0; }
        .key span { margin-right: 18px; white-space: nowrap; }
        footer { color: var(--soft); font-size: 14px; margin-top: 24px; overflow-wrap: anywhere; }
        @media print { body { background: none; } section { break-inside: avoid; } }
        """
}
