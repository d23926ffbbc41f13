/** An error in one line: what happened, and what to do. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint: unknown = Reflect.get(error, "hint");
  // What is drawn below the first line needs more than one.
  const [first = ""] = error.message.split("\n", 1);
  const happened = first.replace(/\.$/, "");
  return typeof hint === "string" && hint !== "" ? `${happened}: ${hint.replace(/\.$/, "")}` : happened;
}
