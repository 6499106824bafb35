// Step forms with a script: conditional parts follow the answers, rows grow in place, a signature is drawn, photos
// take the position. Without it everything is shown with its condition in words and the server decides the same.
// Conditions are the parsed FEEL trees of the server; a construct unknown here leaves its part visible.

class Unknown extends Error {}
const number = (value) => (typeof value === "number" ? value : null);
const both = (left, right, type) => typeof left === type && typeof right === type;

function compare(op, left, right) {
  if (op === "=" || op === "!=") {
    if (left === undefined || right === undefined) throw new Unknown();
    const same = JSON.stringify(left) === JSON.stringify(right);
    if (left !== null && right !== null && typeof left !== typeof right) return null;
    return op === "=" ? same : !same;
  }
  if (!both(left, right, "number") && !both(left, right, "string")) return null;
  return { "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right }[op];
}

function arithmetic(op, left, right) {
  if (op === "+" && both(left, right, "string")) return left + right;
  if (number(left) === null || number(right) === null) return null;
  if (op === "/" && right === 0) return null;
  return { "+": left + right, "-": left - right, "*": left * right, "/": left / right }[op] ?? null;
}

const functions = {
  not: (value) => (typeof value === "boolean" ? !value : null),
  count: (list) => (Array.isArray(list) ? list.length : null),
  "list contains": (list, value) => (Array.isArray(list) ? list.some((item) => compare("=", item, value) === true) : null),
  contains: (text, part) => (both(text, part, "string") ? text.includes(part) : null),
  "starts with": (text, part) => (both(text, part, "string") ? text.startsWith(part) : null),
  "string length": (text) => (typeof text === "string" ? [...text].length : null),
};

function within(value, test, scope) {
  if (test.kind === "ListNode") return some(test.items.map((item) => within(value, item, scope)));
  if (test.kind === "UnaryRange") return compare(test.op, value, evaluate(test.value, scope));
  if (test.kind === "RangeNode") {
    return every([
      compare(test.low_included ? ">=" : ">", value, evaluate(test.low, scope)),
      compare(test.high_included ? "<=" : "<", value, evaluate(test.high, scope)),
    ]);
  }
  const wanted = evaluate(test, scope);
  return Array.isArray(wanted) ? wanted.some((item) => compare("=", value, item) === true) : compare("=", value, wanted);
}

const every = (values) => (values.includes(false) ? false : values.every((value) => value === true) ? true : null);
const some = (values) => (values.includes(true) ? true : values.every((value) => value === false) ? false : null);

/** The value of a tree of `engine.rules.feel.tree`; throws Unknown for constructs that only the server knows. */
export function evaluate(node, scope) {
  switch (node.kind) {
    case "Literal":
      return node.value !== null && typeof node.value === "object" ? Number(node.value.number) : node.value;
    case "Name":
      return scope(node.name);
    case "Negate": {
      const value = number(evaluate(node.value, scope));
      return value === null ? null : -value;
    }
    case "Logic":
      return (node.op === "and" ? every : some)(node.parts.map((part) => evaluate(part, scope)));
    case "Binary": {
      const [left, right] = [evaluate(node.left, scope), evaluate(node.right, scope)];
      return "+-*/".includes(node.op) ? arithmetic(node.op, left, right) : compare(node.op, left, right);
    }
    case "Between": {
      const value = evaluate(node.value, scope);
      return every([compare(">=", value, evaluate(node.low, scope)), compare("<=", value, evaluate(node.high, scope))]);
    }
    case "In": {
      const value = evaluate(node.value, scope);
      return some(node.tests.map((test) => within(value, test, scope)));
    }
    case "ListNode":
      return node.items.map((item) => evaluate(item, scope));
    case "If":
      return evaluate(evaluate(node.condition, scope) === true ? node.yes : node.no, scope);
    case "Call": {
      const made = functions[node.function.name];
      if (!made || node.names?.length) throw new Unknown(node.function.name);
      return made(...node.arguments.map((argument) => evaluate(argument, scope)));
    }
    default:
      throw new Unknown(node.kind);
  }
}

const ABSENT = Symbol("absent");

function answer(form, name) {
  const inputs = [...form.querySelectorAll("[name]")].filter((input) => input.name === name && input.type !== "hidden");
  if (!inputs.length) return ABSENT;
  if (inputs.every((input) => input.closest("[data-gone]"))) return null;
  const first = inputs[0];
  if (first.dataset.many !== undefined) return inputs.filter((input) => input.checked).map((input) => input.value);
  if (first.type === "checkbox") return first.checked;
  if (first.type === "radio") return inputs.find((input) => input.checked)?.value ?? null;
  const text = first.value.trim().replace(/,/g, first.dataset.kind ? "" : ",");
  if (text === "") return null;
  if (!first.dataset.kind) return text;
  const value = Number(text);
  return Number.isNaN(value) ? null : first.dataset.kind === "money" ? Math.round(value * 100) : value;
}

/** Names as a condition at this place sees them: in its row, then outwards, then the data of the case. */
function scopeOf(form, part) {
  const inner = part.querySelector("[name]")?.name ?? "";
  const outside = JSON.parse(form.dataset.outside || "{}");
  return (name) => {
    for (let path = inner.split(".").slice(0, -1); ; path = path.slice(0, -1)) {
      const value = answer(form, [...path, name].join("."));
      if (value !== ABSENT) return value;
      if (!path.length) break;
    }
    if (name in outside) return outside[name];
    if (form.querySelector(`[data-rows="${CSS.escape(name)}"]`)) {
      return [...form.querySelectorAll(`[data-rows="${CSS.escape(name)}"] > [data-row]`)].map(() => ({}));
    }
    if (["this", "parent", "i"].includes(name)) throw new Unknown(name);
    return null;
  };
}

function follow(form) {
  // a part may depend on one that has just gone: go on until nothing changes, at most once per part
  const parts = [...form.querySelectorAll("[data-hide]")].filter((part) => part.dataset.hide);
  for (let round = 0, changed = true; changed && round <= parts.length; round += 1) {
    changed = false;
    for (const part of parts) {
      let gone = false;
      try {
        gone = evaluate(JSON.parse(part.dataset.hide), scopeOf(form, part)) === true;
      } catch (fault) {
        if (!(fault instanceof Unknown)) throw fault;
        part.dataset.unknown = "";
        part.removeAttribute("data-gone");
        continue;
      }
      part.querySelector("[data-when]")?.setAttribute("hidden", "");
      if (gone !== (part.hidden || part.hasAttribute("data-gone"))) { // the server may have hidden it already
        part.hidden = gone;
        part.toggleAttribute("data-gone", gone);
        changed = true;
      }
    }
  }
}

function rows(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add],[data-drop]");
    if (!button) return;
    const list = button.closest("[data-rows]");
    event.preventDefault();
    if (button.dataset.add !== undefined) {
      const path = list.dataset.rows;
      const used = [...list.querySelectorAll("[name]")].map((input) => Number(input.name.slice(path.length + 1).split(".")[0]));
      const next = Math.max(-1, ...used.filter(Number.isInteger)) + 1;
      const row = list.querySelector(":scope > template[data-blank]").content.cloneNode(true);
      for (const element of row.querySelectorAll("*")) {
        for (const attribute of element.attributes) {
          if (attribute.value.includes("__i__")) attribute.value = attribute.value.replaceAll("__i__", String(next));
        }
      }
      const made = row.firstElementChild;
      button.before(row);
      made.querySelectorAll("[data-sign]").forEach(sign);
      made.querySelectorAll("[data-find]").forEach(look);
      made.querySelector("input,select,textarea")?.focus();
    } else {
      button.closest("[data-row]").remove();
      list.querySelector(":scope > [data-add]")?.focus();
    }
    follow(form);
  });
}

