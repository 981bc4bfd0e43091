// The one tooltip of the page: definitions of columns here, spikes in raster/point.js.

const tip = document.getElementById("tip");

/** Shows `text` beside the point (x, y) of the window, on the side where there is room. */
function showTip(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 4)) + "px";
  tip.style.top = (y + 18 + height < innerHeight ? y + 18 : Math.max(4, y - height - 12)) + "px";
}

function hideTip() {
  tip.hidden = true;
}

// The title attribute is for pages without scripts: it never shows on touch or focus, and would double this tooltip.
for (const link of document.querySelectorAll("a.def")) {
  const text = link.title;
  link.removeAttribute("title");
  link.setAttribute("aria-description", text);
  const show = () => {
    const box = link.getBoundingClientRect();
    showTip(text, box.left, box.top);
  };
  link.addEventListener("pointerenter", show);
  link.addEventListener("focus", show);
  link.addEventListener("pointerleave", hideTip);
  link.addEventListener("blur", hideTip);
}
addEventListener("keydown", event => event.key === "Escape" && hideTip());
addEventListener("scroll", hideTip, { passive: true });
