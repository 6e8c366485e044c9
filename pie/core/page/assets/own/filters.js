"use strict";
// The line of filters above the pairs.

const filters = (() => {
  const { h } = elements;

  const none = () => ({ search: "", problem: "", verdict: "", from: null, to: null, suspicious: false });

  const bar = (head, state, changed) => {
    const seen = new Set();
    head.rows.problem.forEach((_problem, row) => selection.verdictsOf(head, row).forEach((one) => seen.add(one)));
    const set = (name, value) => {
      state.filters[name] = value;
      changed();
    };
    const text = (name, title, more) =>
      h("label", null, title, h("input", {
        type: "search", name, value: state.filters[name] ?? "", ...more,
        oninput: (event) => set(name, event.target.value.trim()),
      }));
    const bound = (name, title) =>
      h("label", null, title, h("input", {
        type: "number", name, min: 0, step: "any", value: state.filters[name] ?? "", inputmode: "decimal",
        oninput: (event) => set(name, event.target.value === "" ? null : Number(event.target.value)),
      }));
    const option = (value, title) => h("option", { value, selected: state.filters.verdict === value }, title);
    const known = head.verdicts.filter((verdict) => seen.has(verdict));
    return h(
      "form",
      { class: "filters", onsubmit: (event) => event.preventDefault() },
      text("search", "Search", { placeholder: "problem or id" }),
      text("problem", "Problem", { placeholder: "the whole name" }),
      h("label", null, "A program is", h("select", {
        name: "verdict", onchange: (event) => set("verdict", event.target.value),
      }, option("", "anything"), known.map((verdict) => option(verdict, verdict.replaceAll("_", " "))))),
      bound("from", "Speedup from"),
      bound("to", "to"),
      head.suspicious.length
        ? h("label", { class: "tick" }, h("input", {
            type: "checkbox", name: "suspicious", checked: state.filters.suspicious,
            onchange: (event) => set("suspicious", event.target.checked),
          }), "Suspicious only")
        : null,
      h("button", {
        type: "reset",
        onclick: () => {
          state.filters = none();
          changed();
        },
      }, "Clear"),
    );
  };

  return { none, bar };
})();
