"use strict";
// The pairs as a table. Only the rows that can be seen are elements.

const table = (() => {
  const { h, number, count } = elements;
  const { times, percent, whole, cost, name } = values;
  const HEIGHT = 34;
  const OVERSCAN = 4;
  const MOST_ELEMENTS = 1100;
  const MOST_PRINTED = 500;

  const COLUMNS = [
    { key: "number", title: "row", narrow: true },
    { key: "problem", title: "problem", text: true, narrow: true },
    { key: "source", title: "source", text: true },
    { key: "target", title: "target", text: true },
    { key: "source time", title: (head) => `source ${head.unit.name}` },
    { key: "target time", title: (head) => `target ${head.unit.name}` },
    { key: "target speedup", title: "target", narrow: true },
    { key: "best speedup", title: (head) => `best@${head.most}`, narrow: true, generated: true },
    { key: "accepted", title: "accepted", generated: true },
  ];

  const verdictOr = (head, [verdict, seconds]) =>
    seconds === null ? head.verdicts[verdict].replaceAll("_", " ") : cost(seconds, head.unit);

  const cells = (head, row) => {
    const { rows } = head;
    const of = (what) => `rows/${row}/${what}`;
    const generations = rows.generations[row];
    const text = (key) => h("span", { class: "cell text", role: "cell", title: name(selection.columns[key](head, row)), "data-label": true }, name(selection.columns[key](head, row)));
    const figure = (key, as, shown) => number(of(key), as, shown, { class: "cell", role: "cell" });
    return {
      number: h("span", { class: "cell", role: "cell" }, number(of("number"), "whole", whole(row + 1), { tag: "a", href: `#/pair/${row + 1}` })),
      problem: text("problem"),
      source: text("source"),
      target: text("target"),
      "source time": figure("source", "cost", verdictOr(head, rows.source[row])),
      "target time": figure("target", "cost", verdictOr(head, rows.target[row])),
      "target speedup": figure("human", "times", times(rows.human[row])),
      "best speedup": figure("ratio", "times", times(rows.ratio[row])),
      accepted: figure("accepted", "of", generations.length ? `${selection.accepted(head, row)}/${generations.length}` : values.NONE),
    };
  };

  const summary = (head, rows) => {
    const scores = selection.scores(head, rows);
    const part = (key, as, text, title) => [number(`selection/${key}`, as, text), title];
    const all = rows.length === head.rows.problem.length;
    const numbers = head.report.refused || !scores.scored ? [] : [
      "; speedup ", part("speedup", "times", times(scores.speedup), ""),
      ", median ", part("median", "times", times(scores.median), ""),
      ", geometric mean ", part("geometric_mean", "times", times(scores.geometric_mean), ""),
      ", %Opt ", part("optimised", "percent", percent(scores.optimised), ""),
      scores.correct === null ? [] : [", %Correct ", part("correct", "percent", percent(scores.correct), "")],
      " over ", part("scored", "whole", whole(scores.scored), ` scored ${count(scores.scored, "row")}`),
    ];
    return [
      part("rows", "whole", whole(rows.length), ""),
      all ? ` ${count(rows.length, "row")}` : [" of ", number("rows", "whole", whole(head.rows.problem.length)), " rows"],
      " of ", part("problems", "whole", whole(scores.problems), ` ${count(scores.problems, "problem")}`),
      numbers, ".",
    ].flat(Infinity);
  };

  const make = (head, state) => {
    const columns = COLUMNS.filter((column) => head.most || !column.generated);
    const suspicious = new Set(head.suspicious.map(([row]) => row));
    const body = h("div", { class: "body", role: "rowgroup" });
    const line = h("p", { class: "selection", "aria-live": "polite" });
    const more = h("p", { class: "more" });
    let shown = "";

    const row = (place) => {
      const index = state.rows[place];
      const all = cells(head, index);
      const mark = suspicious.has(index) ? " suspicious" : "";
      const element = h("div", {
        class: `row${place % 2 ? " odd" : ""}${mark}`, role: "row", "aria-rowindex": place + 2,
        onclick: () => { location.hash = `#/pair/${index + 1}`; },
      }, columns.map((column) => {
        if (!column.narrow) all[column.key].classList.add("wide");
        return all[column.key];
      }));
      element.style.top = `${place * HEIGHT}px`;
      return element;
    };

    const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_one, index) => row(from + index));

    const draw = () => {
      if (state.printing) {
        const printed = Math.min(state.rows.length, MOST_PRINTED);
        body.replaceChildren(...range(0, printed));
        const rest = state.rows.length - printed;
        more.replaceChildren(...(rest ? ["and ", number("selection/not_printed", "whole", whole(rest)), " more rows"] : []));
        shown = "";
        return;
      }
      more.replaceChildren();
      const most = Math.floor(MOST_ELEMENTS / (2 * columns.length + 2));
      const above = -body.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(above / HEIGHT) - OVERSCAN);
      const seen = Math.ceil(innerHeight / HEIGHT) + 2 * OVERSCAN;
      const to = Math.min(state.rows.length, from + Math.min(most, seen));
      if (`${from} ${to}` === shown) return;
      shown = `${from} ${to}`;
      body.replaceChildren(...range(from, to));
    };

    const choose = () => {
      state.rows = selection.chosen(head, state.filters, state.sorting, suspicious);
      line.replaceChildren(...summary(head, state.rows));
      body.style.height = `${state.rows.length * HEIGHT}px`;
      shown = "";
      draw();
    };

    const sort = (key) => {
      const same = state.sorting.by === key;
      state.sorting = { by: key, down: same ? !state.sorting.down : key.includes("speedup") };
      titles();
      choose();
    };

    const header = h("div", { class: "row header", role: "row" });
    const titles = () => {
      header.replaceChildren(...columns.map((column) => {
        const active = state.sorting.by === column.key;
        const text = typeof column.title === "function" ? column.title(head) : column.title;
        const mark = active ? (state.sorting.down ? " \u2193" : " \u2191") : "";
        return h("button", {
          type: "button", role: "columnheader", class: `cell${column.text ? " text" : ""}${column.narrow ? "" : " wide"}`,
          "aria-sort": active ? (state.sorting.down ? "descending" : "ascending") : "none",
          onclick: () => sort(column.key), "data-label": true,
        }, text + mark);
      }));
    };
    titles();
    const element = h(
      "div",
      { class: `pairs columns-${columns.length}`, role: "table", "aria-label": "Pairs", "aria-rowcount": head.rows.problem.length + 1 },
      header,
      body,
      more,
    );
    return { element, line, draw, choose };
  };

  return { make };
})();
