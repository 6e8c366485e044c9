"use strict";
// Elements are made of names and texts alone; no text of a run is ever read as HTML.

const elements = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  const filled = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  };

  const h = (name, attributes, ...children) =>
    filled(document.createElement(name), attributes, children);

  const svg = (name, attributes, ...children) =>
    filled(document.createElementNS(SVG, name), attributes, children);

  // A number of the run. `of` says which one it is and `as` how it is written, so that a test can
  // hold every number on the page against the run.
  const number = (of, as, text, more = {}) =>
    h(more.tag ?? "span", { ...more, tag: null, "data-of": of, "data-as": as }, text);

  const count = (amount, noun) => `${noun}${amount === 1 ? "" : "s"}`;

  return { h, svg, number, count };
})();
