/** An error in one line: what happened, and what to do. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint: unknown = Reflect.get(error, "hint");
  const happened = error.message.replace(/\.$/, "");
  return typeof hint === "string" && hint !== "" ? `${happened}: ${hint.replace(/\.$/, "")}` : happened;
}
