// A large diagram opens where the work is: the first step in progress comes into view inside its scroll box.
for (const box of document.querySelectorAll(".map")) {
  const here = box.querySelector(".is-late") || box.querySelector(".is-active");
  if (!here) continue;
  const frame = box.getBoundingClientRect();
  const place = here.getBoundingClientRect();
  box.scrollTo(place.left - frame.left - frame.width / 3, place.top - frame.top - frame.height / 3);
}
