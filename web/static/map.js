// A large diagram opens where the work is: the first step in progress or edited, else its start, comes into view inside its scroll box.
// One button shows the whole of it, and back.
function toWork(box) {
  const here = box.querySelector(".is-late") || box.querySelector(".is-active") || box.querySelector(".is-added, .is-changed, .is-removed") || box.querySelector(".startEvent");
  if (!here) return;
  const frame = box.getBoundingClientRect();
  const place = here.getBoundingClientRect();
  box.scrollBy(place.left - frame.left - frame.width / 3, place.top - frame.top - frame.height / 3);
}
for (const box of document.querySelectorAll(".map")) {
  toWork(box);
  const button = box.closest(".panel")?.querySelector("[data-fit]");
  if (!button || button.dataset.taken || (box.scrollWidth <= box.clientWidth * 1.2 && box.scrollHeight <= box.clientHeight * 1.1)) continue;
  const words = [button.textContent, button.dataset.fit];
  button.hidden = false;
  button.dataset.taken = "1";
  button.addEventListener("click", () => {
    const whole = box.classList.toggle("fit");
    button.textContent = words[Number(whole)];
    button.setAttribute("aria-pressed", String(whole));
    if (!whole) toWork(box);
  });
}
