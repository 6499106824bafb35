// The inbox: the bar for many appears with the first tick; a preview opens without leaving the list.
const bar = document.querySelector("[data-bulk]");
const boxes = () => [...document.querySelectorAll('input[name="item"]')];
const all = document.querySelector("[data-all]");

function count() {
  const chosen = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").toggleAttribute("aria-selected", box.checked);
  if (!bar) return;
  bar.toggleAttribute("data-some", chosen.length > 0);
  bar.querySelector("[data-count]").textContent = bar.dataset.chosen.replace("#", chosen.length);
  if (all) { all.checked = chosen.length === boxes().length; all.indeterminate = chosen.length > 0 && !all.checked; }
}
if (bar) {
  if (all) { all.hidden = false; all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; count(); }); }
  bar.querySelector("[data-none]").hidden = false;
  const every = bar.querySelector("[data-every]");
  every.hidden = false;
  every.addEventListener("click", () => { for (const box of boxes()) box.checked = true; count(); });
  document.addEventListener("change", (event) => { if (event.target.name === "item") count(); });
  bar.addEventListener("reset", () => setTimeout(count));
  addEventListener("pageshow", count);
  count();
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-peek]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { credentials: "same-origin" });
  if (!answer.ok) { location.assign(link.href); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const pane = page.getElementById("peek");
  const list = document.querySelector('section.panel:has([data-keys="rows"])');
  if (!pane || !list) { location.assign(link.href); return; }
  document.getElementById("peek")?.remove();
  list.parentElement.classList.add("split");
  list.after(pane);
  for (const row of document.querySelectorAll("tr.on")) row.classList.remove("on");
  link.closest("tr").classList.add("on");
  history.replaceState(null, "", link.href);
});

document.addEventListener("casework:badge", (event) => {
  const note = document.querySelector("[data-live]");
  if (note && event.detail.more) note.hidden = false;
});
