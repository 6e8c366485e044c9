"use strict";
// Charts as SVG: a few paths each, drawn for the width that there is.

const charts = (() => {
  const { h, svg } = elements;
  const MARGIN = { left: 44, right: 24, top: 8, bottom: 26 };
  const HEIGHT = 230;

  const scale = (kind, [from, to], [low, high]) => {
    const at = kind === "log" ? Math.log : (value) => value;
    const span = at(to) - at(from) || 1;
    return (value) => low + ((at(value) - at(from)) / span) * (high - low);
  };

  // About five round numbers within a range.
  const roundTicks = (from, to) => {
    const rough = (to - from || 1) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
    const ticks = [];
    for (let tick = Math.ceil(from / step) * step; tick <= to + step / 1e6; tick += step) {
      ticks.push(Number(tick.toPrecision(6)));
    }
    return ticks;
  };

  const doublings = (from, to, most) => {
    const first = Math.ceil(Math.log2(from) - 1e-9);
    const last = Math.floor(Math.log2(to) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first + 1) / most));
    const ticks = [];
    for (let power = first; power <= last; power += step) ticks.push(2 ** power);
    return ticks;
  };

  const label = (value) =>
    value > 0 && value < 1 && Math.log2(value) % 1 === 0 ? `1/${1 / value}` : values.short(value);

  const axes = (width, x, y, xTicks, yTicks, format) => {
    const bottom = HEIGHT - MARGIN.bottom;
    const grid = yTicks.map((tick) => `M${MARGIN.left},${y(tick)}H${width - MARGIN.right}`);
    const text = (content, attributes) => svg("text", attributes, content);
    return [
      svg("path", { class: "grid", d: grid.join("") }),
      ...yTicks.map((tick) =>
        text(format.y(tick), { class: "tick", x: MARGIN.left - 6, y: y(tick) + 4, "text-anchor": "end" }),
      ),
      ...xTicks.map((tick) =>
        text(format.x(tick), { class: "tick", x: x(tick), y: bottom + 18, "text-anchor": "middle" }),
      ),
    ];
  };

  // A figure that is drawn again whenever its width changes.
  const figure = (title, explanation, legend, draw) => {
    const place = h("div", { class: "plot", role: "img", "aria-label": `${title}. ${explanation}` });
    let drawn = 0;
    const redraw = () => {
      const width = Math.round(place.clientWidth);
      if (!width || width === drawn) return;
      drawn = width;
      place.replaceChildren(
        svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT }, draw(width)),
      );
    };
    new ResizeObserver(redraw).observe(place);
    return h(
      "figure",
      null,
      h("figcaption", null, h("h3", null, title), h("p", null, explanation)),
      legend.length > 1
        ? h("p", { class: "legend" }, legend.map((name, index) => h("span", { class: `key key-${index}` }, name)))
        : null,
      place,
    );
  };

  // series: [{name, points: [{x, y, low, high}]}]
  const lines = ({ title, explanation, series, kind, xTicks, yFrom, yTo, format, steps }) =>
    figure(title, explanation, series.map((one) => one.name), (width) => {
      const points = series.flatMap((one) => one.points);
      const xs = points.map((point) => point.x);
      const right = width - MARGIN.right;
      const x = scale(kind, [Math.min(...xs), Math.max(...xs)], [MARGIN.left, right]);
      const highest = Math.max(...points.map((point) => point.high ?? point.y));
      const lowest = yFrom ?? Math.min(...points.map((point) => point.low ?? point.y));
      const to = yTo ?? highest + (highest - lowest || 1) * 0.05;
      const y = scale("linear", [lowest, to], [HEIGHT - MARGIN.bottom, MARGIN.top]);
      const path = (list) => list.map((point, index) => `${index ? "L" : "M"}${point}`).join("");
      const stepped = (list) =>
        list.flatMap((point, index) =>
          index ? [`${x(point.x)},${y(list[index - 1].y)}`, `${x(point.x)},${y(point.y)}`] : [`${x(point.x)},${y(point.y)}`],
        );
      const drawn = series.flatMap((one, index) => {
        const plain = one.points.map((point) => `${x(point.x)},${y(point.y)}`);
        const ranged = one.points.filter((point) => values.isNumber(point.low));
        const band = [
          ...ranged.map((point) => `${x(point.x)},${y(point.high)}`),
          ...ranged.map((point) => `${x(point.x)},${y(point.low)}`).reverse(),
        ];
        return [
          band.length ? svg("path", { class: `band band-${index}`, d: `${path(band)}Z` }) : null,
          svg("path", { class: `line line-${index}`, d: path(steps ? stepped(one.points) : plain) }),
        ];
      });
      return [...axes(width, x, y, xTicks, roundTicks(lowest, to), format), ...drawn];
    });

  // Fewer and wider bins, `each` of the old ones in one.
  const merged = (edges, series, each) => ({
    edges: edges.filter((_edge, index) => index % each === 0),
    series: series.map((one) => ({
      name: one.name,
      counts: one.counts.reduce((sums, count_, bin) => {
        const place = Math.floor(bin / each);
        sums[place] = (sums[place] ?? 0) + count_;
        return sums;
      }, []),
    })),
  });

  // bins: edges of the bins; series: [{name, counts}]
  const histogram = ({ title, explanation, edges: allEdges, series: allSeries }) =>
    figure(title, explanation, allSeries.map((one) => one.name), (width) => {
      const rows = Math.max(...allSeries.map((one) => one.counts.reduce((sum, count_) => sum + count_, 0)));
      const each = rows > 400 ? 1 : rows > 100 ? 2 : 4;
      const { edges, series } = merged(allEdges, allSeries, each);
      const used = edges.slice(1).map((_edge, bin) => series.some((one) => one.counts[bin] > 0));
      const first = Math.max(0, Math.min(used.indexOf(true), edges.findIndex((edge) => edge >= 0.99)) - 1);
      const last = Math.min(used.length - 1, used.lastIndexOf(true) + 1);
      const x = scale("log", [edges[first], edges[last + 1]], [MARGIN.left, width - MARGIN.right]);
      const highest = Math.max(1, ...series.flatMap((one) => one.counts));
      const y = scale("linear", [0, highest * 1.05], [HEIGHT - MARGIN.bottom, MARGIN.top]);
      const drawn = series.map((one, index) => {
        let path = "";
        for (let bin = first; bin <= last; bin += 1) {
          if (!one.counts[bin]) continue;
          const whole = x(edges[bin + 1]) - x(edges[bin]);
          const wide = Math.max(1, (whole - 1) / series.length);
          path += `M${x(edges[bin]) + index * wide},${y(0)}v${y(one.counts[bin]) - y(0)}h${wide}V${y(0)}Z`;
        }
        return svg("path", { class: `bars bars-${index}`, d: path });
      });
      const one = svg("path", { class: "one", d: `M${x(1)},${MARGIN.top}V${HEIGHT - MARGIN.bottom}` });
      const ticks = doublings(edges[first], edges[last + 1], Math.floor(width / 48));
      const whole = roundTicks(0, highest).filter(Number.isInteger);
      const format = { x: (tick) => `${label(tick)}x`, y: (tick) => values.short(tick) };
      return [...axes(width, x, y, ticks, whole, format), one, ...drawn];
    });

  return { lines, histogram, doublings };
})();
