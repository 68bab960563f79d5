// The plot of PSNR and SSIM over the clip: one panel each, and a cursor through both.

const PANEL = 120; // height of the curves of a panel, in px
const GAP = 26; // above each panel, for its title
const MARGIN = { left: 46, right: 10, bottom: 22 };
const HEIGHT = 2 * (GAP + PANEL) + MARGIN.bottom;

function makePlot(data, onChoose) {
  const host = document.getElementById("plot");
  const readout = document.getElementById("readout");
  const last = data.frames.length - 1;
  let width = 0;
  let cursor = 0;
  let current = 0;

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, String(value));
    }
    made.textContent = text ?? "";
    return made;
  }

  const span = () => width - MARGIN.left - MARGIN.right;
  const xOf = (index) => MARGIN.left + (last ? index / last : 0.5) * span();
  const indexAt = (x) =>
    Math.min(last, Math.max(0, Math.round(((x - MARGIN.left) / span()) * last)));

  // Round numbers within a range, at most `count` + 1 of them.
  function ticks(low, high, count) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const first = Math.ceil(low / step);
    const found = [];
    for (let n = first; n * step <= high; n += 1) {
      found.push(n * step);
    }
    return { values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  // Equal pictures have no finite PSNR: they lie on the upper edge.
  function makeScale(values, smallest, bottom) {
    const finite = values.filter((value) => value !== null);
    let low = finite.reduce((a, b) => Math.min(a, b), Infinity);
    let high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!finite.length) {
      [low, high] = [0, 1];
    }
    const pad = Math.max((high - low) * 0.08, smallest);
    low -= pad;
    high += pad;
    const yOf = (value) =>
      value === null ? bottom - PANEL : bottom - ((value - low) / (high - low)) * PANEL;
    return { low, high, yOf, isEmpty: !finite.length };
  }

  // A curve of more points than pixels goes through the least and the greatest of each column.
  function outline(values, yOf) {
    const columns = Math.max(1, Math.floor(span()));
    const size = Math.max(1, Math.ceil(values.length / columns));
    const points = [];
    for (let start = 0; start < values.length; start += size) {
      const ys = values.slice(start, start + size).map(yOf);
      const x = xOf(start + (ys.length - 1) / 2).toFixed(1);
      const extremes = ys.length > 1 ? [Math.min(...ys), Math.max(...ys)] : ys;
      points.push(...extremes.map((y) => `${x},${y.toFixed(1)}`));
    }
    return points.join(" ");
  }

  function drawPanel(svg, panel) {
    const { values, name, title, bottom, smallest } = panel;
    const scale = makeScale(values, smallest, bottom);
    svg.append(element("text", { x: MARGIN.left, y: bottom - PANEL - 8 }, title));
    if (!scale.isEmpty) {
      const { values: marks, digits } = ticks(scale.low, scale.high, 5);
      for (const mark of marks) {
        const y = scale.yOf(mark);
        const line = { x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y, class: "grid" };
        svg.append(element("line", line));
        const place = { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" };
        svg.append(element("text", place, mark.toFixed(digits)));
      }
    }
    const points = outline(values, scale.yOf);
    svg.append(element("polyline", { points, class: `curve ${name}` }));
    for (const index of data.shown) {
      const place = { cx: xOf(index), cy: scale.yOf(values[index]), r: 4.5 };
      svg.append(element("circle", { ...place, class: name, "data-index": index }));
    }
  }

  function drawFrames(svg) {
    const count = Math.max(1, Math.min(8, Math.floor(span() / 90)));
    const marks = last ? ticks(0, last, count).values.filter(Number.isInteger) : [0];
    for (const index of marks) {
      const place = { x: xOf(index), y: HEIGHT - 6, "text-anchor": "middle" };
      svg.append(element("text", place, String(data.frames[index])));
    }
  }

  function draw() {
    width = host.clientWidth;
    const svg = element("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    const upper = GAP + PANEL;
    const equal = data.psnr.every((value) => value === null);
    drawPanel(svg, {
      values: data.psnr,
      name: "psnr",
      title: equal ? "PSNR: all frames are equal" : "PSNR, dB",
      bottom: upper,
      smallest: 0.05,
    });
    drawPanel(svg, {
      values: data.ssim,
      name: "ssim",
      title: "SSIM",
      bottom: 2 * upper,
      smallest: 0.0005,
    });
    drawFrames(svg);
    svg.append(element("line", { y1: GAP, y2: 2 * upper, class: "cursor" }));
    host.replaceChildren(svg);
    markCursor();
    markCurrent();
  }

  function markCursor() {
    const line = host.querySelector(".cursor");
    line.setAttribute("x1", xOf(cursor));
    line.setAttribute("x2", xOf(cursor));
    readout.textContent = describePair(data, cursor);
    host.setAttribute("aria-valuenow", String(cursor));
    host.setAttribute("aria-valuetext", readout.textContent);
  }

  function markCurrent() {
    for (const circle of host.querySelectorAll("circle")) {
      circle.classList.toggle("current", Number(circle.dataset.index) === current);
    }
  }

  function moveCursor(index) {
    cursor = Math.min(last, Math.max(0, index));
    markCursor();
  }

  const follow = (event) =>
    moveCursor(indexAt(event.clientX - host.getBoundingClientRect().left));
  host.addEventListener("pointermove", follow);
  host.addEventListener("pointerdown", follow);
  host.addEventListener("click", () => onChoose(cursor));
  host.addEventListener("keydown", (event) => {
    const large = Math.max(1, Math.round(last / 10));
    const moves = {
      ArrowLeft: cursor - 1,
      ArrowDown: cursor - 1,
      ArrowRight: cursor + 1,
      ArrowUp: cursor + 1,
      PageDown: cursor - large,
      PageUp: cursor + large,
      Home: 0,
      End: last,
    };
    if (event.key in moves) {
      event.preventDefault();
      moveCursor(moves[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onChoose(cursor);
    }
  });
  host.setAttribute("aria-valuemax", String(last));
  window.addEventListener("resize", draw);
  draw();

  return {
    setCurrent(index) {
      current = index;
      markCurrent();
      moveCursor(index);
    },
  };
}