function sign(field) {
  const [pad, clear] = [field.querySelector("[data-pad]"), field.querySelector("[data-clear]")];
  const [input, at] = [field.querySelector("[data-path]"), field.querySelector("[data-at]")];
  const [svg, line] = [pad.querySelector("svg"), pad.querySelector("path")];
  pad.classList.add("on");
  clear.hidden = false;
  let drawing = false;
  const point = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return `${Math.round(Math.min(600, Math.max(0, place.x)))} ${Math.round(Math.min(200, Math.max(0, place.y)))}`;
  };
  const add = (command, event) => {
    if (input.value.length > 29000) return;
    input.value += command + point(event);
    line.setAttribute("d", input.value);
    at.value = new Date().toISOString();
  };
  svg.addEventListener("pointerdown", (event) => {
    drawing = true;
    svg.setPointerCapture(event.pointerId);
    add("M", event);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => drawing && add("L", event));
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { drawing = false; });
  field.querySelector("input[type=text]").addEventListener("change", () => { at.value = new Date().toISOString(); });
  clear.addEventListener("click", () => {
    input.value = at.value = "";
    line.setAttribute("d", "");
  });
}

/** What the house finds for the words typed is offered for completion; new words undo what was picked below. */
function look(input) {
  const [list, found] = [document.getElementById(input.getAttribute("list")), input.closest("[data-search]").querySelector("[data-found]")];
  let wait = 0;
  input.addEventListener("input", () => {
    if (found) found.hidden = found.disabled = true;
    clearTimeout(wait);
    const words = input.value.trim();
    if (!words || [...list.options].some((option) => option.value === words)) return;
    wait = setTimeout(async () => {
      const answer = await fetch(`${input.dataset.find}?q=${encodeURIComponent(words)}`, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null); // the button below asks the same
      if (!answer?.ok || input.value.trim() !== words) return;
      const options = (await answer.json()).found.map((text) => Object.assign(document.createElement("option"), { value: text }));
      list.replaceChildren(...options);
    }, 200);
  });
}

