// On paper there is no scrolling: the findings, and for each entity who holds what, as the filters leave it.
const printed = document.getElementById("printed");
const printedEntities = 300;

function preparePrint() {
  for (const rule of document.querySelectorAll("details.rule")) rule.open = true;
  const parts = [];
  if (columns.length > printedEntities) {
    parts.push(element("p", "alert", `The first ${printedEntities} of ${columns.length} entities. Filter the table to print others.`));
  }
  for (const entity of columns.slice(0, printedEntities)) parts.push(printedEntity(entity));
  printed.replaceChildren(...parts);
}

function printedEntity(entity) {
  const by = new Map();
  for (const principal of rows) {
    if (!matches(principal, entity)) continue;
    const cell = cellAt(principal, entity);
    if (cell.most === level.none && !(flagsAt(principal, entity) & flags.indirect)) continue;
    const words = wordsOf(principal, entity);
    if (!by.has(words)) by.set(words, { rank: cell.certain * 100 + cell.most, names: [] });
    by.get(words).names.push(titleOf(data.principals[principal]));
  }
  const table = element("table"), caption = element("caption"), body = element("tbody");
  caption.append(element("bdi", "", titleOf(data.entities[entity])));
  table.append(caption, body);
  for (const [words, group] of Array.from(by).sort((a, b) => b[1].rank - a[1].rank)) {
    const row = element("tr"), header = element("th", "", words);
    header.scope = "row";
    row.append(header, element("td", "", group.names.join(", ")));
    body.append(row);
  }
  if (!by.size || data.blind) {
    const row = element("tr"), only = element("td", "", data.blind ? "Others: cannot tell, since not everything could be read." : "Nobody.");
    only.colSpan = 2;
    row.append(only);
    body.append(row);
  }
  return table;
}

window.addEventListener("beforeprint", preparePrint);
window.matchMedia("print").addEventListener("change", (event) => { if (event.matches) preparePrint(); });
