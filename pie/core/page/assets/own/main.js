"use strict";
// Which view is shown: `#/` is the run, `#/pair/N` its row N.

(async () => {
  const page = document.getElementById("page");
  const { h } = elements;
  if (typeof DecompressionStream === "undefined") {
    page.replaceChildren(h("p", { class: "wait" }, "This browser cannot unpack the page's data (DecompressionStream is missing); use one of 2023 or later."));
    return;
  }
  const head = await unpack.head();
  document.title = `pie: ${values.name(head.run)}`;
  const state = { rows: [], filters: filters.none(), sorting: { by: "number", down: false }, scroll: 0, printing: false };
  let draw = () => {};
  let overviewShown = null;

  const overviewView = () => {
    if (overviewShown) return overviewShown;
    const pairs = table.make(head, state);
    draw = pairs.draw;
    const bar = filters.bar(head, state, () => pairs.choose());
    overviewShown = { pairs, elements: [...overview.sections(head).filter(Boolean), h("h2", null, "Pairs"), bar, pairs.line, pairs.element] };
    return overviewShown;
  };

  const route = async () => {
    const match = /^#\/pair\/(\d+)$/.exec(location.hash);
    const row = match ? Number(match[1]) - 1 : -1;
    if (match && row >= 0 && row < head.rows.problem.length) {
      if (!state.rows.length) state.rows = head.rows.problem.map((_problem, index) => index);
      if (page.dataset.view === "overview") state.scroll = scrollY;
      const told = await unpack.programs(row);
      const view = pair.show(head, row, told, state);
      page.dataset.view = "pair";
      page.replaceChildren(view.element);
      scrollTo(0, 0);
      view.start();
      draw = () => view.draw();
      return;
    }
    const { pairs, elements: parts } = overviewView();
    page.dataset.view = "overview";
    page.replaceChildren(...parts);
    draw = pairs.draw;
    pairs.choose();
    scrollTo(0, state.scroll);
    pairs.draw();
  };

  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  addEventListener("hashchange", route);
  const print = (on) => () => {
    state.printing = on;
    document.body.classList.toggle("printing", on);
    draw();
  };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
  await route();
})();
