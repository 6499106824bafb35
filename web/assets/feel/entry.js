// The editors' FEEL library behind one function that speaks JSON both ways.
import { evaluate, unaryTest } from "@bpmn-io/feelin";

/** A value as JSON; what JSON cannot hold is the library's own text under `$`. */
function plain(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "function") return { $: "function" };
  if (value.constructor === Object) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return { $: evaluate("string(value)", { value }).value };
}

/** `unary`: the text is a table cell and its input stands in the data under `?`. */
export function answer({ text, data, unary }) {
  try {
    return { value: plain((unary ? unaryTest : evaluate)(text, data || {}).value) };
  } catch (error) {
    return { error: String(error.message) };
  }
}

/** Whether the library has a function of this name and does not only declare it. */
export function knows(name) {
  try {
    return !evaluate(`${name}()`).warnings.some((warning) => warning.type === "NO_FUNCTION_FOUND");
  } catch (error) {
    return !/not implemented/.test(error.message);
  }
}
