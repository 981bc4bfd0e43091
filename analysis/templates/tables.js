// Tables sort by a column when its heading is pressed. Headings are buttons, so the keyboard works by itself.

const collator = new Intl.Collator("en", { numeric: true });

/** Order of two cells: numbers by the number in full, names as people count them; what is not defined comes last. */
function compareCells(a, b, direction) {
  const [p, q] = [a.dataset.v, b.dataset.v];
  if (p !== undefined && q !== undefined) return direction * (p - q);
  if (a.className === "n") return (p === undefined) - (q === undefined);
  return direction * collator.compare(a.textContent, b.textContent);
}

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      // Numbers start with the largest, which is what one looks for; names with the first.
      const first = head.className === "n" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.ariaSort === first ? other : first;
      heads.forEach(h => h.setAttribute("aria-sort", h === head ? order : "none"));
      const direction = order === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compareCells(a.cells[column], b.cells[column], direction));
      table.tBodies[0].append(...rows);
    });
  });
}
