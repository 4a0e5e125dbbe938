function refresh() {
  applyFilters();
  grid.scrollTop = grid.scrollLeft = 0;
  rebuild();
}

const form = document.getElementById("filters");
const inputs = {
  principals: "search-principals", entities: "search-entities", principalKind: "kind-principal", entityKind: "kind-entity", permission: "permission",
};
function readFilters() {
  for (const [name, id] of Object.entries(inputs)) filters[name] = document.getElementById(id).value;
  filters.findings = document.getElementById("only-findings").checked;
  filters.indirect = document.getElementById("only-indirect").checked;
  refresh();
}
form.addEventListener("input", readFilters);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(readFilters));

const search = document.getElementById("search-findings");
if (search) search.addEventListener("input", () => searchFindings(search.value));

const themes = ["system", "light", "dark"];
const themeButton = document.getElementById("theme");
themeButton.addEventListener("click", () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme || "system") + 1) % themes.length];
  document.documentElement.dataset.theme = next;
  themeButton.textContent = "Theme: " + next;
});

document.getElementById("legend-empty").append(
  element("span", data.blind ? "key cannot-tell" : "key", data.blind ? "?" : "\u00a0"),
  data.blind ? " alone: nothing was found, and it cannot be told whether there is something" : " empty: nothing");

if (!data.indirect) {
  document.getElementById("legend-indirect").append(" (of which only imports were looked for here)");
}

let resizing = 0;
window.addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(rebuild); });

fillFilters();
refresh();
document.documentElement.dataset.ready = "true";
