"use strict";
// Numbers and texts as the page shows them.

const values = (() => {
  const NONE = "\u2013";
  // Control characters, those that turn the direction of writing, and those that cannot be seen.
  const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

  const code = (character) =>
    character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  return {
    NONE,
    isNumber,
    times: (value) => (isNumber(value) ? `${value.toFixed(3)}x` : NONE),
    percent: (value) => (isNumber(value) ? `${(100 * value).toFixed(1)}%` : NONE),
    whole: (value) => (isNumber(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, ",") : NONE),
    cost: (seconds, unit) => (isNumber(seconds) ? (seconds / unit.seconds).toFixed(4) : NONE),
    // Two digits are enough on an axis.
    short: (value) => String(Number(value.toPrecision(3))),
    // A name on one line, with everything in it that could hide or turn something shown as such.
    name: (text) => String(text).replace(HIDDEN, (one) => `<U+${code(one)}>`),
    // A program: tabs and ends of lines are what they are.
    program: (text) =>
      text
        .replace(/\r\n?/g, "\n")
        .replace(HIDDEN, (one) => (one === "\n" || one === "\t" ? one : `<U+${code(one)}>`))
        .replace(/\t/g, "    ")
        .replace(/\n$/, ""),
  };
})();