function photo(field) {
  const file = field.querySelector("input[type=file]");
  file.addEventListener("change", () => {
    const set = (name, value) => { field.querySelector(`[data-here="${name}"]`).value = value; };
    const chosen = field.querySelector("[data-chosen]");
    chosen.dataset.chosen ||= chosen.textContent;
    chosen.textContent = [...file.files].map((one) => one.name).join(" ") || chosen.dataset.chosen;
    set("taken_at", new Date().toISOString());
    navigator.geolocation?.getCurrentPosition(({ coords }) => {
      set("lat", coords.latitude.toFixed(6));
      set("lon", coords.longitude.toFixed(6));
      set("accuracy", Math.round(coords.accuracy));
    }, () => {}, { enableHighAccuracy: true, timeout: 15000 });
  });
}

/** Files go up with a bar and a way to stop; what the server answers is shown without losing what was typed. */
function upload(form) {
  const box = form.querySelector("[data-upload]");
  if (!box) return;
  const [bar, word, stop] = [box.querySelector("progress"), box.querySelector("[data-word]"), box.querySelector("[data-stop]")];
  const tell = (text) => { word.textContent = text; };
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (!files.length || event.defaultPrevented) return;
    event.preventDefault();
    box.hidden = false;
    const large = files.find((file) => file.size > Number(box.dataset.most));
    if (large) { bar.hidden = stop.hidden = true; tell(`${large.name} ${box.dataset.large}`); return; }
    const buttons = [...form.querySelectorAll("button[type=submit]")];
    const sending = new XMLHttpRequest();
    const end = (text) => {
      for (const button of buttons) button.disabled = false;
      bar.hidden = stop.hidden = true;
      tell(text);
    };
    for (const button of buttons) button.disabled = true;
    bar.hidden = stop.hidden = false;
    bar.value = 0;
    tell(box.dataset.going);
    sending.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? (100 * loaded) / total : 0;
      tell(`${box.dataset.going} ${Math.round(bar.value)}%`);
    });
    stop.onclick = () => sending.abort();
    sending.addEventListener("abort", () => end(box.dataset.stopped));
    sending.addEventListener("error", () => end(box.dataset.lost));
    sending.addEventListener("load", () => {
      const next = sending.getResponseHeader("X-Location");
      if (next) { location.assign(next); return; }
      const page = new DOMParser().parseFromString(sending.responseText, "text/html");
      if (!page.querySelector("[data-form]")) { end(page.querySelector("main p")?.textContent ?? box.dataset.lost); return; }
      document.title = page.title;
      document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
      start();
    });
    const data = new FormData(form, event.submitter);
    sending.open("POST", form.action);
    sending.setRequestHeader("X-Upload", "1");
    sending.send(data);
  });
}

function start() {
  for (const form of globalThis.document?.querySelectorAll("[data-form]") ?? []) {
    form.addEventListener("input", () => follow(form));
    form.addEventListener("change", () => follow(form));
    rows(form);
    upload(form);
    form.querySelectorAll("[data-sign]").forEach(sign);
    form.querySelectorAll("[data-photo]").forEach(photo);
    form.querySelectorAll("[data-find]").forEach(look);
    follow(form);
  }
  globalThis.document?.getElementById("errors")?.focus();
}

start();
