"use strict";
// One pair: its numbers, the two programs beside each other, and the tests.

const pair = (() => {
  const { h, number } = elements;
  const { times, percent, whole, cost, name, NONE } = values;
  const LINE = 20;
  const NARROW = 760;
  const OVERSCAN = 8;
  const MOST_PIECES = 300; // coloured pieces that are elements at a time
  const MOST_OPTIONS = 100;
  const LONGEST_LINE = 2000;

  const roleName = (role) => (role === 1 ? "target" : `generation ${role - 1}`);
  const key = (role) => ["source", "target"][role] ?? `generation_${role - 2}`;

  const programOf = (head, row, role) =>
    [head.rows.source[row], head.rows.target[row], ...head.rows.generations[row]][role];

  const speedupOf = (head, row, role) => {
    const [before, after] = [programOf(head, row, 0)[1], programOf(head, row, role)[1]];
    return before && after ? before / after : null;
  };

  const facts = (head, row, told, role) => {
    const roles = [0, role];
    const run = (one) => told.runs[told.roles[one]];
    const line = (title, cells) => h("tr", null, h("th", { scope: "row" }, title), cells);
    const each = (title, what, as, show) =>
      line(title, roles.map((one) => number(`pair/${row}/${key(one)}/${what}`, as, show(one), { tag: "td" })));
    const passed = (one) => programOf(head, row, one)[2];
    const lines = [
      line("verdict", roles.map((one) => h("td", null, head.verdicts[programOf(head, row, one)[0]].replaceAll("_", " ")))),
      each(head.unit.name, "seconds", "cost", (one) => cost(programOf(head, row, one)[1], head.unit)),
      line("speedup", [h("td", null, NONE), number(`pair/${row}/${key(role)}/speedup`, "times", times(speedupOf(head, row, role)), { tag: "td" })]),
      each("instructions", "instructions", "whole", (one) => whole(run(one).instructions)),
    ];
    if (head.unit.name === "ms") lines.push(each("cycles", "cycles", "whole", (one) => whole(run(one).cycles)));
    if (role > 1 && values.isNumber(passed(role))) {
      lines.push(line("tests passed", [h("td", null, NONE), number(`pair/${row}/${key(role)}/passed`, "of", `${passed(role)}/${programOf(head, row, role)[3]}`, { tag: "td" })]));
    }
    const split = run(0).split ?? run(role).split;
    for (const part of split ? Object.keys(split) : []) {
      lines.push(each(`cycles: ${part}`, `split/${part}`, "percent", (one) => percent(run(one).split?.[part])));
    }
    if (roles.some((one) => told.details[one])) {
      lines.push(line("why", roles.map((one) => h("td", { class: "why", "data-label": true }, name(told.details[one]) || NONE))));
    }
    return h("div", { class: "scroll" }, h("table", { class: "facts" },
      h("thead", null, h("tr", null, h("th"), h("th", { scope: "col" }, "source"), h("th", { scope: "col", "data-label": true }, roleName(role)))),
      h("tbody", null, lines)));
  };

  const tests = (head, row, told, role) => {
    if (!told.tests.length) return null;
    const of = (one, index) => told.runs[told.roles[one]].tests[index];
    const cell = (one, index) => {
      const run = of(one, index);
      const text = !run ? NONE : run[1] === null ? head.verdicts[run[0]].replaceAll("_", " ") : cost(run[1], head.unit);
      return number(`tests/${row}/${key(one)}/${told.tests[index]}`, "cost", text, { tag: "td" });
    };
    const ratio = (index) => {
      const [before, after] = [of(0, index)?.[1], of(role, index)?.[1]];
      return before && after ? before / after : null;
    };
    const some = told.tests.length < told.of_tests;
    return [
      h("h2", null, "Tests"),
      some
        ? h("p", { class: "meaning" }, "The ", number(`pair/${row}/tests`, "whole", whole(told.tests.length)), " that cost the source most, of ", number(`pair/${row}/of_tests`, "whole", whole(told.of_tests)), ".")
        : null,
      h("div", { class: "scroll" }, h("table", null,
        h("thead", null, h("tr", null, ["test", `source ${head.unit.name}`, `${roleName(role)} ${head.unit.name}`, "speedup"].map((title) => h("th", { scope: "col", "data-label": true }, title)))),
        h("tbody", null, told.tests.map((test, index) => h("tr", null,
          h("th", { scope: "row", "data-label": true }, name(test)),
          cell(0, index),
          cell(role, index),
          number(`tests/${row}/${key(role)}/${test}/speedup`, "times", times(ratio(index)), { tag: "td" }),
        ))))),
    ];
  };

  // Where the browser can, colours lie over the text and need no elements.
  const painted = typeof Highlight === "function" && Boolean(CSS.highlights);

  const paint = (places) => {
    const kinds = new Map();
    for (const [node, line] of places) {
      let at = 0;
      for (const [kind, text] of line) {
        const end = Math.min(at + text.length, node.length);
        if (kind !== null && at < end) {
          if (!kinds.has(kind)) kinds.set(kind, new Highlight());
          const range = new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: end });
          kinds.get(kind).add(range);
        }
        at += text.length;
      }
    }
    CSS.highlights.clear();
    for (const [kind, ranges] of kinds) CSS.highlights.set(kind, ranges);
  };

  const piecesOf = (line, budget) => {
    if (painted) {
      const node = document.createTextNode(line.map((piece) => piece[1]).join("").slice(0, LONGEST_LINE));
      budget.places.push([node, line]);
      return [node];
    }
    const made = [];
    let plain = "";
    let left = LONGEST_LINE;
    for (const [kind, text] of line) {
      const shown = text.slice(0, left);
      left -= shown.length;
      if (kind === null || budget.pieces <= 0) plain += shown;
      else {
        if (plain) made.push(plain);
        plain = "";
        made.push(h("span", { class: kind }, shown));
        budget.pieces -= 2;
      }
      if (left <= 0) break;
    }
    return plain ? [...made, plain] : made;
  };

  const lengthOf = (line) => line.reduce((sum, piece) => sum + piece[1].length, 0);

  const listing = (told, role, state) => {
    const texts = [told.roles[0], told.roles[role]].map((place) => values.program(told.texts[place]));
    const lines = texts.map((text) => highlight.coloured(text, told.language));
    const rows = difference.aligned(texts[0].split("\n"), texts[1].split("\n"));
    const probe = h("span", { class: "probe code" }, "0".repeat(100));
    const block = h("div", { class: "block" });
    const element = h("div", { class: "listing code", "data-label": true }, probe, block);
    let shown = null;
    let layout = { width: 0 };

    const arrange = () => {
      const width = element.clientWidth;
      if (layout.width === width) return;
      const narrow = width < NARROW;
      const letter = probe.getBoundingClientRect().width / 100 || 8;
      const numbers = narrow ? 96 : 2 * 64; // the columns of line numbers and their margins
      const columns = Math.max(10, Math.floor((width - numbers) / letter / (narrow ? 1 : 2)));
      const list = narrow ? difference.stacked(rows) : rows;
      const high = (side, index) => (index === null ? 1 : Math.max(1, Math.ceil(Math.min(lengthOf(lines[side][index]), LONGEST_LINE) / columns)));
      const tops = [0];
      for (const row of list) tops.push(tops.at(-1) + LINE * Math.max(high(0, row.left), high(1, row.right)));
      layout = { width, narrow, list, tops };
      element.style.height = `${tops.at(-1)}px`;
      element.classList.toggle("narrow", narrow);
      shown = null;
    };

    const side = (which, index, kind, budget) => {
      const cut = index === null ? 0 : lengthOf(lines[which][index]) - LONGEST_LINE;
      const mark = kind === "same" ? "" : index === null ? " absent" : which ? " come" : " gone";
      return [
        h("span", { class: `at${mark}` }, index === null ? "" : String(index + 1)),
        h("span", { class: `text${mark}` }, index === null ? "" : piecesOf(lines[which][index], budget), cut > 0 ? ` ... ${cut} more characters` : ""),
      ];
    };

    const drawn = (row, budget) => {
      if (!layout.narrow) return h("div", { class: "line" }, side(0, row.left, row.kind, budget), side(1, row.right, row.kind, budget));
      const which = row.right === null ? 0 : 1;
      const [, text] = side(which, which ? row.right : row.left, row.kind, budget);
      const at = (index) => h("span", { class: text.className.replace("text", "at") }, index === null ? "" : String(index + 1));
      return h("div", { class: "line" }, at(row.left), at(row.right), text);
    };

    const draw = () => {
      arrange();
      const { list, tops } = layout;
      if (!list) return;
      const above = -element.getBoundingClientRect().top;
      let from = 0;
      let to = list.length;
      if (!state.printing) {
        const first = tops.findIndex((top) => top >= above);
        from = Math.max(0, (first < 0 ? list.length : first) - OVERSCAN);
        const below = tops.findIndex((top) => top >= above + innerHeight);
        to = Math.min(list.length, (below < 0 ? list.length : below) + OVERSCAN, from + 120);
      }
      if (shown === `${from} ${to} ${state.printing}`) return;
      shown = `${from} ${to} ${state.printing}`;
      const budget = { pieces: state.printing ? Infinity : MOST_PIECES, places: [] };
      block.replaceChildren(...list.slice(from, to).map((row) => drawn(row, budget)));
      if (painted) paint(budget.places);
      block.style.transform = state.printing ? "" : `translateY(${tops[from]}px)`;
      element.style.height = state.printing ? "auto" : `${tops.at(-1)}px`;
    };

    return { element, draw };
  };

  // The choice of the program beside the source; of very many the first ones are in the list, and
  // the arrows go through all.
  const chooser = (head, row, role, choose) => {
    const last = head.rows.generations[row].length + 1;
    const roles = Array.from({ length: Math.min(last, MOST_OPTIONS) }, (_one, index) => index + 1);
    if (!roles.includes(role)) roles.push(role);
    const title = (one) => {
      const verdict = head.verdicts[programOf(head, row, one)[0]];
      return `${roleName(one)}: ${verdict === "accepted" ? times(speedupOf(head, row, one)) : verdict.replaceAll("_", " ")}`;
    };
    const step = (to, text, what) =>
      h("button", { type: "button", disabled: to < 1 || to > last, "aria-label": what, onclick: () => choose(to) }, text);
    return h("div", { class: "chooser", "data-label": true },
      h("label", null, "Beside the source", h("select", {
        name: "program", onchange: (event) => choose(Number(event.target.value)),
      }, roles.map((one) => h("option", { value: one, selected: one === role }, title(one))))),
      last > 1 ? [step(role - 1, "\u2190", "previous program"), step(role + 1, "\u2192", "next program")] : null);
  };

  // What is looked at first: the fastest accepted generation, else the first, else the target.
  const bestRole = (head, row) => {
    const times_ = head.rows.generations[row].map((one, index) => [one[1] ?? Infinity, index]);
    times_.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    return times_.length ? times_[0][1] + 2 : 1;
  };

  const neighbours = (state, row) => {
    const place = state.rows.indexOf(row);
    const link = (to, text) => (to === undefined ? h("span", { class: "nowhere" }, text) : h("a", { href: `#/pair/${to + 1}` }, text));
    return h("nav", null, h("a", { href: "#/" }, "All pairs"), link(state.rows[place - 1], "Previous"), link(place < 0 ? undefined : state.rows[place + 1], "Next"));
  };

  const show = (head, row, told, state) => {
    const marks = new Map(head.suspicious.filter(([place]) => place === row).map(([, role]) => [role, true]));
    const place = h("div");
    const view = { draw: () => {} };
    const choose = (role) => {
      const list = listing(told, role, state);
      view.draw = list.draw;
      const suspicious = marks.has(role === 1 ? "tgt" : key(role));
      place.replaceChildren(
        chooser(head, row, role, choose),
        ...(suspicious ? [h("p", { class: "notes" }, "Suspicious: this host's processor shows a speedup that differs by more than a factor of four.")] : []),
        h("div", { class: "beside" }, h("section", null, h("h2", null, "Numbers"), facts(head, row, told, role)), h("section", null, tests(head, row, told, role))),
        h("h2", { "data-label": true }, `Source and ${roleName(role)}`),
        list.element,
      );
      list.draw();
    };
    const { rows } = head;
    view.element = h("article", null, neighbours(state, row),
      h("h1", { "data-label": true }, `Row ${row + 1}: ${name(rows.problems[rows.problem[row]])}`),
      h("p", { class: "about", "data-label": true }, `${name(rows.source_id[row]) || "source"} \u2192 ${name(rows.target_id[row]) || "target"}`),
      place);
    view.start = () => choose(bestRole(head, row));
    return view;
  };

  return { show };
})();
