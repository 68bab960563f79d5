// Ties the pictures and the plot together.

const data = JSON.parse(document.getElementById("data").textContent);
let plot = null;
const viewer = makeViewer(data, (index) => plot?.setCurrent(index));
plot = makePlot(data, (index) => viewer.show(viewer.nearest(index)));
viewer.show(data.shown[Math.floor(data.shown.length / 2)]);
