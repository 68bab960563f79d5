// The pictures: A and B over each other, a divide between them, zoom and flicker.
"use strict";

const STEP = 1; // of the arrow keys, in percent of the width
const LARGE_STEP = 10;
const TALLEST = 0.8; // of the window

function clock(seconds) {
  const thousandths = Math.round(seconds * 1000);
  const minutes = Math.floor(thousandths / 60000);
  const hours = Math.floor(minutes / 60);
  const rest = ((thousandths % 60000) / 1000).toFixed(3).padStart(6, "0");
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// What the page says about the pair with this number.
function describePair(data, index) {
  const psnr = data.psnr[index];
  const inB = data.framesB[index] === data.frames[index] ? "" : ` (B: ${data.framesB[index]})`;
  const score = psnr === null ? "equal" : `PSNR ${psnr.toFixed(2)} dB`;
  const ssim = `SSIM ${data.ssim[index].toFixed(4)}`;
  return `Frame ${data.frames[index]}${inB}, ${clock(data.times[index])}, ${score}, ${ssim}`;
}

function makeViewer(data, onShow) {
  const find = (id) => document.getElementById(id);
  const stage = find("stage");
  const view = find("view");
  const sheet = find("sheet");
  const divide = find("divide");
  const select = find("frame");
  const pairs = new Map(
    [...sheet.children].map((pair) => [Number(pair.dataset.index), pair]),
  );
  const aspect = (data.width * data.pixelAspect) / data.height;
  let position = 50; // of the divide, in percent of what is seen
  let zoom = "fit";

  // Cut B's left side away up to the divide, wherever the picture has been scrolled to.
  function cut() {
    const left = view.scrollLeft + (position / 100) * view.clientWidth;
    sheet.style.setProperty("--cut", `${left}px`);
    divide.style.left = `${(position / 100) * view.clientWidth}px`;
    divide.setAttribute("aria-valuenow", String(Math.round(position)));
    divide.setAttribute("aria-valuetext", `A on the left ${Math.round(position)} %, B on the right`);
  }

  function moveDivide(percent) {
    position = Math.min(100, Math.max(0, percent));
    cut();
  }

  function layOut() {
    const room = stage.parentElement.clientWidth;
    const tallest = window.innerHeight * TALLEST;
    let width = Math.min(room, tallest * aspect);
    let height = width / aspect;
    if (zoom !== "fit") {
      height = (data.height * zoom) / window.devicePixelRatio;
      width = height * aspect;
    }
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    stage.style.width = `${Math.min(room, width)}px`;
    stage.style.height = `${Math.min(tallest, height)}px`;
    cut();
  }

  function setZoom(wanted) {
    const across = (view.scrollLeft + view.clientWidth / 2) / sheet.clientWidth;
    const down = (view.scrollTop + view.clientHeight / 2) / sheet.clientHeight;
    zoom = wanted === "fit" ? "fit" : Number(wanted);
    stage.classList.toggle("zoomed", zoom !== "fit");
    view.tabIndex = zoom === "fit" ? -1 : 0; // then the arrow keys scroll it
    press("zoom", wanted);
    layOut();
    view.scrollLeft = across * sheet.clientWidth - view.clientWidth / 2;
    view.scrollTop = down * sheet.clientHeight - view.clientHeight / 2;
    cut();
  }

  function setView(wanted) {
    stage.dataset.view = wanted;
    press("view", wanted);
  }

  function press(group, wanted) {
    for (const button of document.querySelectorAll(`button[data-${group}]`)) {
      button.setAttribute("aria-pressed", String(button.dataset[group] === wanted));
    }
  }

  function show(index) {
    for (const [number, pair] of pairs) {
      pair.hidden = number !== index;
    }
    select.value = String(index);
    find("caption").textContent = describePair(data, index);
    onShow(index);
  }

  function step(count) {
    const last = select.options.length - 1;
    select.selectedIndex = Math.min(last, Math.max(0, select.selectedIndex + count));
    show(Number(select.value));
  }

  function nearest(index) {
    const shown = [...pairs.keys()];
    return shown.reduce((a, b) => (Math.abs(b - index) < Math.abs(a - index) ? b : a));
  }

  function moveTo(clientX) {
    const box = view.getBoundingClientRect();
    moveDivide(((clientX - box.left) / view.clientWidth) * 100);
  }

  function dragDivide(event) {
    event.preventDefault();
    divide.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    moveTo(event.clientX);
  }

  // In a zoomed picture the mouse pulls the picture; fingers scroll it without our help.
  view.addEventListener("pointerdown", (event) => {
    const isOnScrollBar = event.offsetX >= view.clientWidth || event.offsetY >= view.clientHeight;
    if (event.button !== 0 || (event.target === view && isOnScrollBar)) {
      return;
    }
    if (zoom === "fit") {
      setView("both");
      dragDivide(event);
    } else if (event.pointerType === "mouse") {
      event.preventDefault();
      view.setPointerCapture(event.pointerId);
    }
  });
  view.addEventListener("pointermove", (event) => {
    if (!view.hasPointerCapture(event.pointerId)) {
      return;
    }
    if (zoom === "fit") {
      moveTo(event.clientX);
    } else {
      view.scrollBy(-event.movementX, -event.movementY);
    }
  });
  divide.addEventListener("pointerdown", (event) => {
    if (event.button === 0) {
      dragDivide(event);
    }
  });
  divide.addEventListener("pointermove", (event) => {
    if (divide.hasPointerCapture(event.pointerId)) {
      moveTo(event.clientX);
    }
  });
  divide.addEventListener("keydown", (event) => {
    const small = event.shiftKey ? LARGE_STEP : STEP;
    const moves = {
      ArrowLeft: position - small,
      ArrowDown: position - small,
      ArrowRight: position + small,
      ArrowUp: position + small,
      PageDown: position - LARGE_STEP,
      PageUp: position + LARGE_STEP,
      Home: 0,
      End: 100,
    };
    if (event.key in moves) {
      event.preventDefault();
      moveDivide(moves[event.key]);
    }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("select") !== null;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const actions = {
      f: () => setView(stage.dataset.view === "b" ? "a" : "b"),
      d: () => setView("both"),
      Escape: () => setView("both"),
      n: () => step(1),
      p: () => step(-1),
      0: () => setZoom("fit"),
      1: () => setZoom("1"),
      2: () => setZoom("2"),
      4: () => setZoom("4"),
    };
    actions[event.key]?.();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.view) {
      setView(button.dataset.view);
    } else if (button?.dataset.zoom) {
      setZoom(button.dataset.zoom);
    } else if (button?.dataset.show) {
      show(Number(button.dataset.show));
      stage.scrollIntoView({ block: "nearest" });
    }
  });
  view.addEventListener("scroll", cut);
  select.addEventListener("change", () => show(Number(select.value)));
  find("previous").addEventListener("click", () => step(-1));
  find("next").addEventListener("click", () => step(1));
  window.addEventListener("resize", layOut);

  setView("both");
  setZoom("fit");
  return { show, nearest };
}
