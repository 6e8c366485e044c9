"use strict";
// The numbers of the whole run.

const overview = (() => {
  const { h, number, count } = elements;
  const { times, percent, whole, name, NONE } = values;
  const AS = { speedup: "times", geometric_mean: "times", optimised: "percent", correct: "percent" };

  const estimate = (report, place, what) => {
    const score = at(report, place);
    const value = score[what];
    const format = values[AS[what]];
    const key = `report/${place}/${what}`;
    return { value, text: value ? format(value.value) : NONE, key, as: AS[what], format };
  };

  const at = (report, place) => place.split("/").reduce((value, key) => value[key], report);

  const interval = ({ value, key, as, format }) => {
    if (!value?.interval) return [NONE];
    return [
      number(`${key}/interval/low`, as, format(value.interval.low)),
      " to ",
      number(`${key}/interval/high`, as, format(value.interval.high)),
    ];
  };

  const card = (title, one, meaning) =>
    h(
      "section",
      { class: "card" },
      h("h3", null, title),
      number(`${one.key}/value`, one.as, one.text, { tag: "p", class: "big" }),
      one.value?.interval ? h("p", { class: "interval" }, "95% interval ", interval(one)) : null,
      h("p", { class: "meaning" }, meaning),
    );

  const headline = ({ report, threshold, most }) => {
    const place = most ? `best_at/${most - 1}` : "human";
    const score = at(report, place);
    const known = (what) => number(`report/${place}/${what}`, "whole", whole(score[what]));
    const whom = most
      ? most === 1
        ? "the model's program"
        : ["the fastest accepted one of the first ", number("most", "whole", whole(most)), " programs of each row"]
      : "the target";
    const rows = () => ["Over ", known("scored"), ` ${count(score.scored, "row")} with a speedup.`];
    const cards = [
      card("Speedup", estimate(report, place, "speedup"), [
        "Source time divided by the time of ", whom, most ? ", at least 1. The mean. " : ". The mean. ", rows(),
      ]),
      card("%Opt", estimate(report, place, "optimised"), [
        "Rows that got at least ", number("threshold", "plain", values.short(threshold)),
        " times as fast. ", rows(),
      ]),
      card("Geometric mean", estimate(report, place, "geometric_mean"), [
        "Of the same speedups. A few very fast rows move it less. ", rows(),
      ]),
    ];
    if (most) {
      cards.splice(2, 0, card("%Correct", estimate(report, place, "correct"), [
        "Rows with an accepted program. Over ", known("judged"), ` judged ${count(score.judged, "row")}.`,
      ]));
    }
    return h("div", { class: "cards" }, cards);
  };

  // Of many values of k the powers of two and the largest, as in `pie report`.
  const shown = (report) => {
    const most = report.best_at.length;
    const places = report.best_at
      .map((_score, index) => index + 1)
      .filter((k) => most <= 10 || k === most || (k & (k - 1)) === 0);
    return ["human", "human_at_1", ...places.map((k) => `best_at/${k - 1}`)];
  };

  const cell = (one) => number(`${one.key}/value`, one.as, one.text, { tag: "td" });

  const scores = ({ report }) =>
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        null,
        h("thead", null, h("tr", null, ["", "n", "%Opt", "Speedup", "95% interval", "median", "geo. mean", "%Correct"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", null, shown(report).map((place) => {
          const score = at(report, place);
          const speedup = estimate(report, place, "speedup");
          return h(
            "tr",
            null,
            h("th", { scope: "row" }, name(score.name)),
            number(`report/${place}/scored`, "whole", whole(score.scored), { tag: "td" }),
            cell(estimate(report, place, "optimised")),
            cell(speedup),
            h("td", null, interval(speedup)),
            number(`report/${place}/median`, "times", times(score.median), { tag: "td" }),
            cell(estimate(report, place, "geometric_mean")),
            cell(estimate(report, place, "correct")),
          );
        })),
      ),
    );

  const verdicts = ({ report }) => {
    const roles = Object.keys(report.verdicts).filter((role) => role !== "generation" || report.best_at.length);
    const seen = Object.keys(report.verdicts.source).filter((verdict) =>
      roles.some((role) => report.verdicts[role][verdict]),
    );
    const sum = (role) => Object.values(report.verdicts[role]).reduce((one, other) => one + other, 0);
    const line = (title, values_) => h("tr", null, h("th", { scope: "row" }, title), values_);
    return h(
      "div",
      { class: "scroll" },
      h(
        "table",
        null,
        h("thead", null, h("tr", null, ["", ...roles].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", null, seen.map((verdict) =>
          line(verdict.replaceAll("_", " "), roles.map((role) =>
            number(`report/verdicts/${role}/${verdict}`, "whole", whole(report.verdicts[role][verdict]), { tag: "td" }),
          )),
        )),
        h("tfoot", null, line("programs", roles.map((role) =>
          number(`programs/${role}`, "whole", whole(sum(role)), { tag: "td" }),
        ))),
      ),
    );
  };

  const thresholds = ({ lines, thresholds: at_ }) => {
    const few = [1.1, 1.5, 2, 3, 5, 10].map((value) => at_.indexOf(value));
    return h(
      "div",
      { class: "scroll" },
      h(
        "table",
        null,
        h("thead", null, h("tr", null, h("th", null, "at least"), few.map((index) => h("th", { scope: "col" }, number(`thresholds/${index}`, "plain", values.short(at_[index])), "x")))),
        h("tbody", null, lines.map((line, place) =>
          h("tr", null, h("th", { scope: "row" }, label(line.name)), few.map((index) =>
            number(`lines/${place}/optimised/${index}`, "percent", percent(line.optimised[index]), { tag: "td" }),
          )),
        )),
      ),
    );
  };

  const label = (line) => (line === "human@1" ? "target" : line);

  const pictures = (head) => {
    const { lines, edges, report, most } = head;
    const drawn = lines.filter((line) => line.scored);
    if (!drawn.length) return null;
    const last = drawn.filter((line) => line.name === "human@1" || line.name === `best@${most}`);
    const times_ = (value) => `${values.short(value)}x`;
    const share = (value) => `${values.short(100 * value)}%`;
    const parts = [
      charts.histogram({
        title: "Distribution of speedups",
        explanation: "Rows by source time / time of the accepted program, on a logarithmic scale. The line is 1.",
        edges,
        series: last.map((line) => ({ name: label(line.name), counts: line.counts })),
      }),
      charts.lines({
        title: "%Opt at every threshold",
        explanation: "Share of rows that got at least so many times as fast.",
        series: drawn.map((line) => ({
          name: label(line.name),
          points: head.thresholds.map((x, index) => ({ x, y: line.optimised[index] })),
        })),
        kind: "log",
        xTicks: [1.1, 1.5, 2, 3, 5, 10],
        yFrom: 0,
        yTo: 1,
        steps: true,
        format: { x: times_, y: share },
      }),
    ];
    const curves = [
      ["speedup", "Speedup at Best@k", "Mean speedup of the fastest accepted one of the first k programs.", times_],
      ["optimised", "%Opt at Best@k", "Share of optimised rows among the first k programs.", share],
      ["correct", "%Correct at Best@k", "Share of rows with an accepted one among the first k programs.", share],
    ];
    for (const [what, title, explanation, y] of most > 1 ? curves : []) {
      const points = report.best_at
        .filter((score) => score[what])
        .map((score) => ({ x: score.k, y: score[what].value, low: score[what].interval?.low, high: score[what].interval?.high }));
      if (points.length < 2) continue;
      const kind = most > 10 ? "log" : "linear";
      const ticks = most > 10 ? charts.doublings(1, most, 8) : points.map((point) => point.x);
      parts.push(charts.lines({
        title,
        explanation: `${explanation} The band is the 95% interval.`,
        series: [{ name: title, points }],
        kind,
        xTicks: ticks,
        ...(y === share ? { yFrom: 0, yTo: 1 } : {}),
        format: { x: values.short, y },
      }));
    }
    return h("div", { class: "figures" }, parts);
  };

  const about = ({ run, report }) => {
    const { finished, planned, left_out: left } = report.rows;
    return h(
      "header",
      null,
      h("h1", null, name(run)),
      h(
        "p",
        { class: "about" },
        name(report.pairs_file), " on ", h("b", null, name(report.machine)), ". ",
        number("report/rows/finished", "whole", whole(finished)), " of ",
        number("report/rows/planned", "whole", whole(planned)), ` ${count(planned, "row")}, `,
        number("report/problems", "whole", whole(report.problems)), ` ${count(report.problems, "problem")}, `,
        number("report/rows/left_out", "whole", whole(left)), " left out.",
      ),
      report.notes.length
        ? h("ul", { class: "notes", "data-label": true }, report.notes.map((note) => h("li", null, name(note))))
        : null,
    );
  };

  const sections = (head) => [
    about(head),
    head.report.refused ? null : headline(head),
    head.report.refused ? null : pictures(head),
    h("h2", null, "Scores"),
    scores(head),
    head.lines.length ? [h("h2", null, "%Opt by threshold"), thresholds(head)] : null,
    h("h2", null, "Verdicts"),
    verdicts(head),
    ...(head.report.refused ? [] : [...tables.failures(head), ...tables.cycles(head)]),
    h(
      "details",
      { class: "definitions", "data-label": true },
      h("summary", null, "What the numbers mean"),
      h("p", null, head.report.definitions),
      h("p", null, `Machine ${name(head.report.machine)}, fingerprint `, h("code", null, name(head.report.fingerprint)), "."),
    ),
  ];

  return { sections: (head) => sections(head).flat() };
})();
