"use strict";
// Two tables of the whole run: why programs do not optimise, and where the cycles went.

const tables = (() => {
  const { h, number, count } = elements;
  const { percent, whole } = values;

  const table = (titles, lines) =>
    h("div", { class: "scroll" }, h("table", null,
      h("thead", null, h("tr", null, titles.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", null, lines)));

  const failures = ({ failures: told }) => {
    if (!told) return [];
    const failed = Object.values(told.failing).reduce((one, other) => one + other, 0);
    const line = (title, key, programs, share) =>
      h("tr", null, h("th", { scope: "row", "data-label": true }, title),
        number(`failures/${key}`, "whole", whole(programs), { tag: "td" }),
        share === null ? h("td") : number(`failures/${key}/share`, "percent", percent(share), { tag: "td" }));
    return [
      h("h2", null, "Why programs do not optimise"),
      h("p", { class: "meaning", "data-label": true }, "Every generated program, whatever its place among the samples (PIE's Table 5)."),
      table(["", "programs", "of those that do not"], [
        ...Object.entries(told.failing).map(([reason, programs]) => line(reason, `failing/${reason}`, programs, programs / failed)),
        line("optimised", "optimised", told.optimised, null),
        ...Object.entries(told.not_counted).map(([reason, programs]) => line(reason, `not_counted/${reason}`, programs, null)),
      ]),
    ];
  };

  const cycles = ({ cycles: told, most }) => {
    if (!told) return [];
    const parts = Object.keys(told.before);
    const sum = (side) => parts.reduce((total, part) => total + told[side][part], 0);
    const bar = (side) => {
      const pieces = parts.map((part, index) => {
        const piece = h("span", { class: `part part-${index}`, title: part });
        piece.style.width = `${(100 * told[side][part]) / sum("before")}%`;
        return piece;
      });
      return h("div", { class: "stack" }, h("span", { class: "stack-name" }, side), h("div", { class: "stack-bar" }, pieces));
    };
    const after = most ? "fastest accepted generation (where a row has none at all, target)" : "target";
    return [
      h("h2", null, "Where the cycles went"),
      h("p", { class: "meaning" }, "Source and ", after, " of ", number("cycles/rows", "whole", whole(told.rows)),
        ` ${count(told.rows, "row")}, all cycles together; after is drawn to the scale of before.`),
      bar("before"),
      bar("after"),
      table(["", "before", "of all", "after", "of all"], parts.map((part, index) =>
        h("tr", null, h("th", { scope: "row" }, h("span", { class: `key part-key-${index}` }, part)),
          ["before", "after"].map((side) => [
            number(`cycles/${side}/${part}`, "whole", whole(Math.round(told[side][part])), { tag: "td" }),
            number(`cycles/${side}/${part}/share`, "percent", percent(told[side][part] / sum(side)), { tag: "td" }),
          ])))),
    ];
  };

  return { failures, cycles };
})();
